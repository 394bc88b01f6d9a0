"""How alike two titles are, in any script.

A title is cut into pieces: words for scripts with spaces, overlapping pairs of characters
for those without (Chinese, Japanese, Thai …). The database finds titles that share a piece;
`likeness` then ranks them.
"""

import re
import unicodedata
from collections import Counter

# Words that say nothing about the subject. English only: other languages just rank a bit worse.
COMMON_WORDS = frozenset(
    (
        "the", "and", "for", "with", "from", "that", "this", "should", "shall", "must", "will",
        "would", "not", "our", "your", "their", "are", "was", "were", "been", "have", "has",
        "had", "who", "what", "when", "where", "which", "into", "than", "then", "them", "they",
        "all", "any", "can", "may", "more", "most", "some", "such",
    )
)  # fmt: skip
STEM_CHARACTERS = 5
MIN_WORD_CHARACTERS = 3
# Han and its extensions, kana, Thai, Lao, Khmer, Burmese: written without spaces.
_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff"
    r"\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{_UNSPACED}]+|[^\W_{_UNSPACED}]+")
_IS_UNSPACED = re.compile(rf"[{_UNSPACED}]")


def pieces_of(text: str) -> list[str]:
    """Return the sorted, distinct pieces by which a text is found.

    A long word counts by its first letters, so that "referendum" finds "referendums".
    """
    found: set[str] = set()
    for run in _runs(text):
        if _IS_UNSPACED.match(run):
            found.update(_pairs(run))
        elif len(run) >= MIN_WORD_CHARACTERS and run not in COMMON_WORDS:
            found.add(run[:STEM_CHARACTERS])
    return sorted(found)


def likeness(one: str, other: str) -> float:
    """Return how alike two titles are, from 0 to 1.

    The greater of two Sørensen-Dice coefficients, 2·|A∩B| / (|A|+|B|): over pieces, which
    forgives another order, and over character pairs, which forgives spelling.
    """
    return max(
        _dice(Counter(pieces_of(one)), Counter(pieces_of(other))),
        _dice(_all_pairs(one), _all_pairs(other)),
    )


def _runs(text: str) -> list[str]:
    """Split into runs of one kind of script, lower-case and without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _RUN.findall(unicodedata.normalize("NFC", plain))


def _pairs(run: str) -> list[str]:
    """Return the overlapping pairs of characters; a single character stands for itself."""
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _all_pairs(text: str) -> Counter[str]:
    return Counter(pair for run in _runs(text) for pair in _pairs(run))


def _dice(one: Counter[str], other: Counter[str]) -> float:
    total = one.total() + other.total()
    return 2 * (one & other).total() / total if total else 0.0
