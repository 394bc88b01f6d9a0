"""Says, where it matters, that this installation lacks evote's C extension."""

import sys
import textwrap
from functools import cache

from evote.group.backend import SLOWER


@cache
def mention_slowness() -> None:
    """Say on standard error, once, that large records are checked slowly here, if they are."""
    if SLOWER:
        print(textwrap.fill(SLOWER, 79), file=sys.stderr)
