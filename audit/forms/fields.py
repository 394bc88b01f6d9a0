"""Fields for what machines write and people copy or send: hashes, keys, small files."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# A browser must not correct, complete or capitalise what has to be the same to the letter.
TO_THE_LETTER = {"class": "pnyx-mono", "spellcheck": "false", "autocomplete": "off"}


def exact_line() -> forms.TextInput:
    """Return one line for something that is copied to the letter."""
    return forms.TextInput(attrs=TO_THE_LETTER)


class ReadField(forms.CharField):
    """A line that stands for something else: the value is what `read` finds in it, or nothing.

    `read` returns nothing for a line that it does not understand; `refusal` then says why.
    """

    def __init__(
        self,
        *,
        label: "_StrPromise",
        help_text: "_StrPromise",
        max_length: int,
        read: Callable[[str], object | None],
        refusal: "_StrPromise",
        required: bool = False,
        error_messages: "Mapping[str, _StrPromise] | None" = None,
    ) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            max_length=max_length,
            required=required,
            error_messages={**(error_messages or {})},
            widget=exact_line(),
        )
        self._read = read
        self._refusal = refusal

    def clean(self, value: Any) -> Any:  # noqa: ANN401 - as Django has it
        """Read the line.

        Raises:
            forms.ValidationError: `read` finds nothing in it.

        """
        text = super().clean(value)
        if not text:
            return None
        found = self._read(text)
        if found is None:
            raise forms.ValidationError(self._refusal)
        return found


class ContentField(forms.FileField):
    """A small file, which may be left out: the value is its bytes, or nothing."""

    def __init__(
        self,
        *,
        label: "_StrPromise",
        help_text: "_StrPromise",
        limit_bytes: int,
        allow_empty_file: bool = False,
        ending: str = "",
    ) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            required=False,
            allow_empty_file=allow_empty_file,
            widget=forms.FileInput(attrs={"accept": ending} if ending else {}),
        )
        self._limit_bytes = limit_bytes

    def clean(self, data: Any, initial: Any = None) -> Any:  # noqa: ANN401 - as Django has it
        """Read the file.

        Raises:
            forms.ValidationError: it is larger than the limit.

        """
        file: UploadedFile[bytes] | None = super().clean(data, initial)
        if file is None:
            return None
        if file.size is None or file.size > self._limit_bytes:
            refusal = gettext("Choose a file of at most %(limit)s kB.")
            raise forms.ValidationError(refusal % {"limit": self._limit_bytes // 1000})
        return file.read()
