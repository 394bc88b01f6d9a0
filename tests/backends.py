"""Run again, on libsodium, what the C extension had a part in: `--extension-calls FILE`.

With the extension, the run writes into FILE which files of tests called it, or started a program
that may have. Without it, the tests of these files run, and those that read the vectors: all
others never came to a place where the two back ends differ. docs/decisions/0038 says why.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evote.group import backend

# Programs that may run evote; what a browser, a compiler or a database does, evote does not.
MAY_RUN_EVOTE = ("python", "sh", "bash", "make", "evote")


# Here the vectors are read, and the other team's programs asked.
ALWAYS = ("tests/unit/evote/", "tests/integration/evote/", "tests/interop/")


class Watched:
    """The extension, and whether anything was taken from it."""

    def __init__(self, extension: object) -> None:
        self._extension = extension
        self.is_used = False

    def __getattr__(self, name: str) -> Any:
        self.is_used = True
        return getattr(self._extension, name)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Count a program that is started as a use, if it may run evote."""
        if event == "os.fork" or (
            event == "subprocess.Popen" and Path(str(arguments[0])).name.startswith(MAY_RUN_EVOTE)
        ):
            self.is_used = True


class Writer:
    """Notes the files whose tests use the extension; the controlling process writes them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: set[str] = set()
        self.extension = Watched(backend.NATIVE)
        for module in [*sys.modules.values()]:
            if getattr(module, "NATIVE", None) is backend.NATIVE and module is not backend:
                module.NATIVE = self.extension
        backend.NATIVE = self.extension
        sys.addaudithook(self.extension.hear)

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """Note what a module computes when it is imported."""
        return (yield from self._note(collector.nodeid))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note what a test computes, and its fixtures."""
        return (yield from self._note(item.nodeid))

    def _note(self, nodeid: str) -> Iterator[None]:
        self.extension.is_used = False
        result = yield
        if self.extension.is_used:
            self.files.add(nodeid.partition("::")[0])
        return result

    def pytest_testnodedown(self, node: Any) -> None:
        """Take what a worker of xdist noted."""
        self.files |= set(getattr(node, "workeroutput", {}).get("extension_calls", ()))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the files over, or write them."""
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output["extension_calls"] = sorted(self.files)
        else:
            self.path.write_text("".join(f"{file}\n" for file in sorted(self.files)))


class Reader:
    """Leaves out the files that were not noted, and says how many tests that are."""

    def __init__(self, path: Path) -> None:
        self.files = set(path.read_text().splitlines())
        self.left_out = 0

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keep the tests of the noted files."""
        others = [item for item in items if not self._runs(item.nodeid.partition("::")[0])]
        self.left_out = len(others)
        items[:] = [item for item in items if self._runs(item.nodeid.partition("::")[0])]
        config.hook.pytest_deselected(items=others)

    def _runs(self, file: str) -> bool:
        return file in self.files or file.startswith(ALWAYS)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the number over to the process that prints it."""
        if (output := getattr(session.config, "workeroutput", None)) is not None:
            output["left_out"] = self.left_out

    def pytest_testnodedown(self, node: Any) -> None:
        """Take a worker's number; all of them have the same."""
        self.left_out = getattr(node, "workeroutput", {}).get("left_out", self.left_out)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many tests did not run."""
        terminalreporter.line(
            f"{self.left_out} tests never use the extension, and ran with it only."
        )


def pytest_addoption(parser: pytest.Parser) -> None:
    """Describe the option."""
    parser.addoption(
        "--extension-calls",
        metavar="FILE",
        type=Path,
        help="with the C extension: write which files' tests use it; without: run only those",
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Write or read, as the back end asks."""
    path = config.getoption("extension_calls")
    if path is not None:
        config.pluginmanager.register((Writer if backend.NATIVE else Reader)(path))


def pytest_report_header() -> str:
    """Say which code computes with public points."""
    return f"back end: {backend.BACKEND}"
