"""One line of ``umbrella check``."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a check ended; warnings leave the exit code alone."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Result:
    """What one check saw.

    Attributes:
        status: how it ended.
        name: what was looked at.
        detail: what was found, or what is wrong and the next step.
        statements: SQL to paste, printed below the line.
    """

    status: Status
    name: str
    detail: str
    statements: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Return the line, and below it the statements, indented."""
        return [f"{self.status:<4}  {self.name}: {self.detail}", *(f"      {text}" for text in self.statements)]


def ok(name: str, detail: str) -> Result:
    """Return a check that found everything as it should be."""
    return Result(Status.OK, name, detail)


def warn(name: str, detail: str, *statements: str) -> Result:
    """Return a check that found something to know about."""
    return Result(Status.WARN, name, detail, statements)


def fail(name: str, detail: str, *statements: str) -> Result:
    """Return a check that found something wrong."""
    return Result(Status.FAIL, name, detail, statements)
