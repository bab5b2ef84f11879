"""Label values: cleaned, bounded, distinct."""

import re
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final, TypeVar

MAX_LENGTH: Final = 128
UNKNOWN: Final = "unknown"
OTHER: Final = "other"
NONE: Final = "none"

# C0 and C1 controls, DEL, line and paragraph separators, and lone surrogates, which no UTF-8 text may carry.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_BLANKS = re.compile(r"\s+")

Key = TypeVar("Key", bound=object)


def clean(text: str) -> str:
    """Return ``text`` as a label value: control characters become blanks, runs of blanks one, at most 128 characters.

    A text that was cut ends in ``…``, which counts among the 128.
    """
    short = _BLANKS.sub(" ", _CONTROL.sub(" ", text)).strip()
    return short if len(short) <= MAX_LENGTH else short[: MAX_LENGTH - 1] + "…"


def distinct(names: Mapping[Key, str], reserved: Collection[str] = ()) -> dict[Key, str]:
    """Clean every name; names that are then equal each get `` (id)`` appended, so that no two keys share a label.

    Args:
        names: raw name by id (any hashable; its ``str`` is appended).
        reserved: labels with a meaning of their own, such as ``unknown``: a name equal to one gets its id too.
    """
    labels = {key: clean(name) for key, name in names.items()}
    seen = Counter([*labels.values(), *reserved, ""])
    # An id may make a label equal to another name: "A (3)" beside two "A". Each round settles at least one of them.
    while clashing := [key for key, label in labels.items() if seen[label] > 1 or not label]:
        for key in clashing:
            labels[key] = f"{labels[key]} ({key})".strip()
        seen = Counter([*labels.values(), *reserved, ""])
    return labels
