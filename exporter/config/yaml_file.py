"""Reading the configuration file: YAML with the booleans of YAML 1.2, no duplicate keys, line numbers by key.

YAML 1.1 would turn a school ``NO`` into false, ``10:42`` into 642 and ``010`` into 8; here only ``true`` and
``false`` are booleans, numbers are decimal, and dates stay text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

from exporter.errors import ConfigError

_LARGEST: Final = 1 << 20
_PLAIN: Final[Mapping[str, tuple[str, str]]] = {
    "bool": ("tTfF", "true|True|TRUE|false|False|FALSE"),
    "null": ("~nN", "~|null|Null|NULL"),
    "int": ("-+0123456789", r"[-+]?(?:0|[1-9][0-9]{0,17})"),
    "float": (
        "-+.0123456789",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf)|\.(?:nan|NaN)",
    ),
    "merge": ("<", "<<"),
}

Loc = tuple[str | int, ...]


class _Loader(yaml.SafeLoader):
    """The safe loader with the plain scalars above only."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's own form


for _tag, (_first, _text) in _PLAIN.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_text})$"), list(_first))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^$"), [""])


@dataclass(frozen=True, slots=True)
class Document:
    """What stands in a file.

    Attributes:
        data: the mapping at the top; empty for an empty file.
        lines: line number (from 1) by place of a key or list item.
        mistakes: keys that stand twice, as complete sentences without the file's name.
    """

    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Loc, int] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)


def parse(text: str) -> Any:
    """Return the value of a YAML text.

    Raises:
        ValueError: it is no YAML; the text says where, and repeats nothing that could be a secret.
    """
    return _construct(text)[1]


def read(path: Path) -> Document:
    """Read the file.

    Raises:
        ConfigError: it cannot be read, is not YAML, or is not a mapping of sections.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(_LARGEST + 1)
        if len(raw) > _LARGEST:
            raise ConfigError(f"{path}: is larger than 1 MiB; expected a configuration file in YAML")
        node, data = _construct(raw.decode("utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be read: {error.strerror or error}; check the path given with --config and its owner"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text (byte {error.start}); expected YAML") from error
    except ValueError as error:
        raise ConfigError(f"{path}, {error}") from error
    if data is None:
        return Document()
    if not isinstance(data, dict):
        kind = "a list" if isinstance(data, list) else "a single value"
        raise ConfigError(f"{path}: holds {kind}; expected sections such as osticket: and slurm:, each with its keys")
    document = Document(data)
    _survey(node, (), document, set())
    return document


def _construct(text: str) -> tuple[yaml.Node | None, Any]:
    loader: _Loader | None = None
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        return node, None if node is None else loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}" if mark else "line 1"
        problem = error.problem or "cannot be parsed"
        if re.search("alias|anchor|tag", problem):  # these repeat what stands there, which may be a secret
            problem = re.split("['\"]", problem)[0].rstrip()
        raise ValueError(f"{where}: is not YAML: {problem}; quote values that hold : # * & ! or @") from None
    except yaml.reader.ReaderError as error:
        raise ValueError(f"position {error.position}: is not YAML: a character that YAML does not allow") from None
    except (RecursionError, TypeError, ValueError):
        raise ValueError("line 1: is not YAML that can be read: nested too deeply, or a list as a key") from None
    finally:
        if loader is not None:
            loader.dispose()


def _survey(node: yaml.Node | None, place: Loc, document: Document, seen: set[int]) -> None:
    """Note the line of every key and list item, and every key that stands twice."""
    if node is None or id(node) in seen:  # an alias may point at its own parent
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            document.lines[(*place, index)] = item.start_mark.line + 1
            _survey(item, (*place, index), document, seen)
    elif isinstance(node, yaml.MappingNode):
        here: set[str] = set()
        for key, value in node.value:
            name, line = str(key.value), key.start_mark.line + 1
            inner = (*place, name)
            if name in here:
                first = document.lines[inner]
                dotted = ".".join(map(str, inner))
                document.mistakes.append(f"line {line}: {dotted} stands twice, first in line {first}; keep one of them")
            else:
                document.lines[inner] = line
            here.add(name)
            _survey(value, inner, document, seen)
