"""Run one cosigning sweep that kills itself with signal 9 before the step that is named.

    python -m tests.integration.audit.killed_cosigner audit.services.cosigning _publish

Run with the environment of an installation.
"""

import importlib
import os
import signal
import sys

import django


def main(module: str, step: str) -> None:
    django.setup()
    from django.utils import timezone

    from audit.services.cosigning import cosign

    def die(*args: object, **kwargs: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(importlib.import_module(module), step, die)
    cosign(now=timezone.now())


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main(*sys.argv[1:])
