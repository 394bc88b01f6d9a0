"""What a browser may do with our pages: the security headers, and which pages send which.

The dictionaries have the shape of Django 6's SECURE_CSP: moving up is a deletion.
"""

import re

SELF = "'self'"
NONE = "'none'"

# An election's address holds no slash; these two families of addresses are the booth's.
BOOTH_PAGE = re.compile(r"^/elections/[^/]+/booth/$")
CHECKER_PAGE = re.compile(r"^/elections/[^/]+/check/$")
BALLOTS = re.compile(r"^/api/elections/[^/]+/ballots(/[^/]+)?$")
# The form of an address is that of voting.urls.
SLOT = re.compile(r"/api/elections/([^/\x00]+)/ballots")

PAGE_CSP: dict[str, list[str]] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "form-action": [SELF],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "object-src": [NONE],
    "require-trusted-types-for": ["'script'"],
    # site.ts says why the default policy, and what it refuses.
    "trusted-types": ["default"],
}

# No form, no worker and no Trusted Types policy at all: a booth that assigns markup fails.
# config.middleware replaces 'self' in script-src by the hash of the one bundle.
BOOTH_CSP: dict[str, list[str]] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF],
    "connect-src": [SELF],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "object-src": [NONE],
    "worker-src": [NONE],
    "require-trusted-types-for": ["'script'"],
    "trusted-types": [NONE],
}

# Machine-readable answers are no pages: nothing in them may run or be framed.
DATA_CSP: dict[str, list[str]] = {
    "default-src": [NONE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
}

_FEATURES = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
# Passkeys and the copy button are the only powers a page of ours asks for.
PAGE_FEATURES = ", ".join(
    [f"{name}=()" for name in _FEATURES]
    + [
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
        "clipboard-write=(self)",
    ]
)
# The page that checks an opened ballot may read the booth's QR code.
CHECKER_FEATURES = PAGE_FEATURES.replace("camera=()", "camera=(self)")
BOOTH_FEATURES = ", ".join(
    [f"{name}=()" for name in _FEATURES]
    + [
        "publickey-credentials-create=()",
        "publickey-credentials-get=()",
        "clipboard-write=(self)",
    ]
)


def header_value(policy: dict[str, list[str]]) -> str:
    """Return the policy as one Content-Security-Policy header."""
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())


def is_booth_page(path: str) -> bool:
    """Say whether `path` is the page in which a voter's browser encrypts."""
    return BOOTH_PAGE.fullmatch(path) is not None


def is_checker_page(path: str) -> bool:
    """Say whether `path` is the page that checks an opened ballot."""
    return CHECKER_PAGE.fullmatch(path) is not None


def is_casting(path: str) -> bool:
    """Say whether `path` receives ballots or tells what became of one."""
    return BALLOTS.fullmatch(path) is not None


def slot_of(path: str) -> str | None:
    """Return the election whose slot `path` is."""
    found = SLOT.fullmatch(path)
    return None if found is None else found[1]
