"""The shipped dashboards as data."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

GRAFANA = Path(__file__).parents[2] / "grafana"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel of a dashboard, whether its row is open or not."""

    board: str
    title: str
    kind: str
    closed: bool
    source: Json

    @property
    def exprs(self) -> list[str]:
        """The expressions that it asks."""
        return [target["expr"] for target in self.source.get("targets", [])]

    def __str__(self) -> str:
        return f"{self.board}: {self.title or self.kind}"


def boards() -> dict[str, Json]:
    """Return all dashboards by uid."""
    found = [json.loads(path.read_text()) for path in sorted((GRAFANA / "dashboards").glob("*.json"))]
    return {board["uid"]: board for board in found}


def panels(*uids: str) -> list[Panel]:
    """Return all panels but rows, of these dashboards or of all."""
    return [
        Panel(uid, panel["title"], panel["type"], closed, panel)
        for uid, board in boards().items()
        for panel, closed in _flat(board)
        if panel["type"] != "row" and (not uids or uid in uids)
    ]


def _flat(board: Json) -> list[tuple[Json, bool]]:
    return [
        found
        for panel in board["panels"]
        for found in [(panel, False), *((inner, True) for inner in panel.get("panels", []))]
    ]


def variable_exprs(board: Json) -> list[str]:
    """Return the PromQL inside the variables' queries."""
    exprs = []
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            text = variable["query"]["query"]
            inner = re.fullmatch(r"label_values\((.*), \w+\)", text) or re.fullmatch(r"query_result\((.*)\)", text)
            if inner is None:
                raise ValueError(f"{variable['name']}: {text} is no query of a kind that is known here")
            exprs.append(inner.group(1))
    return exprs
