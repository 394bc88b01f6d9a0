"""Which code computes with public points: the C extension, or libsodium.

`evote.group.native` (C) is several times faster, and takes a time that depends on its input: public
data only. libsodium, through PyNaCl, is the reference, and the only code that ever sees a secret.
Both give the same verdict on every input; the tests run under both.

The environment variable EVOTE_BACKEND chooses: `native`, `pynacl`, or unset for the faster one
that there is.
"""

import os
from types import ModuleType

_WANTED = os.environ.get("EVOTE_BACKEND", "")


class BackendMissing(ImportError):
    """EVOTE_BACKEND names something that this installation does not have."""


def _load() -> ModuleType | None:
    if _WANTED == "pynacl":
        return None
    if _WANTED not in {"", "native"}:
        msg = f"EVOTE_BACKEND is {_WANTED!r}; it may be 'native' or 'pynacl'"
        raise BackendMissing(msg)
    try:
        from evote.group import _native
    except ImportError as error:
        if _WANTED:
            msg = (
                "EVOTE_BACKEND asks for 'native', but evote was installed without its C "
                "extension: no compiler was found, or this machine is not of 64 bits"
            )
            raise BackendMissing(msg) from error
        return None
    return _native


NATIVE = _load()
BACKEND = "pynacl" if NATIVE is None else "native"
# What a report says of each.
BACKEND_SENTENCES = {
    "native": "public data was checked by evote's C extension.",
    "pynacl": "all arithmetic was libsodium's.",
}
# For people whose installation lacks the faster code, though nobody asked to do without it.
SLOWER = (
    ""
    if NATIVE is not None or _WANTED
    else (
        "evote has no C extension in this installation. It finds the same, but checks ballots"
        " about four times slower. With a C compiler and Python's headers on the machine,"
        " install evote again to have it."
    )
)
