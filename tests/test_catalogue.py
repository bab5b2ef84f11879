import re

import numpy as np
import pytest

from exporter.catalogue import slurm, tickets, umbrella
from exporter.catalogue.base import REQUESTER_BOUNDS, TICKET_BOUNDS, MetricSpec

GAUGE = MetricSpec("a_tickets", "gauge", ("state",), "Tickets.")
COUNTER = MetricSpec("a_events_total", "counter", ("event",), "Events.")
HISTOGRAM = MetricSpec("a_seconds", "gaugehistogram", ("priority",), "Seconds.", "seconds", (1.0, 2.5))
MODULES = (tickets, slurm, umbrella)
SPECS = [spec for module in MODULES for spec in vars(module).values() if isinstance(spec, MetricSpec)]


def test_gauges_and_counters() -> None:
    """Samples carry the labels in the order of the specification; counters keep one _total."""
    gauge = GAUGE.family([(("open",), 3.0), (("closed",), 0.0)])
    assert [(s.name, s.labels, s.value) for s in gauge.samples] == [
        ("a_tickets", {"state": "open"}, 3.0),
        ("a_tickets", {"state": "closed"}, 0.0),
    ]
    counter = COUNTER.family([(("created",), 7.0)])
    assert (counter.type, counter.samples[0].name) == ("counter", "a_events_total")


def test_histograms_are_cumulative() -> None:
    """Counts by bucket are added up; the last bucket is above all bounds; the sum is exact."""
    family = HISTOGRAM.histogram({("High",): (np.array([2, 0, 5]), 40.5)})
    assert family.type == "gaugehistogram"
    values = {(s.name, s.labels.get("le")): s.value for s in family.samples}
    assert values == {
        ("a_seconds_bucket", "1.0"): 2,
        ("a_seconds_bucket", "2.5"): 2,
        ("a_seconds_bucket", "+Inf"): 7,
        ("a_seconds_gcount", None): 7,
        ("a_seconds_gsum", None): 40.5,
    }


@pytest.mark.parametrize("labels", [(), ("a", "b")])
def test_wrong_labels_are_refused(labels: tuple[str, ...]) -> None:
    """A sample with another number of labels than the specification is a mistake in the program."""
    with pytest.raises(ValueError, match="a_tickets takes the labels"):
        GAUGE.family([(labels, 1.0)])
    with pytest.raises(ValueError, match="a_seconds takes the labels"):
        HISTOGRAM.histogram({labels: ([0, 0, 0], 0.0)})


def test_wrong_buckets_are_refused() -> None:
    """As is another number of buckets."""
    with pytest.raises(ValueError, match="3 buckets"):
        HISTOGRAM.histogram({("High",): ([0, 0], 0.0)})


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_every_metric_is_named_by_the_rules(spec: MetricSpec) -> None:
    """Names, labels, units and help texts follow Prometheus' rules."""
    assert re.fullmatch(r"(osticket|slurm|umbrella)_[a-z0-9_]+", spec.name)
    assert spec.name.endswith("_total") == (spec.kind == "counter")
    assert len(set(spec.labels)) == len(spec.labels)
    assert not {"le", "job", "instance"} & set(spec.labels)
    assert re.match(r"[A-Z1]|osTicket", spec.help)
    assert spec.help.endswith(".")
    assert bool(spec.bounds) == (spec.kind == "gaugehistogram")
    if spec.kind == "gaugehistogram":
        assert spec.name.endswith("_seconds")


def test_metrics_are_there_once() -> None:
    """No name stands twice in the catalogue, and the list of ticket metrics is complete."""
    names = [spec.name for spec in SPECS]
    assert len(names) == len(set(names))
    assert set(tickets.SPECS) == {spec for spec in vars(tickets).values() if isinstance(spec, MetricSpec)}


def test_bounds_are_those_of_the_analysis() -> None:
    """Bounds ascend; days are whole."""
    assert [bound / 3600 for bound in TICKET_BOUNDS[:3]] == [1, 4, 8]
    assert [bound / 86_400 for bound in TICKET_BOUNDS[3:]] == [1, 2, 5, 10, 15, 20, 30, 60, 90, 180, 500]
    assert [bound / 86_400 for bound in REQUESTER_BOUNDS] == [1, 5, 10, 15, 20, 30, 60, 500]
