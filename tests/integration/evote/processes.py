"""Run the program `evote` beside a test, and kill it."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path


def command(arguments):
    return [sys.executable, "-m", "evote.cli.main", *map(str, arguments)]


def environment():
    return os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}


@contextmanager
def running(*arguments):
    """Run the program beside the test, and kill it without warning at the end."""
    process = subprocess.Popen(
        command(arguments), stdout=subprocess.PIPE, text=True, env=environment()
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


def run_until_request(server, count, arguments):
    """Run the program and kill it when it asks for the `count`th time; give its exit status."""
    is_there = threading.Event()

    def kill(path):
        if len(server.asked) == count:
            is_there.wait(10)
            process.kill()
            process.wait()

    server.asked.clear()
    server.before = kill
    process = subprocess.Popen(command(arguments), stdout=subprocess.DEVNULL, env=environment())
    is_there.set()
    status = process.wait(60)
    server.before = lambda path: None
    return status


def wait_for(condition, process, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
