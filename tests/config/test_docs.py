"""docs/configuration.md and the models say the same."""

import re
from pathlib import Path
from typing import Any

import pytest

from exporter.config import Config, load
from exporter.config.environment import OPTIONS
from exporter.config.keys import Key, walk

TEXT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"^\| `(?P<key>[a-z_.]+)` \| .+? \| (?P<default>`[^`]*`|required) \| .+ \| `(?P<variable>\w+)` \|$", re.MULTILINE
)
# A key, or a section that may be null.
KEYS = {key.name: key for key in walk() if key.section is None or type(None) in key.kinds}


def test_every_key_is_documented_and_no_other() -> None:
    """The tables hold every key once, in the order of the models, and nothing that does not exist."""
    assert [row["key"] for row in ROW.finditer(TEXT)] == list(KEYS)


@pytest.mark.parametrize("row", list(ROW.finditer(TEXT)), ids=lambda row: row["key"])
def test_variables_and_defaults_are_those_of_the_models(row: re.Match[str]) -> None:
    """Each documented variable is the key's own, and setting it to the documented default changes nothing."""
    key: Key = KEYS[row["key"]]
    assert row["variable"] == key.variable
    if row["default"] == "required":
        assert key.field.is_required()
        return
    default: Any = Config()
    for part in key.path:
        default = None if default is None else getattr(default, part)
    written = load(None, {key.variable: row["default"].strip("`")}) if ".tls." not in key.name else None
    found: Any = written
    for part in key.path:
        found = None if found is None else getattr(found, part)
    assert found == default


def test_every_variable_in_the_text_exists() -> None:
    """Nothing that is named in the text is a variable that the program would refuse."""
    named = {name.rstrip("_") for name in re.findall(r"UMBRELLA_\w+", TEXT)}
    known = {key.variable for key in walk()} | OPTIONS | {"UMBRELLA_SCHOOLS__Science", "UMBRELLA"}
    assert named - {""} <= known
