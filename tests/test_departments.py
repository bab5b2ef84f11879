from exporter.departments import Directory, Schools


def test_schools() -> None:
    """A department is in its school in any case; one in no school is other, the unknown one unknown."""
    schools = Schools.from_lists({"Engineering": ["Mechanics", "CS"], "Arts": ["music"]})
    assert [schools.of(name) for name in ("mechanics", "cs", "MUSIC", "Physics", "unknown")] == [
        "Engineering", "Engineering", "Arts", "other", "unknown",
    ]  # fmt: skip
    assert Schools().of("music") == "other"


def test_directory() -> None:
    """Users are found in any case; who is not known to Slurm has the unknown department."""
    directory = Directory()
    assert directory.of("ann") == "unknown"
    directory.replace({"ann": "Physics"})
    assert (directory.of("Ann"), directory.of("bob")) == ("Physics", "unknown")


def test_directory_tells_readers_of_changes() -> None:
    """The generation grows with a change only, and what was handed out is not changed."""
    directory = Directory()
    first = {"ann": "Physics"}
    directory.replace(first)
    handed = directory.departments
    directory.replace({"ann": "Physics"})
    assert directory.generation == 1
    directory.replace({"ann": "Biology"})
    assert directory.generation == 2
    assert handed == {"ann": "Physics"}
