"""Texts that are not published yet, kept in the session: signing in does not lose them."""

from django.http import HttpRequest

SESSION_KEY = "deliberation_drafts"
DRAFTS_LIMIT = 5
CHARACTERS_LIMIT = 10_000


def keep_draft(request: HttpRequest, name: str, **texts: str) -> None:
    """Add texts to the named draft. The oldest of too many drafts goes."""
    drafts = dict(request.session.get(SESSION_KEY, {}))
    draft = drafts.pop(name, {})
    draft |= {key: text[:CHARACTERS_LIMIT] for key, text in texts.items()}
    drafts[name] = draft
    while len(drafts) > DRAFTS_LIMIT:
        drafts.pop(next(iter(drafts)))
    request.session[SESSION_KEY] = drafts


def kept_draft(request: HttpRequest, name: str) -> dict[str, str]:
    """Return the named draft, empty if there is none."""
    draft: dict[str, str] = request.session.get(SESSION_KEY, {}).get(name, {})
    return draft


def drop_draft(request: HttpRequest, name: str) -> None:
    """Forget the named draft, after it was published."""
    drafts = dict(request.session.get(SESSION_KEY, {}))
    if drafts.pop(name, None) is not None:
        request.session[SESSION_KEY] = drafts
