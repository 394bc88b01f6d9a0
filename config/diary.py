"""What the processes write down of their work, and what they never do."""

import logging

from config import policies


class WithoutRequests(logging.Filter):
    """Keep out of the log who asked for what (SECURITY.md 5.4.4, A-53).

    A refused request is not worth a line: its address may hold a tracker. A failure of ours
    is, but without the address of the ballot box.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether to write the record, after taking the address out of it."""
        if not record.name.startswith("django.") or not hasattr(record, "request"):
            return True
        if record.levelno < logging.ERROR:
            return False
        path = str(getattr(record.request, "path", ""))
        if policies.is_casting(path) or policies.is_booth_page(path):
            record.msg, record.args = "Failure while serving the ballot box", ()
        record.request = None
        return True
