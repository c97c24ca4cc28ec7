"""Names that were probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches
from pathlib import PurePosixPath
from typing import Final

_ALIKE: Final = 0.7
"""From which likeness on a name is worth a question: a letter of four may be wrong."""


def nearest_first(name: str, known: Iterable[str]) -> list[str]:
    """Return the names that there are, those first that are written most like *name*."""
    return sorted(known, key=lambda one: (-SequenceMatcher(None, one, name).ratio(), one))


def meant(name: str, known: Iterable[str]) -> str:
    """Return a question after the name that is nearest; `""` if none is near.

    >>> meant("frist_name", ["name", "first_name"])
    "; did you mean 'first_name'?"
    """
    near = get_close_matches(name, sorted(known), n=1, cutoff=_ALIKE)
    return f"; did you mean {near[0]!r}?" if near else ""


def meant_file(name: str, known: Iterable[str]) -> str:
    """Return a question as `meant` does, of files: being in one folder makes them no more alike.

    >>> meant_file("messages/thankyou.jinja", ["messages/thank_you.jinja", "messages/x.jinja"])
    "; did you mean 'messages/thank_you.jinja'?"
    """
    files = list(known)
    stems = {PurePosixPath(one).stem for one in files}
    near = get_close_matches(PurePosixPath(name).stem, sorted(stems), n=1, cutoff=_ALIKE)
    like = [one for one in files if PurePosixPath(one).stem in near]
    return f"; did you mean {nearest_first(name, like)[0]!r}?" if like else ""
