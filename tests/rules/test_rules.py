"""The rules: valid, tested, documented, and about series that exist."""

import re
import subprocess

import pytest

from tests.rules.promql import metrics, parsed
from tests.rules.shipped import PROMETHEUS, ROOT, Rule, alerts, cases, known_series, rules
from tests.servers import program

ALERTS = alerts()
RULES = rules()


def _run(*command: str) -> str:
    result = subprocess.run([program(command[0]), *command[1:]], capture_output=True, text=True, check=False)
    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    return output


def test_prometheus_accepts_the_configuration() -> None:
    """Promtool finds nothing wrong with prometheus.yml and every rule file that it names."""
    output = _run("promtool", "check", "config", str(PROMETHEUS / "prometheus.yml"))
    assert f"{len(list((PROMETHEUS / 'rules').glob('*.yml')))} rule files found" in output


@pytest.mark.parametrize("path", sorted((PROMETHEUS / "tests").glob("*.yml")), ids=lambda path: path.stem)
def test_rules_do_what_their_tests_say(path: object) -> None:
    """Promtool's unit tests pass: exact labels and words, silence just below, silence without data, no flapping."""
    assert "SUCCESS" in _run("promtool", "test", "rules", str(path))


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule.name)
def test_each_alert_is_tested(rule: Rule) -> None:
    """Each alert has a case where it fires, one just below, one without data, and one that flaps."""
    kinds = {
        case["name"].removeprefix(f"{rule.name}: ") for case in cases() if case["name"].startswith(f"{rule.name}: ")
    }
    if rule.name == "Watchdog":  # nothing can silence it
        assert kinds == {"fires without data, which is what it is for"}
        return
    without_data = {"silent without data", "fires without data, which is what it is for"}
    assert {"fires", "silent just below", "flapping is one alert"} <= kinds
    assert kinds & without_data


def test_cases_that_fire_say_so_and_silent_ones_do_not() -> None:
    """No case is named for what it does not check."""
    for case in cases():
        fired = [test for test in case.get("alert_rule_test", []) if test["exp_alerts"]]
        kind = case["name"].split(": ", 1)[1]
        assert bool(fired) == kind.startswith("fires"), case["name"]
        if kind.startswith("flapping"):
            assert case["promql_expr_test"], case["name"]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule.name)
def test_each_alert_tells_what_to_do(rule: Rule) -> None:
    """Severity, summary, description, dashboard and a runbook entry with that very anchor belong to each alert."""
    assert rule.labels["severity"] in {"critical", "warning", "info", "none"}
    assert rule.annotations.keys() == {"summary", "description", "dashboard_url", "runbook_url"}
    assert rule.annotations["runbook_url"].endswith(f"}}}}#{rule.name.lower()}")
    runbook = (ROOT / "docs" / "runbook.md").read_text()
    entries = dict(re.findall(r"^## (\w+)\n\n\*\*Severity\*\* (\w+)\.", runbook, re.MULTILINE))
    assert entries[rule.name] == rule.labels["severity"]


def test_the_runbook_names_no_other_alert() -> None:
    """No entry of the runbook outlives its alert."""
    headings = re.findall(r"^## (.*)$", (ROOT / "docs" / "runbook.md").read_text(), re.MULTILINE)
    assert sorted(headings) == sorted(rule.name for rule in ALERTS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_expressions_name_series_that_exist(rule: Rule) -> None:
    """Every expression parses and selects only series that the exporter, the rules or the listed programs have."""
    assert metrics(rule.expr) <= known_series()


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule.name)
def test_annotations_ask_for_series_that_exist(rule: Rule) -> None:
    """Every query inside an annotation parses and selects only series that exist."""
    queries = [
        text
        for annotation in rule.annotations.values()
        for text in re.findall(r'(?:printf|query) "((?:[^"\\]|\\.)*)"', annotation)
        if re.search("[a-z]_[a-z]|:", text)
    ]
    assert queries
    for query in queries:
        assert metrics(query.replace("%q", '"x"')) <= known_series()


def test_spikes_wait_for_nothing() -> None:
    """Spike alerts have no `for` above 30 s: from spike to notification two minutes must do."""
    waits = {rule.name: rule.source.get("for", "0s") for rule in ALERTS if rule.name.endswith("TicketSpike")}
    assert waits == {"TicketSpike": "0s", "DepartmentTicketSpike": "0s"}


def test_alerts_keep_the_instance() -> None:
    """No alert on our own series loses the label that tells several help desks apart."""
    for rule in ALERTS:
        if rule.name not in {"Watchdog", "UmbrellaAbsent"}:
            assert re.search(r"\b(sum|min|max|count|avg)\b", parsed(rule.expr).prettify()) is None, rule.name
