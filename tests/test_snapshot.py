import gzip
import subprocess
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from exporter.catalogue import tickets
from exporter.catalogue.base import MetricSpec
from exporter.snapshot import LONGEST_VALUE, SELF, Snapshot, SnapshotStore, render
from tests.collectors import gauges
from tests.servers import program


def store_of(**families: str) -> SnapshotStore:
    """Return a store in which each named collector published one gauge family."""
    store = SnapshotStore()
    store.publish({SELF: render(gauges("umbrella_own").families)})
    for name, family in families.items():
        store.publish({name: render(gauges(family).families)})
    return store


def names(text: bytes) -> list[str]:
    """Return the families of an exposition in text 0.0.4."""
    return [family.name for family in parse_text(text.decode())]


def test_both_formats_parse_and_hold_every_family() -> None:
    """Text 0.0.4 and OpenMetrics hold the same families, whichever collectors published them."""
    snapshot = store_of(tickets="osticket_x", slurm="slurm_x").snapshot
    expected = ["umbrella_own", "osticket_x", "slurm_x"]
    assert names(snapshot.answer("text").plain) == expected
    parsed = parse_openmetrics(snapshot.answer("openmetrics").plain.decode())  # type: ignore[no-untyped-call]
    assert [family.name for family in parsed] == expected


def test_openmetrics_ends_once() -> None:
    """However many collectors published, OpenMetrics has one end mark, and it is the last line."""
    body = store_of(tickets="osticket_x", slurm="slurm_x").snapshot.answer("openmetrics").plain
    assert body.count(b"# EOF") == 1
    assert body.endswith(b"\n# EOF\n")


@pytest.mark.parametrize("only", [None, ["tickets"], ["slurm", "tickets"], []])
@pytest.mark.parametrize("kind", ["text", "openmetrics"])
def test_gzip_is_one_member(kind: str, only: list[str] | None) -> None:
    """The compressed body is one gzip member with the plain body in it, whichever collectors are asked for."""
    snapshot = store_of(tickets="osticket_x", slurm="slurm_x").snapshot
    answer = snapshot.answer("text" if kind == "text" else "openmetrics", only)
    decoder = zlib.decompressobj(zlib.MAX_WBITS | 16)
    assert decoder.decompress(answer.gzip) == answer.plain
    assert decoder.eof
    assert decoder.unused_data == b""


def test_filter_keeps_the_own_metrics() -> None:
    """A selection of collectors holds theirs and Umbrella's own, and one without data adds nothing."""
    snapshot = store_of(tickets="osticket_x", slurm="slurm_x").snapshot
    assert names(snapshot.answer("text", ["slurm"]).plain) == ["umbrella_own", "slurm_x"]
    assert names(snapshot.answer("text", ["gpu"]).plain) == ["umbrella_own"]


def test_publishing_replaces_only_the_own_part() -> None:
    """A collector's new families replace its old ones; the other collectors' bytes are the same objects as before."""
    store = store_of(tickets="osticket_x", slurm="slurm_x")
    before = store.snapshot
    store.publish({"tickets": render(gauges("osticket_y").families)})
    assert names(store.snapshot.answer("text").plain) == ["umbrella_own", "osticket_y", "slurm_x"]
    assert store.snapshot.parts["slurm"] is before.parts["slurm"]
    assert names(before.answer("text").plain) == ["umbrella_own", "osticket_x", "slurm_x"]


def test_scrapes_get_the_same_bytes() -> None:
    """Asking twice renders nothing: the very same objects come back."""
    snapshot = store_of(tickets="osticket_x").snapshot
    assert snapshot.answer("text").plain is snapshot.answer("text").plain
    assert snapshot.answer("openmetrics").gzip is snapshot.answer("openmetrics").gzip


def test_dropped_collectors_vanish() -> None:
    """A collector that was turned off takes its families along; Umbrella's own stay."""
    store = store_of(tickets="osticket_x", slurm="slurm_x")
    store.keep(["slurm"])
    assert names(store.snapshot.answer("text").plain) == ["umbrella_own", "slurm_x"]


def test_family_of_two_collectors_is_refused() -> None:
    """A family that another collector publishes is refused, and the snapshot stays as it was."""
    store = store_of(tickets="osticket_x")
    before = store.snapshot
    with pytest.raises(ValueError, match="slurm published osticket_x"):
        store.publish({"slurm": render(gauges("osticket_x").families)})
    assert store.snapshot is before


def test_family_twice_in_one_refresh_is_refused() -> None:
    """A family may not be interleaved with itself."""
    family = gauges("osticket_x").families[0]
    with pytest.raises(ValueError, match="twice"):
        render([family, family])


def test_nothing_published_is_an_empty_exposition() -> None:
    """Before anything is published both formats are valid and empty."""
    snapshot = SnapshotStore().snapshot
    assert snapshot.answer("text").plain == b""
    assert snapshot.answer("openmetrics").plain == b"# EOF\n"
    assert gzip.decompress(snapshot.answer("text").gzip) == b""
    assert Snapshot.of({}).answer("text").plain == b""


@given(st.lists(st.text(), min_size=1, unique=True))
def test_any_label_value_survives(values: list[str]) -> None:
    """Whatever stands in a label, both formats parse, and what is harmless comes through unchanged."""
    part = render(gauges("osticket_x", values).families)
    (text,) = parse_text(part.text.plain.decode())
    (openmetrics,) = parse_openmetrics(part.openmetrics.plain.decode() + "# EOF\n")  # type: ignore[no-untyped-call]
    assert len(text.samples) == len(openmetrics.samples) == len(values)
    for value, sample in zip(values, text.samples, strict=True):
        if value.isprintable() and len(value) <= LONGEST_VALUE:
            assert sample.labels["user"] == value


HOSTILE = (
    'quote "',
    "back \\ slash",
    "ends in \\",
    "new\nline",
    "NUL \x00 here",
    "CR \r",
    "x" * 10_000,
    "\ud800",
    "é✓😀",
)


def test_promtool_takes_hostile_labels_and_gauge_histograms() -> None:
    """Version 2.42 of promtool has no complaint about hostile label values and about `_bucket`, `_gcount`, `_gsum`."""
    counts = [1] * (len(tickets.RESOLUTION.bounds) + 1)
    families = [
        *gauges("osticket_x", HOSTILE).families,
        tickets.RESOLUTION.histogram({("High",): (counts, 12.5), ("Low",): (counts, 1.0)}),
        tickets.EVENTS.family([(("created",), 7.0)]),
    ]
    plain = render(families).text.plain
    for suffix in (b"_bucket{", b"_gcount{", b"_gsum{"):
        assert b"osticket_ticket_resolution_seconds" + suffix in plain
    result = subprocess.run([program("promtool"), "check", "metrics"], input=plain, capture_output=True, check=False)
    assert (result.returncode, result.stderr, result.stdout) == (0, b"", b"")


def test_wrong_labels_are_an_error() -> None:
    """A family whose label values are no texts is refused when it is rendered, not at a scrape."""
    family = MetricSpec("osticket_x", "gauge", ("user",), "Help.").family([])
    family.add_sample("osticket_x", {"user": 5}, 1.0)  # type: ignore[dict-item]
    with pytest.raises((TypeError, AttributeError)):
        render([family])
