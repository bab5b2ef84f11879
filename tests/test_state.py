"""The state directory: whole files, one holder, one key."""

import json
import logging
import multiprocessing
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.errors import StateError
from exporter.state import StateDirectory

HOLD = """
import sys
from pathlib import Path
from exporter.state import StateDirectory
state = StateDirectory(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state directory that does not exist yet."""
    return tmp_path / "var" / "umbrella"


@pytest.fixture
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the state directory."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def mode(path: Path) -> int:
    """Return the permission bits of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_directory_and_files_are_the_owners_alone(folder: Path) -> None:
    """The directory is made with mode 0700, every file in it with 0600."""
    with StateDirectory(folder) as state:
        state.key()
        assert state.write("accounts", 1, {"a": 1})
    assert mode(folder) == 0o700
    assert {path.name: oct(mode(path)) for path in folder.iterdir()} == dict.fromkeys(
        ["lock", "key.lock", "pseudonyms.key", "accounts.json"], "0o600"
    )


def test_documents_come_back(folder: Path) -> None:
    """What was written is read after a restart; what never was is None."""
    with StateDirectory(folder) as state:
        assert state.read("accounts", 1) is None
        assert state.write("accounts", 1, {"alice": ["physics", None]})
    with StateDirectory(folder) as state:
        assert state.read("accounts", 1) == {"alice": ["physics", None]}


def test_a_second_instance_is_refused(folder: Path, holder: subprocess.Popen[str]) -> None:
    """Two services never share a state directory; the message names directory and process."""
    with pytest.raises(StateError) as caught:
        StateDirectory(folder)
    assert str(folder) in str(caught.value)
    assert f"(process {holder.pid})" in str(caught.value)
    assert "state.directory of its own" in str(caught.value)


def test_sigkill_gives_the_directory_back(folder: Path, holder: subprocess.Popen[str]) -> None:
    """The lock of a killed process is no lock, and its half-written files are swept up."""
    left = folder / ".accounts.json.x1.tmp"
    left.write_text("{")
    holder.kill()
    holder.wait()
    with StateDirectory(folder) as state:
        assert state.read("accounts", 1) is None
        assert not left.exists()


def test_close_gives_the_directory_back_and_may_be_repeated(folder: Path) -> None:
    """After close another instance may hold the directory."""
    first = StateDirectory(folder)
    first.close()
    first.close()
    StateDirectory(folder).close()


def test_the_key_stays(folder: Path) -> None:
    """The key is 32 bytes, the same after a restart."""
    with StateDirectory(folder) as state:
        key = state.key()
        assert len(key) == 32
    with StateDirectory(folder) as state:
        assert state.key() == key


def test_collect_beside_serve_has_the_same_key(folder: Path, holder: subprocess.Popen[str]) -> None:
    """A shared directory opens while a service holds it, and both see one key."""
    assert holder.poll() is None
    with StateDirectory(folder, shared=True) as one, StateDirectory(folder, shared=True) as other:
        assert one.key() == other.key()


def _key(folder: str, _: int) -> bytes:
    return StateDirectory(Path(folder), shared=True).key()


def test_processes_that_race_for_the_key_agree(folder: Path) -> None:
    """Eight processes that find no key at once end with the same one."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(4) as pool:
        keys = pool.starmap(_key, [(str(folder), number) for number in range(8)])
    assert len(set(keys)) == 1


@pytest.mark.parametrize("content", ["", "zz", "00" * 31])
@pytest.mark.parametrize("shared", [False, True])
def test_a_damaged_key_is_set_aside_and_said(
    folder: Path, content: str, caplog: pytest.LogCaptureFixture, *, shared: bool
) -> None:
    """A key that is no key is replaced; the log says that pseudonyms change and where the old one is."""
    folder.mkdir(parents=True)
    (folder / "pseudonyms.key").write_text(content)
    with StateDirectory(folder, shared=shared) as state:
        assert state.key() == state.key()
    assert "every pseudonym changes now" in caplog.text
    assert (folder / "pseudonyms.key.damaged").read_text() == content


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": "x", "data": 1}', b'{"format": 1}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_damaged_document_is_set_aside_and_said(
    folder: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """A damaged document counts as missing; it is kept under the name in the log."""
    with StateDirectory(folder) as state:
        (folder / "accounts.json").write_bytes(content)
        assert state.read("accounts", 1) is None
        assert f"{folder / 'accounts.json'} is damaged" in caplog.text
        assert (folder / "accounts.json.damaged").read_bytes() == content
        assert state.write("accounts", 1, 5)
        assert state.read("accounts", 1) == 5


