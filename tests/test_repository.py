"""What must hold for the repository as a whole: links, locks, exceptions to rules, the exposition."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from exporter.catalogue import ALL
from tests.servers import program

ROOT = Path(__file__).parents[1]
TEXTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.name)
def test_links_lead_somewhere(text: Path) -> None:
    """Every relative link and picture in a document exists."""
    broken = [link for link in LINK.findall(text.read_text(encoding="utf-8")) if not (text.parent / link).exists()]
    assert not broken


def test_the_readme_names_every_document() -> None:
    """A reader finds every document from the README."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [path.name for path in (ROOT / "docs").glob("*.md") if f"docs/{path.name}" not in readme]
    assert not missing


def test_locks_have_hashes_and_no_address() -> None:
    """Every locked package is pinned with hashes, and no lock file names where packages come from."""
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        text = lock.read_text(encoding="utf-8")
        assert not re.search(r"https?://|--index|--find-links|--trusted", text), lock.name
        # A name at the beginning of a line starts a package; its hashes follow on continued lines.
        packages = re.split(r"\n(?=[a-zA-Z0-9])", text.strip())
        unpinned = [entry.split()[0] for entry in packages if "==" not in entry or "--hash=sha256:" not in entry]
        assert not unpinned, lock.name


def test_every_dependency_is_locked() -> None:
    """What pyproject.toml asks for is in the locks."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    name = re.compile(r"^[A-Za-z0-9._-]+")

    def wanted(requirements: list[str]) -> set[str]:
        return {found.group().lower() for line in requirements if (found := name.match(line))}

    def locked(lock: str) -> set[str]:
        text = (ROOT / "requirements" / lock).read_text(encoding="utf-8")
        return {entry.lower() for entry in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)}

    assert wanted(project["project"]["dependencies"]) <= locked("runtime.txt")
    assert wanted(project["dependency-groups"]["dev"]) <= locked("dev.txt")
    assert wanted(project["build-system"]["requires"]) <= locked("build.txt")


def test_exceptions_to_rules_have_reasons() -> None:
    """Every ignored rule, in pyproject.toml and in the code, says why."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    rules = text[text.index("[tool.ruff.lint]") : text.index("[tool.ruff.lint.flake8-type-checking]")]
    bare = [line.strip() for line in rules.splitlines() if re.match(r'\s+"[A-Z]+\d', line) and "#" not in line]
    reason = re.compile(r"(noqa: [A-Z0-9, ]+|type: ignore\[[a-z, -]+\])\s+(#\s*)?[A-Za-z-].{4,}")
    for path in sorted((ROOT / "exporter").rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"#\s*(noqa|type: ignore)", line) and not reason.search(line):
                bare.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()}")
    assert not bare


def test_metric_names_are_unique_and_in_base_units() -> None:
    """The catalogue holds each name once; counters end in _total and nothing else does."""
    names = [spec.name for spec in ALL]
    assert len(names) == len(set(names))
    assert all((spec.kind == "counter") == spec.name.endswith("_total") for spec in ALL)
    assert all(spec.help.endswith((".", "off by default.")) for spec in ALL)


def test_the_demonstration_is_clean_exposition(tmp_path: Path) -> None:
    """What umbrella collect prints for the demonstration passes promtool's lint and holds only catalogued metrics."""
    collected = subprocess.run(
        [sys.executable, "-m", "exporter", "collect"],
        check=False,
        capture_output=True,
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            "UMBRELLA_OSTICKET__URL": "demo://",
            "UMBRELLA_SLURM__SOURCE": "demo",
            "UMBRELLA_STATE__DIRECTORY": str(tmp_path),
        },
    )
    assert collected.returncode == 0, collected.stderr
    linted = subprocess.run(
        [program("promtool"), "check", "metrics"], input=collected.stdout, check=False, capture_output=True
    )
    assert (linted.returncode, linted.stdout, linted.stderr) == (0, b"", b"")
    exposed = set(re.findall(rb"^# TYPE (\S+)", collected.stdout, re.MULTILINE))
    known = {spec.name for spec in ALL} | {f"{spec.name}_g{part}" for spec in ALL for part in ("count", "sum")}
    assert {name.decode() for name in exposed} <= known
    # Agents are off, and everything else that the catalogue promises is there.
    assert {spec.name for spec in ALL} - {name.decode() for name in exposed} == {"osticket_agent_tickets"}
