"""Mail in the voice of the house: text only, from one address, with addresses of our own.

A mail has two templates, `<name>_subject.txt` and `<name>_message.txt`. Nothing in it comes
from the request: not the host, not the visitor's address, not the name of the browser.
"""

import unicodedata
from collections.abc import Mapping
from email.utils import make_msgid
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template import Context
from django.template.engine import Engine
from django.urls import reverse
from django.utils import translation

SUBJECT_LENGTH = 200


def full_address(name: str, *arguments: object) -> str:
    """Return the address of one of our pages as people outside the site must write it."""
    return f"{settings.BASE_URL}{reverse(name, args=arguments)}"


def one_line(text: str) -> str:
    """Return a text without line breaks and control characters, so that it stays one value."""
    spaced = "".join(
        " " if unicodedata.category(letter) in {"Cc", "Cf", "Zl", "Zp"} else letter
        for letter in text
    )
    return " ".join(spaced.split())


def compose_mail(
    *, to: str, template: str, context: Mapping[str, object], language: str
) -> EmailMessage:
    """Write a mail. Each text in `context` becomes one line, whoever wrote it.

    `template` is for instance "voting/email/credential".
    """
    values: dict[str, object] = {
        "base_url": settings.BASE_URL,
        "installation_name": settings.INSTALLATION_NAME,
        "email": to,
        **context,
    }
    values = {
        key: one_line(value) if isinstance(value, str) else value for key, value in values.items()
    }
    engine = Engine.get_default()
    with translation.override(language):
        subject, body = (
            engine.get_template(f"{template}_{part}.txt").render(
                Context(values, autoescape=False)  # the mail is plain text
            )
            for part in ("subject", "message")
        )
    return EmailMessage(
        subject=one_line(subject)[:SUBJECT_LENGTH],
        body=f"{body.strip()}\n",
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        headers={
            "Auto-Submitted": "auto-generated",
            "Message-ID": make_msgid(domain=urlsplit(settings.BASE_URL).hostname),
        },
    )


def send_mail(*, to: str, template: str, context: Mapping[str, object], language: str) -> None:
    """Write a mail and hand it to the mail server now."""
    compose_mail(to=to, template=template, context=context, language=language).send()
