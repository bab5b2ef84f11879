"""From pydantic's errors to sentences: file or variable, key, value, and what is expected."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from exporter.config import database
from exporter.config.keys import ADDRESS, Key, KeyPath, walk
from exporter.config.model import Config
from exporter.config.yaml_file import Document, Loc

_MAPPING: Final = "a mapping (name: value)"
_TEXT: Final = "text; put it into quotes"
_EXPECTED: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "bool_parsing": lambda _: "true or false",
    "bool_type": lambda _: "true or false",
    "date_from_datetime_parsing": lambda _: "a date such as 2024-01-31",
    "date_parsing": lambda _: "a date such as 2024-01-31",
    "date_type": lambda _: "a date such as 2024-01-31",
    "dict_type": lambda _: _MAPPING,
    "finite_number": lambda _: "a number",
    "float_parsing": lambda _: "a number",
    "float_type": lambda _: "a number",
    "greater_than": lambda about: f"a number above {about['gt']:g}",
    "greater_than_equal": lambda about: f"a number from {about['ge']:g} up",
    "int_from_float": lambda _: "a whole number",
    "int_parsing": lambda _: "a whole number",
    "int_type": lambda _: "a whole number",
    "less_than_equal": lambda about: f"a number up to {about['le']:g}",
    "literal_error": lambda about: f"{about['expected']}".replace("'", ""),
    "model_type": lambda _: _MAPPING,
    "path_type": lambda _: "a path",
    "string_too_short": lambda _: "text that is not empty",
    "string_type": lambda _: _TEXT,
    "tuple_type": lambda _: "a list such as [first, second]",
    "list_type": lambda _: "a list such as [first, second]",
    "value_error": lambda about: str(about["error"]),
}


class Sources:
    """Where each value came from, to name it in a message.

    Args:
        path: the configuration file, None without one.
        document: what stands in it.
        variables: variable by place of the values that came from the environment.
    """

    def __init__(self, path: Path | None, document: Document, variables: Mapping[KeyPath, str]) -> None:
        self._path = path
        self._document = document
        self._variables: dict[Loc, str] = dict(variables.items())

    def of(self, place: Loc) -> str:
        """Return the variable, or file and line, that a value or one of its parents came from."""
        for end in range(len(place), 0, -1):
            if place[:end] in self._variables:
                return self._variables[place[:end]]
            if self._path is not None and place[:end] in self._document.lines:
                return f"{self._path}, line {self._document.lines[place[:end]]}"
        return str(self._path) if self._path is not None else "environment"


def sentence(error: ErrorDetails, sources: Sources) -> str:
    """Return one mistake as one line that never holds a secret."""
    place: Loc = tuple(part for part in error["loc"] if part != "[key]")
    where, name = sources.of(place), ".".join(map(str, place)) or "the file"
    kind, about = error["type"], error.get("ctx", {})
    if kind == "conflict":
        return f"{where}: {name}: {error['msg']}"
    if kind == "extra_forbidden":
        return f"{where}: {_unknown(place)}"
    if kind == "missing":
        return f"{where}: {name} is missing; expected it beside the other keys of {'.'.join(map(str, place[:-1]))}"
    expected = _EXPECTED[kind](about) if kind in _EXPECTED else error["msg"]
    return f"{where}: {name} {_shown(place, error['input'])}; expected {expected}"


def _unknown(place: Loc) -> str:
    """Name the key but not its value: a password under a misspelt key is a password still."""
    keys = _keys(place[:-1])
    near = get_close_matches(str(place[-1]), keys, n=1)
    hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(keys)}"
    parent = ".".join(map(str, place[:-1]))
    return f"{'.'.join(map(str, place))} is no key{f' of {parent}' if parent else ''}; {hint}"


def _keys(place: Loc) -> list[str]:
    model: type[BaseModel] = next((key.section for key in walk() if key.path == place and key.section), Config)
    return list(model.model_fields)


def _shown(place: Loc, value: object) -> str:
    key = _key(place)
    if key is None or key.section is not None:
        return f"is {_kind(value)}"  # it may hold anything, secrets too
    if key.secret:
        return "has a value that is not shown"
    text = database.redacted(str(value)) if key.path == ADDRESS else value
    shown = "null" if text is None else repr(str(text) if isinstance(text, Path) else text)
    return f"is {shown if len(shown) <= 100 else shown[:99] + '…'}"


def _key(place: Loc) -> Key | None:
    """Return the key at a place, or the one whose list or mapping the place lies in."""
    matches = [key for key in walk() if place[: len(key.path)] == key.path]
    return max(matches, key=lambda key: len(key.path), default=None)


def _kind(value: object) -> str:
    names: dict[type, str] = {str: "text", list: "a list", dict: "a mapping", bool: "true or false", int: "a number"}
    return names.get(type(value), "a value of another kind")
