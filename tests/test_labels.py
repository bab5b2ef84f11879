import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.labels import MAX_LENGTH, clean, distinct

NAMES = ("", "A", "A (1)", "A (2)", "A (1) (1)", "(1)", "unknown", "B")


@pytest.mark.parametrize(
    ("raw", "label"),
    [
        ("  two \t\n blanks  ", "two blanks"),
        ("nul\0bell\x07del\x7fnext\x85line\u2028end\u2029", "nul bell del next line end"),
        ("half \ud83d of one", "half of one"),
        ('quote " backslash \\', 'quote " backslash \\'),
        ("x" * 128, "x" * 128),
        ("x" * 129, "x" * 127 + "…"),
        ("\0", ""),
        ("", ""),
    ],
)
def test_clean(raw: str, label: str) -> None:
    """Control characters become blanks, runs of blanks one; a text that was cut ends in an ellipsis."""
    assert clean(raw) == label


@given(st.text(st.characters(), max_size=300))
def test_clean_labels_stay_clean(text: str) -> None:
    """A cleaned text is short, printable as UTF-8, and cleaning it again changes nothing."""
    label = clean(text)
    assert len(label) <= MAX_LENGTH
    assert label.encode("utf-8").decode("utf-8") == label
    assert clean(label) == label


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        ({1: "A", 2: "B"}, {1: "A", 2: "B"}),
        ({1: "A", 2: "A"}, {1: "A (1)", 2: "A (2)"}),
        ({1: "A", 2: " A"}, {1: "A (1)", 2: "A (2)"}),
        ({1: "", 2: "\0"}, {1: "(1)", 2: "(2)"}),
        ({1: "unknown", 2: "none"}, {1: "unknown (1)", 2: "none (2)"}),
        ({1: "A (3)", 2: "A", 3: "A"}, {1: "A (3) (1)", 2: "A (2)", 3: "A (3) (3)"}),
        ({7: "(8)", 8: ""}, {7: "(8) (7)", 8: "(8) (8)"}),
        ({1: "x" * 200, 2: "x" * 201}, {1: "x" * 127 + "… (1)", 2: "x" * 127 + "… (2)"}),
        ({}, {}),
    ],
)
def test_distinct(names: dict[int, str], labels: dict[int, str]) -> None:
    """Equal names get their id, also where an id makes them equal to another name, or to a reserved one."""
    assert distinct(names, ("unknown", "none")) == labels


@given(st.dictionaries(st.integers(0, 12), st.sampled_from(NAMES)))
def test_labels_are_distinct_whatever_the_names(names: dict[int, str]) -> None:
    """No two ids share a label, none has a reserved or an empty one, and names that clash with nothing stay."""
    labels = distinct(names, ("unknown",))
    assert len(set(labels.values())) == len(names)
    assert not {"unknown", ""} & set(labels.values())
    assert all(labels[key].startswith(clean(name)) for key, name in names.items())
    if len(set(names.values())) == len(names) and not {"unknown", ""} & set(names.values()):
        assert labels == names
