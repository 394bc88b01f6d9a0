"""How every child process starts: it leads a session of its own and dies with its parent."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534
# The exit status by which a child says that the machine refuses user namespaces.
NO_NAMESPACE = 97


class CannotStart(Exception):
    """A server cannot start here. The message says what to do, in one sentence."""


def die_with_parent(*, by: signal.Signals) -> Callable[[], None]:
    """Return what a child runs first: it leads a session and gets `by` when its parent dies."""
    parent = os.getpid()

    def prepare() -> None:
        os.setsid()
        LIBC.prctl(PR_SET_PDEATHSIG, by, 0, 0, 0)
        if os.getppid() != parent:  # it died in between: nobody would stop us
            os._exit(1)

    return prepare


def die_with_parent_without_root(*, by: signal.Signals) -> Callable[[], None]:
    """Return the same for PostgreSQL, which refuses to run as root.

    As root the child enters a user namespace in which it is nobody: no user is added and no
    file mode changed. The signal is set afterwards, because unshare clears it.
    """
    parent = os.getpid()

    def prepare() -> None:
        os.setsid()
        if os.geteuid() == 0:
            _become_nobody()
        LIBC.prctl(PR_SET_PDEATHSIG, by, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _become_nobody() -> None:
    """Enter a user namespace in which this process is nobody, or end with `NO_NAMESPACE`."""
    if LIBC.unshare(CLONE_NEWUSER) != 0:
        os._exit(NO_NAMESPACE)
    try:
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{NOBODY} 0 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{NOBODY} 0 1", encoding="ascii")
    except OSError:
        os._exit(NO_NAMESPACE)


def stop(process: subprocess.Popen[bytes], *, by: signal.Signals, seconds: float) -> None:
    """Stop a child with `by`; after `seconds`, kill its whole session. Nothing is orphaned."""
    if process.poll() is None:
        process.send_signal(by)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
