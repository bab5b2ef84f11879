"""How labels name persons."""

import re

import pytest

from exporter.people import Mode, Pseudonyms

KEY = bytes(range(32))


def test_a_pseudonym_is_short_and_readable() -> None:
    """A hashed label is u- and ten characters that need no quoting."""
    assert re.fullmatch(r"u-[a-z2-7]{10}", Pseudonyms("hash", KEY).label("alice"))


def test_a_pseudonym_is_the_same_in_any_case_and_process() -> None:
    """The same id and key make the same label, however the id is written."""
    assert Pseudonyms("hash", KEY).label("Alice") == Pseudonyms("hash", bytes(range(32))).label("aLICE")


def test_another_key_makes_other_pseudonyms() -> None:
    """Without the key nobody can try names."""
    assert Pseudonyms("hash", KEY).label("alice") != Pseudonyms("hash", bytes(32)).label("alice")


def test_pseudonyms_of_many_persons_differ() -> None:
    """Twenty thousand persons have twenty thousand pseudonyms."""
    people = Pseudonyms("hash", KEY)
    assert len({people.label(f"user{number}@example.edu") for number in range(20_000)}) == 20_000


@pytest.mark.parametrize("mode", ["hash", "id", "name", "off"])
@pytest.mark.parametrize("nobody", ["unknown", "other"])
def test_nobody_has_no_pseudonym(mode: Mode, nobody: str) -> None:
    """Unknown and other name nobody and stay what they are in every mode."""
    assert Pseudonyms(mode, KEY).label(nobody, "Somebody") == nobody


def test_ids_are_cleaned_and_in_lower_case() -> None:
    """The mode id shows the id itself, cleaned as every label is."""
    assert Pseudonyms("id", KEY).label("Alice\n Smith", "A. Smith") == "alice smith"


@pytest.mark.parametrize(("name", "label"), [("A.\tSmith", "A. Smith"), (None, "alice"), (" \n", "alice")])
def test_names_fall_back_to_ids(name: str | None, label: str) -> None:
    """The mode name shows the name, the id where there is none."""
    assert Pseudonyms("name", KEY).label("Alice", name) == label


def test_off_names_nobody() -> None:
    """The mode off shows no person."""
    assert Pseudonyms("off", KEY).label("alice", "A. Smith") == "other"


def test_equal_names_are_told_apart() -> None:
    """Two persons of one name each get their id."""
    assert Pseudonyms("name", KEY).labels({"a1": "A. Smith", "a2": "A. Smith", "b": "B. Smith"}) == {
        "a1": "A. Smith (a1)",
        "a2": "A. Smith (a2)",
        "b": "B. Smith",
    }


def test_pseudonyms_of_several_show_no_ids() -> None:
    """Hashed labels of several persons are those of each."""
    people = Pseudonyms("hash", KEY)
    assert people.labels({"a": "A", "b": None}) == {"a": people.label("a"), "b": people.label("b")}


def test_a_broken_address_has_a_pseudonym() -> None:
    """A lone surrogate in an id is no reason to fail."""
    assert Pseudonyms("hash", KEY).label("\ud800@example.edu").startswith("u-")
