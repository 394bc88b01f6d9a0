"""A progress bar on standard error, shown only to people."""

import sys

_WIDTH_CHARACTERS = 30


class ProgressBar:
    """Shows how much of a long step is done; silent unless standard error is a terminal."""

    def __init__(self, titles: dict[int, str]) -> None:
        self.titles = titles
        self.is_shown = sys.stderr.isatty()
        self.last = ""

    def __call__(self, step: int, done: int, total: int) -> None:
        """Draw the bar anew. Called by `evote.verify`."""
        if not self.is_shown or not total:
            return
        filled = _WIDTH_CHARACTERS * done // total
        bar = "█" * filled + "·" * (_WIDTH_CHARACTERS - filled)
        title = self.titles.get(step, "")
        line = f"\r{title:<28.28} {bar} {done}/{total}"
        if line != self.last:
            sys.stderr.write(line)
            sys.stderr.flush()
            self.last = line
        if done == total:
            self.clear()

    def clear(self) -> None:
        """Take the bar away before something else is printed."""
        if self.last:
            sys.stderr.write("\r" + " " * (len(self.last) - 1) + "\r")
            sys.stderr.flush()
            self.last = ""