def test_a_damaged_document_that_cannot_be_moved_is_said(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where even setting aside fails, the log says so and the document counts as missing."""
    with StateDirectory(folder) as state:
        (folder / "accounts.json").write_text("{")
        (folder / "accounts.json.damaged").mkdir()
        assert state.read("accounts", 1) is None
    assert "could not be set aside" in caplog.text


def test_a_shared_directory_leaves_documents_alone(folder: Path) -> None:
    """A collect neither writes documents nor tidies up behind a running service."""
    with StateDirectory(folder, shared=True) as state:
        assert not state.write("accounts", 1, 5)
        (folder / "accounts.json").write_text("{")
        assert state.read("accounts", 1) is None
        assert (folder / "accounts.json").read_text() == "{"


def test_state_of_a_newer_version_is_refused(folder: Path) -> None:
    """A newer format is an error that says what to do, and the file stays."""
    with StateDirectory(folder) as state:
        state.write("accounts", 3, {})
        with pytest.raises(StateError, match=r"Umbrella \(format 3, this one knows 2\); start the newer"):
            state.read("accounts", 2)
        assert json.loads((folder / "accounts.json").read_text())["format"] == 3


def test_state_of_an_older_version_is_made_again(folder: Path) -> None:
    """An older format counts as missing."""
    with StateDirectory(folder) as state:
        state.write("accounts", 1, {})
        assert state.read("accounts", 2) is None


def test_a_document_in_the_way_is_an_error(folder: Path) -> None:
    """A folder where a document should be is named."""
    with StateDirectory(folder) as state:
        (folder / "accounts.json").mkdir()
        with pytest.raises(StateError, match=r"accounts\.json: cannot be read: Is a directory"):
            state.read("accounts", 1)


def test_failing_to_save_is_said_once_and_not_fatal(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A document that cannot be saved is logged once, and once more when it can be again."""
    caplog.set_level(logging.INFO)
    with StateDirectory(folder) as state:
        (folder / "accounts.json").mkdir()
        assert not state.write("accounts", 1, 1)
        assert not state.write("accounts", 1, 2)
        (folder / "accounts.json").rmdir()
        assert state.write("accounts", 1, 3)
        assert state.write("accounts", 1, 4)
    texts = [record.getMessage() for record in caplog.records]
    assert len(texts) == 2
    assert "accounts.json: cannot be saved: Is a directory" in texts[0]
    assert "is saved again" in texts[1]
    assert not list(folder.glob("*.tmp")) + list(folder.glob(".*.tmp"))


def test_the_old_document_survives_a_failed_save(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fills up in the middle leaves the previous document whole."""
    with StateDirectory(folder) as state:
        state.write("accounts", 1, "old")

        def full(_: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        assert not state.write("accounts", 1, "new")
        assert state.read("accounts", 1) == "old"
        assert not list(folder.glob(".*.tmp"))


def test_a_full_disk_is_refused_at_the_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that could save nothing does not start; the directory is given back."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(StateError, match="cannot be written: No space left on device; give the service"):
            StateDirectory(folder)
    StateDirectory(folder).close()


def test_a_file_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    """A state directory that is a file is named."""
    (tmp_path / "state").write_text("")
    with pytest.raises(StateError, match="the state directory cannot be made: File exists"):
        StateDirectory(tmp_path / "state")


def test_a_lock_that_cannot_be_made_is_refused(folder: Path) -> None:
    """A folder in place of the lock file is named."""
    (folder / "lock").mkdir(parents=True)
    with pytest.raises(StateError, match="cannot be locked: Is a directory"):
        StateDirectory(folder)


def test_a_key_that_cannot_be_read_is_refused(folder: Path) -> None:
    """Without a key there are no pseudonyms; the message names the file and the next step."""
    (folder / "pseudonyms.key").mkdir(parents=True)
    with StateDirectory(folder) as state, pytest.raises(StateError, match=r"pseudonyms\.key: .* run as the user"):
        state.key()


def test_document_names_are_plain(folder: Path) -> None:
    """A document's name cannot lead out of the directory."""
    with StateDirectory(folder) as state, pytest.raises(ValueError, match="no plain name"):
        state.read("../accounts", 1)


@pytest.mark.parametrize("pid", ["", "garbage"])
def test_a_holder_without_a_number_is_refused_too(folder: Path, holder: subprocess.Popen[str], pid: str) -> None:
    """The message does without the process where the lock file does not tell it."""
    assert holder.poll() is None
    (folder / "lock").write_text(pid)
    with pytest.raises(StateError, match="another instance of Umbrella holds this state directory"):
        StateDirectory(folder)
