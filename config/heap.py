"""What a process keeps for as long as it lives is left out of the garbage collector's rounds."""

import gc

from django.urls import get_resolver


def keep_what_is_loaded() -> None:
    """Load the addresses, and never again look for garbage among what is there by then.

    Modules, models, forms and addresses are more than a hundred thousand objects, never freed.
    Python walks through all of them whenever those made since have grown to a quarter of their
    number, which batches of ballots do within a second. To be called once, before a process
    serves or is forked.
    """
    assert get_resolver().url_patterns
    gc.collect()
    gc.freeze()
