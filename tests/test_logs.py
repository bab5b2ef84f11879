"""The log: one line per event, and no secrets."""

import io
import logging
import re
import warnings
from collections.abc import Iterator

import pytest

from exporter.logs import LineFormatter, configure


@pytest.fixture(autouse=True)
def _root_logger() -> Iterator[None]:
    """Give pytest its handlers back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def fail() -> None:
    """Log an exception as code does that caught one."""
    try:
        int("first line\nsecond line")
    except ValueError:
        logging.getLogger("exporter.test").exception("it failed")


def test_an_event_is_one_line_with_its_time_in_utc() -> None:
    """Time, level, place and text stand on one line, whatever line ends the text has."""
    stream = io.StringIO()
    configure("info", stream)
    logging.getLogger("exporter.test").info("one\ntwo %d", 3)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO exporter\.test: one \| two 3\n", stream.getvalue())


@pytest.mark.parametrize(("level", "seen"), [("debug", 4), ("info", 3), ("warning", 2), ("error", 1)])
def test_levels_hide_what_lies_below(level: str, seen: int) -> None:
    """Each level shows itself and what is worse."""
    stream = io.StringIO()
    configure(level, stream)
    log = logging.getLogger("exporter.test")
    for write in (log.debug, log.info, log.warning, log.error):
        write("event")
    assert len(stream.getvalue().splitlines()) == seen


def test_tracebacks_are_for_debug() -> None:
    """Above debug an exception is named on its line; at debug the traceback follows."""
    stream = io.StringIO()
    configure("info", stream)
    fail()
    text = r"ValueError: invalid literal for int() with base 10: 'first line\nsecond line'"
    assert stream.getvalue().endswith(f"ERROR exporter.test: it failed ({text})\n")
    assert "Traceback" not in stream.getvalue()
    configure("debug", stream)
    fail()
    assert "Traceback (most recent call last)" in stream.getvalue()


@pytest.mark.parametrize("level", ["info", "debug"])
def test_secrets_are_replaced(level: str) -> None:
    """Named secrets, the longest first, and passwords in addresses never reach the stream."""
    stream = io.StringIO()
    formatter = configure(level, stream)
    formatter.hide(["geheim", "x"])
    formatter.hide(["geheim-und-mehr"])
    logging.getLogger("exporter.test").info("geheim-und-mehr %s mysql://u:hidden@h/d x", "geheim")
    assert stream.getvalue().endswith("*** *** mysql://u:***@h/d x\n")


def test_an_exception_of_several_lines_is_one() -> None:
    """The text of an exception may have line ends; the event has one."""
    stream = io.StringIO()
    configure("info", stream)
    logging.getLogger("exporter.test").error("failed", exc_info=RuntimeError("one\ntwo"))
    assert stream.getvalue().endswith("failed (RuntimeError: one | two)\n")


def test_exceptions_without_one_are_plain() -> None:
    """A record that claims an exception where none is stays a line."""
    record = logging.LogRecord("a", logging.INFO, "", 0, "text", None, (None, None, None))
    assert LineFormatter(tracebacks=False).format(record).endswith("INFO a: text")


def test_other_libraries_are_quiet() -> None:
    """The schedule's and the web server's every step is not our log."""
    stream = io.StringIO()
    configure("debug", stream)
    logging.getLogger("apscheduler.scheduler").info("added job")
    logging.getLogger("uvicorn.access").info("GET /metrics")
    assert stream.getvalue() == ""


def test_warnings_of_python_are_events() -> None:
    """A warning is a line of the log, not a text of its own form."""
    stream = io.StringIO()
    with warnings.catch_warnings():
        configure("info", stream)
        warnings.simplefilter("always")
        warnings.warn("careful", stacklevel=1)
    assert "WARNING py.warnings: " in stream.getvalue()
    assert len(stream.getvalue().splitlines()) == 1


def test_standard_error_is_the_default(capfd: pytest.CaptureFixture[str]) -> None:
    """Without a stream the log goes to standard error: standard output belongs to the metrics."""
    configure("info")
    logging.getLogger("exporter.test").info("event")
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("event\n")
