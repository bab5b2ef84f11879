"""Configuration from environment variables: ``UMBRELLA_<SECTION>__<KEY>``, lists and mappings written as YAML."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from exporter.config import yaml_file
from exporter.config.keys import PREFIX, Key, KeyPath, walk

# Options of the command line that can be given as variables; they are no keys of the file.
OPTIONS: Final = frozenset({"UMBRELLA_CONFIG", "UMBRELLA_LOG_LEVEL", "UMBRELLA_DEMO_DATA_URL"})
# Kubernetes sets these in every pod beside a service that is called umbrella; nobody wrote them.
_KUBERNETES: Final = re.compile(r"UMBRELLA_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)")


@dataclass(frozen=True, slots=True)
class Variables:
    """What the environment says.

    Attributes:
        data: values by section and key, as the file would nest them.
        origin: variable by place of the value.
        mistakes: variables that name no key or hold no YAML, as complete sentences.
    """

    data: dict[str, Any] = field(default_factory=dict)
    origin: dict[KeyPath, str] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)


def read(environ: Mapping[str, str]) -> Variables:
    """Read all ``UMBRELLA_`` variables; empty ones count as not set, ``null`` as null where a key allows it.

    An entry of a mapping has a variable of its own too, in which its name keeps its case: ``UMBRELLA_SCHOOLS__CEC``.
    """
    keys = {key.variable: key for key in walk()}
    found = Variables()
    # Sorted, so that a section's own variable comes before those of its keys, which then win.
    for variable in sorted(name for name in environ if name.startswith(PREFIX)):
        if variable in OPTIONS or _KUBERNETES.fullmatch(variable) or not environ[variable].strip():
            continue
        key, entry = keys.get(variable), None
        if key is None:
            parent, _, entry = variable.rpartition("__")
            key = keys.get(parent)
            if key is None or not entry or dict not in key.kinds:
                found.mistakes.append(_unknown(variable, keys))
                continue
        _take(found, variable, environ[variable], key, entry)
    return found


def _take(found: Variables, variable: str, text: str, key: Key, entry: str | None) -> None:
    value: Any = text
    # A secret's mapping has hashes as its entries: those are text, whatever they look like.
    if key.structured and not (entry and key.secret):
        try:
            value = yaml_file.parse(text)
        except ValueError as error:
            found.mistakes.append(f"{variable}, {error}")
            return
    elif key.nullable and text.strip().lower() == "null":
        value = None
    place = key.path if entry is None else (*key.path, entry)
    target = found.data
    for part in place[:-1]:
        inner = target.get(part)
        if not isinstance(inner, dict):
            inner = target[part] = {}
        target = inner
    target[place[-1]] = value
    found.origin[place] = variable


def _unknown(variable: str, keys: Mapping[str, Key]) -> str:
    near = get_close_matches(variable, [*keys, *OPTIONS], n=1, cutoff=0.8)
    hint = f"did you mean {near[0]}?" if near else "expected UMBRELLA_<SECTION>__<KEY>, see docs/configuration.md"
    return f"{variable}: is no known variable; {hint}"
