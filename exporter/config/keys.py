"""Every key of the configuration, walked from the models: behind environment variables, error texts and the docs."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from exporter.config.model import Config

PREFIX: Final = "UMBRELLA_"
KeyPath = tuple[str, ...]

# Addresses may hold a password although the key is no secret by type: never printed as they are.
ADDRESS: Final[KeyPath] = ("osticket", "url")


@dataclass(frozen=True, slots=True)
class Key:
    """A key, or a section of keys.

    Attributes:
        path: names from the top of the file down.
        field: pydantic's description.
        section: the model of a section, None for a key.
        kinds: the plain types that a value can have (``str``, ``tuple``, ``Path``, ``NoneType`` …).
    """

    path: KeyPath
    field: FieldInfo
    section: type[BaseModel] | None
    kinds: frozenset[type]

    @property
    def name(self) -> str:
        """Name as people write it: ``osticket.url``."""
        return ".".join(self.path)

    @property
    def variable(self) -> str:
        """Name of the environment variable: ``UMBRELLA_OSTICKET__URL``."""
        return PREFIX + "__".join(part.upper() for part in self.path)

    @property
    def secret(self) -> bool:
        """Whether the value must never be printed."""
        return SecretStr in self.kinds

    @property
    def file(self) -> bool:
        """Whether the value is a path, relative to the folder of the configuration file."""
        return Path in self.kinds

    @property
    def structured(self) -> bool:
        """Whether the value is a list, a mapping or a section: YAML, in an environment variable too."""
        return self.section is not None or bool(self.kinds & {dict, tuple, list})

    @property
    def nullable(self) -> bool:
        """Whether null is a value."""
        return type(None) in self.kinds or self.section is not None


def walk(model: type[BaseModel] = Config, path: KeyPath = ()) -> Iterator[Key]:
    """Yield every section and key, each section before its keys, in the order of the models."""
    for name, field in model.model_fields.items():
        kinds = frozenset(_kinds(field.annotation))
        sections = [kind for kind in kinds if issubclass(kind, BaseModel)]
        key = Key((*path, name), field, sections[0] if sections else None, kinds)
        yield key
        if key.section is not None:
            yield from walk(key.section, key.path)


def _kinds(annotation: Any) -> Iterator[type]:
    """Yield the classes inside an annotation; of a mapping also those of its values, to see secrets."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _kinds(part)
    elif origin is dict:
        yield dict
        yield from (kind for kind in _kinds(get_args(annotation)[1]) if kind is SecretStr)
    elif hasattr(annotation, "__metadata__"):  # Annotated
        yield from _kinds(annotation.__origin__)
    elif isinstance(origin, type):
        yield origin
    elif isinstance(annotation, type):
        yield annotation
    else:  # Literal
        yield from {type(value) for value in get_args(annotation)}
