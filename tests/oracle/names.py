"""Names as labels: cleaned, cut, told apart, with their parents."""

import unicodedata
from collections.abc import Hashable, Mapping
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)


def clean(text: str) -> str:
    """Return a name as a label: no control characters, single blanks, at most 128 characters."""
    letters = [" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp", "Cs") else letter for letter in text]
    words = "".join(letters).split()
    short = " ".join(words)
    return short if len(short) <= 128 else short[:127] + "…"


def distinct(names: Mapping[Key, str], taken: tuple[str, ...] = ()) -> dict[Key, str]:
    """Clean names and append `` (id)`` to all that are equal to another one or to a label that is taken already.

    A name of which nothing is left is its id alone, in brackets: an empty label would be none.
    """
    cleaned = {key: clean(name) for key, name in names.items()}
    every = [*cleaned.values(), *taken, ""]
    return {key: f"{name} ({key})".strip() if every.count(name) > 1 else name for key, name in cleaned.items()}


def paths(names: Mapping[int, str], parents: Mapping[int, int | None]) -> dict[int, str]:
    """Return ``Grandparent / Parent / Child`` of every id; a parent without a row or already passed ends the path."""
    result = {}
    for key in names:
        path, passed, parent = names[key], {key}, parents[key]
        while parent is not None and parent in names and parent not in passed:
            path = f"{names[parent]} / {path}"
            passed.add(parent)
            parent = parents[parent]
        result[key] = path
    return result
