"""The counting rules by name, as pages offer and explain them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One counting rule. `name` is the one in the election's description."""

    name: str
    title: "str | _StrPromise"

    @property
    def template(self) -> str:
        """The partial that explains it."""
        return f"voting/partials/counting_{self.name.replace('-', '_')}.html"


METHODS_SHOWN = (
    Method(name="plurality", title=_("Plurality")),
    Method(name="approval", title=_("Approval")),
    Method(name="schulze", title=_("Schulze")),
    Method(name="ranked-pairs", title=_("Ranked pairs")),
    Method(name="borda", title=_("Borda")),
    Method(name="stv", title=_("Single transferable vote")),
    Method(name="majority-judgment", title=_("Majority judgment")),
)
