"""Prepares text from outside for a terminal."""

import unicodedata

# Line and paragraph separators, control characters, and what is no character at all.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cs", "Zl", "Zp"})
# Characters that turn the direction of the text after them.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(text: str) -> str:
    """Show control characters as escapes instead of obeying them.

    A record comes from whoever is being checked: the title of a question must not be able to
    move the cursor and write "VALID" over what was printed before.
    """
    return "".join(
        character.encode("unicode_escape").decode()
        if unicodedata.category(character) in _UNSAFE_CATEGORIES or character in _TURNING
        else character
        for character in text
    )
