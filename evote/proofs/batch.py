"""Many proofs over known elements, checked in one call of the C extension where there is one."""

from collections.abc import Callable, Sequence
from functools import partial

from evote.errors import InvalidProof
from evote.group import GENERATOR, Element, GroupElement, Together, computes_together
from evote.proofs.claims import Claim

# Gives the element that stands for this one where the claims are computed.
Take = Callable[[GroupElement], GroupElement]


def refused_claims(
    write: Callable[[Take], Sequence[Claim]], *, public_key: GroupElement
) -> dict[int, InvalidProof]:
    """Find the claims that do not hold: each by its index.

    `write` puts them, with every element that stands in a commitment taken by what it is given.
    `public_key` is one of these; its group is theirs. All are members already.
    """
    if not (isinstance(public_key, Element) and computes_together()):
        return _refused([claim.verify for claim in write(lambda element: element)])
    together = Together(GENERATOR)

    def take(element: GroupElement) -> GroupElement:
        return element if element.is_identity else together.read(element.encode())

    claims = write(take)
    wanted = [together.want(claim.commitments()) for claim in claims]
    together.compute()
    return _refused(
        [
            partial(claim.compare, together.encodings[place])
            for claim, place in zip(claims, wanted, strict=True)
        ]
    )


def _refused(checks: Sequence[Callable[[], None]]) -> dict[int, InvalidProof]:
    found: dict[int, InvalidProof] = {}
    for index, check in enumerate(checks):
        try:
            check()
        except InvalidProof as error:
            found[index] = error
    return found
