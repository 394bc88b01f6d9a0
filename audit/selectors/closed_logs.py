"""The logs before this one, which were closed for ever, and what is left of them to be read."""

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings

from audit.selectors.key import successions
from evote.tlog.succession import Succession

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9.-]+")
EXPLANATION_FILE, CHECKPOINT_FILE = "explanation", "final-checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedLog:
    """A log that signs nothing any more. `name` is that of its folder, and stands in addresses."""

    name: str
    succession: Succession

    @property
    def origin(self) -> str:
        """What it was called."""
        return self.succession.closing.old.name

    @property
    def successor(self) -> str:
        """The log that follows on it."""
        return self.succession.closing.new.name

    @property
    def statement(self) -> bytes:
        """Its final statement: a signed note."""
        return self.succession.statement().encode()

    @property
    def kept_size(self) -> int:
        """How many entries the log that follows keeps."""
        return self.succession.closing.kept.size

    @property
    def final_size(self) -> int:
        """How many entries it had, as far as anyone was found to have seen."""
        return self.succession.closing.final.size

    @property
    def reason(self) -> str:
        """Why it was closed, in the log's one word."""
        return self.succession.closing.reason.value

    @property
    def closed_date(self) -> str:
        """The day on which it was closed, as 2026-11-21."""
        return self.succession.closing.at[:10]

    @property
    def explanation(self) -> str:
        """Why, in the operator's words; empty if they are lost, or are not those of that day."""
        try:
            words = (closed_folder(self.name) / EXPLANATION_FILE).read_bytes()
        except OSError:
            return ""
        is_bound = sha256(words).digest() == self.succession.closing.explanation
        return words.decode() if is_bound else ""

    @property
    def has_final_checkpoint(self) -> bool:
        """Say whether its last signed checkpoint is served."""
        return (closed_folder(self.name) / CHECKPOINT_FILE).is_file()


def closed_logs() -> list[ClosedLog]:
    """Return the logs before this one, the last one first."""
    return [
        ClosedLog(name=folder_name(found.closing.old.name), succession=found)
        for found in reversed(successions())
    ]


def closed_folder(name: str) -> Path:
    """Return the folder in which the public files of a closed log stay."""
    return Path(settings.DATA_DIR) / "log-closed" / name


def folder_name(origin: str) -> str:
    """Name a log in a way that can stand in a path."""
    return _NOT_IN_NAMES.sub("-", origin).strip(".-")
