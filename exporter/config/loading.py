"""From a file and the environment to a checked configuration; every mistake is reported, and all at once."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from exporter.config import environment, yaml_file
from exporter.config.database import split_password
from exporter.config.keys import KeyPath, walk
from exporter.config.mistakes import Sources, sentence
from exporter.config.model import Config
from exporter.errors import ConfigError

# Keys of which one is enough: what the environment sets replaces its sibling in the file.
_SIBLINGS: Final = {
    "osticket": ({"password", "password_file"}, {"url", "url_file"}),
    "slurm": ({"jwt", "jwt_file"},),
    "web": ({"basic_auth_users", "basic_auth_users_file"},),
}


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """Read the file, then the environment (which wins), and check everything.

    Args:
        path: the YAML file; None: the environment alone. Relative paths in it start at its own folder, those in
            variables at the working directory.
        environ: the environment, usually ``os.environ``.

    Raises:
        ConfigError: every mistake of file and environment, one per line; no line holds a secret.
    """
    document = yaml_file.read(path) if path is not None else yaml_file.Document()
    variables = environment.read(environ)
    in_file = _absolute(document.data, path.parent.absolute() if path is not None else Path.cwd())
    merged = _merge(_without_siblings(in_file, variables.data), _absolute(variables.data, Path.cwd()))
    sources = Sources(path, document, variables.origin)
    mistakes = [f"{path}, {mistake}" for mistake in document.mistakes] + variables.mistakes
    mistakes += [f"{sources.of(place)}: {text}" for place, text in _settle_conflicts(merged)]
    config: Config | None = None
    try:
        config = Config(**{str(name): section for name, section in merged.items()})
    except ValidationError as error:
        mistakes += [sentence(detail, sources) for detail in error.errors(include_url=False)]
    if config is None or mistakes:
        raise ConfigError("\n".join(dict.fromkeys(mistakes)))
    return config


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``below`` with the values of ``above`` laid over it, mappings key by key."""
    merged = dict(below)
    for name, value in above.items():
        old = merged.get(name)
        merged[name] = _merge(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _without_siblings(data: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return the file's data without the keys that a variable replaces under another name."""
    kept = dict(data)
    for section, groups in _SIBLINGS.items():
        new, old = above.get(section), kept.get(section)
        if not isinstance(new, dict) or not isinstance(old, dict):
            continue
        replaced: set[str] = set().union(*(group - set(new) for group in groups if group & set(new)))
        if section == "osticket" and isinstance(new.get("url"), str) and split_password(new["url"])[1] is not None:
            replaced |= {"password", "password_file"}
        kept[section] = {name: value for name, value in old.items() if name not in replaced}
    return kept


def _settle_conflicts(data: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield each secret that is given twice, and leave one of the two, so that the other mistakes show as well."""
    for name, groups in _SIBLINGS.items():
        section = data.get(name)
        if not isinstance(section, dict):
            continue
        section = data[name] = dict(section)
        for group in groups:
            first, *others = sorted(key for key in group if section.get(key) is not None) or [""]
            for other in others:
                del section[other]
                yield (name, other), f"{name}.{first} and {name}.{other} are both set; expected one of them"
        held = {"password", "password_file"} & {key for key, value in section.items() if value is not None}
        if name == "osticket" and held and isinstance(section.get("url"), str):
            section["url"], password = split_password(section["url"])
            if password is not None:
                other = held.pop()
                yield (name, other), f"osticket.url holds a password and osticket.{other} is set; expected one of them"


def _absolute(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return a copy of the data whose paths are absolute, relative ones starting at ``folder``."""
    copied = _merge({}, data)
    for key in (key for key in walk() if key.file):
        parent: Any = copied
        for part in key.path[:-1]:
            inner = parent.get(part) if isinstance(parent, dict) else None
            if isinstance(inner, dict):
                inner = parent[part] = dict(inner)
            parent = inner
        text = parent.get(key.path[-1]) if isinstance(parent, dict) else None
        if isinstance(text, str) and text:
            parent[key.path[-1]] = folder / Path(text).expanduser()
    return copied
