"""The dashboards: written by the builder, on the grid, explained, and about series that exist."""

import itertools
import re

import pytest
import yaml

from grafana.build.__main__ import DASHBOARDS, differing, main, rendered
from grafana.build.docs import FIGURES
from tests.dashboards.shipped import GRAFANA, Panel, boards, panels, variable_exprs
from tests.rules.promql import metrics, selectors
from tests.rules.shipped import ROOT, alerts, known_series

BOARDS = boards()
ALL = panels()
DRAWN = [panel for panel in ALL if panel.kind not in {"text", "alertlist"}]
VARIED = ["umbrella-overview", "umbrella-tickets"]
UNITS = {"short", "none", "locale", "s", "dtdurations", "percentunit", "bytes"}
# dashboard-linter's exception, with its reason, stands in grafana/dashboards/.lint.
EVERY_TARGET = {"umbrella-overview: Alerts"}


def test_files_are_what_the_builder_writes() -> None:
    """Nobody edited a dashboard by hand, and none is missing or left over."""
    assert differing(DASHBOARDS, rendered()) == []
    assert main(["--check"]) == 0


def test_the_check_finds_a_difference(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed, a missing and a left-over file are each named."""
    directory = DASHBOARDS.__class__(str(tmp_path))
    (directory / "same.json").write_text("{}")
    (directory / "old.json").write_text("{}")
    (directory / "changed.json").write_text("{}")
    wanted = {directory / "same.json": "{}", directory / "changed.json": "[]", directory / "new.json": "{}"}
    assert differing(directory, wanted) == ["changed.json", "new.json", "old.json"]
    assert capsys.readouterr().out == ""


def test_uids_are_stable() -> None:
    """Addresses, links and notifications rely on these."""
    assert set(BOARDS) == {"umbrella-overview", "umbrella-tickets", "umbrella-runbook"}


@pytest.mark.parametrize("uid", BOARDS)
def test_dashboards_are_read_only_and_load_from_grafana_11_on(uid: str) -> None:
    """Classic schema 41, not editable, tagged for the drop-down of links."""
    board = BOARDS[uid]
    assert (board["schemaVersion"], board["editable"], board["tags"]) == (41, False, ["umbrella"])


@pytest.mark.parametrize("uid", BOARDS)
def test_panels_do_not_overlap(uid: str) -> None:
    """Every panel lies within the 24 columns, none over another; those of a closed row lie below it."""
    board = BOARDS[uid]
    groups = [board["panels"], *(row["panels"] for row in board["panels"] if row.get("panels"))]
    for group in groups:
        places = [panel["gridPos"] for panel in group]
        for place in places:
            assert place["x"] >= 0
            assert place["x"] + place["w"] <= 24
        for one, other in itertools.combinations(places, 2):
            beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert beside or below, (one, other)
    identifiers = [panel["id"] for group in groups for panel in group]
    assert len(set(identifiers)) == len(identifiers)


@pytest.mark.parametrize("panel", DRAWN, ids=str)
def test_panels_are_explained(panel: Panel) -> None:
    """Each panel has a title, a definition of its own, a known unit, something to ask, and the chosen data source."""
    source = panel.source
    assert source["title"]
    assert len(source["description"]) > 30
    assert source["description"].endswith(".")
    assert source["fieldConfig"]["defaults"]["unit"] in UNITS
    assert source["targets"]
    assert {target["datasource"]["uid"] for target in source["targets"]} == {"${datasource}"}
    assert source["datasource"]["uid"] == "${datasource}"
    assert len({target["refId"] for target in source["targets"]}) == len(source["targets"])


def test_no_two_panels_of_a_dashboard_share_a_title() -> None:
    """A title means one thing."""
    titles = [(panel.board, panel.title) for panel in DRAWN]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("panel", DRAWN, ids=str)
def test_expressions_name_series_that_exist(panel: Panel) -> None:
    """Each expression parses and selects only series that the exporter, the rules or the listed programs have."""
    for expr in panel.exprs:
        assert metrics(expr) <= known_series()


@pytest.mark.parametrize("panel", DRAWN, ids=str)
def test_expressions_follow_the_chosen_job_and_instance(panel: Panel) -> None:
    """Every selector has the matchers that dashboard-linter asks for, as regular expressions of the variables."""
    if str(panel) in EVERY_TARGET:
        return
    for expr in panel.exprs:
        for selector in selectors(expr):
            values = {matcher.name: (str(matcher.op), matcher.value) for matcher in selector.matchers.matchers}
            assert values["job"] == ("MatchOp.Re", "$job"), expr
            assert values["instance"] == ("MatchOp.Re", "$instance"), expr


@pytest.mark.parametrize("panel", DRAWN, ids=str)
def test_only_counters_have_rates(panel: Panel) -> None:
    """Rate and increase stand directly before a counter, and every counter has one of them; nothing else has."""
    for expr in panel.exprs:
        ranged = set(re.findall(r"(?:rate|increase)\((\w+)\{", expr))
        assert ranged == {name for name in metrics(expr) if name.endswith("_total")}


@pytest.mark.parametrize("uid", VARIED)
def test_variables_are_those_that_every_dashboard_has(uid: str) -> None:
    """The data source comes first; job and instance take several values and match anything non-empty as All."""
    variables = BOARDS[uid]["templating"]["list"]
    names = ["datasource", "job", "instance", "school", "department", "priority", "demo"]
    assert [variable["name"] for variable in variables] == names
    every = {variable["name"]: variable.get("allValue") for variable in variables}
    assert (every["job"], every["instance"], every["department"]) == (".+", ".+", ".*")
    assert all(variable["refresh"] == 2 for variable in variables if variable["type"] == "query")
    for expr in variable_exprs(BOARDS[uid]):
        assert metrics(expr) <= known_series()


@pytest.mark.parametrize("uid", VARIED)
def test_variables_that_are_used_exist(uid: str) -> None:
    """No expression, link or text names a variable that the dashboard lacks."""
    names = {variable["name"] for variable in BOARDS[uid]["templating"]["list"]}
    used = set(re.findall(r"\$\{?([a-z]\w*)", str([panel.source for panel in panels(uid)])))
    assert used <= names


@pytest.mark.parametrize("uid", VARIED)
def test_the_first_look_asks_at_most_25_questions(uid: str) -> None:
    """Rows below the fold are closed, so that opening the page stays cheap."""
    open_panels = [panel for panel in panels(uid) if not panel.closed]
    assert sum(len(panel.exprs) for panel in open_panels) <= 25


def test_links_resolve() -> None:
    """Every link to a dashboard, in panels and notifications, names one that exists and variables that it has."""
    texts = [str(panel.source) for panel in ALL] + [text for rule in alerts() for text in rule.annotations.values()]
    texts.append(next(rule for rule in known_rules() if "runbook" in rule).get("runbook", ""))
    links = [link for text in texts for link in re.findall(r"/d/([\w-]+)([^\s'\"]*)", text)]
    assert links
    for uid, rest in links:
        assert uid in BOARDS
        names = {variable["name"] for variable in BOARDS[uid]["templating"]["list"]}
        assert set(re.findall(r"var-(\w+)=", rest)) <= names


def known_rules() -> list[dict[str, str]]:
    """Return the labels of the recording rules that hold thresholds and addresses."""
    path = ROOT / "prometheus" / "rules" / "thresholds.yml"
    return [rule.get("labels", {}) for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def test_provisioning_names_the_data_source_that_dashboards_start_with() -> None:
    """The fixed uid of the data source is the one that the variable holds at first."""
    source = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "umbrella.yml").read_text())
    (only,) = source["datasources"]
    assert (only["uid"], only["editable"], source["prune"]) == ("umbrella-prometheus", False, True)
    config = yaml.safe_load((ROOT / "prometheus" / "prometheus.yml").read_text())
    assert only["jsonData"]["timeInterval"] == config["global"]["scrape_interval"]
    for uid in VARIED:
        assert BOARDS[uid]["templating"]["list"][0]["current"]["value"] == "umbrella-prometheus"


def test_each_figure_of_the_earlier_analysis_has_its_panels() -> None:
    """The documentation names, for each figure, panels that exist."""
    titles = {panel.title for panel in ALL}
    assert {title for _, named, _ in FIGURES for title in named} <= titles


def test_each_panel_is_in_the_documentation() -> None:
    """docs/dashboards.md lists every panel with its definition."""
    page = (ROOT / "docs" / "dashboards.md").read_text()
    for panel in ALL:
        if panel.title and panel.board in VARIED:
            assert f"| {panel.title} | {panel.source['description']} |" in page
