"""Grafana's transformations, as far as the dashboards need them."""

from collections.abc import Mapping, Sequence

from grafana.build.query import Json


def merged() -> Json:
    """Put the results of several table targets side by side, matched by the labels that they share."""
    return {"id": "merge", "options": {}}


def columns(names: Mapping[str, str], *, hide: Sequence[str] = ()) -> Json:
    """Rename fields and order them as given; hide the time and the fields named."""
    return {
        "id": "organize",
        "options": {
            "renameByName": dict(names),
            "indexByName": {name: place for place, name in enumerate(names)},
            "excludeByName": dict.fromkeys(["Time", *hide], True),
            "includeByName": {},
        },
    }


def ratio(left: str, right: str, alias: str) -> Json:
    """Add a field: one field divided by another."""
    binary = {"left": left, "operator": "/", "right": right}
    return {
        "id": "calculateField",
        "options": {"mode": "binary", "binary": binary, "alias": alias, "replaceFields": False},
    }


def sorted_by(field: str) -> Json:
    """Sort the rows by one field, ascending."""
    return {"id": "sortBy", "options": {"fields": {}, "sort": [{"field": field, "desc": False}]}}


def matrix(rows: str, columns: str, value: str = "Value") -> Json:
    """Turn (row, column, value) into a table with one column per value of ``columns``."""
    options = {"rowField": rows, "columnField": columns, "valueField": value, "emptyValue": "null"}
    return {"id": "groupingToMatrix", "options": options}


def numbers(*fields: str) -> Json:
    """Read text fields as numbers."""
    conversions = [{"targetField": field, "destinationType": "number"} for field in fields]
    return {"id": "convertFieldType", "options": {"fields": {}, "conversions": conversions}}


def moving_mean(field: str, alias: str, rows: int) -> Json:
    """Add a field: the mean of a field over as many rows, centred."""
    window = {
        "field": field, "reducer": "mean", "windowAlignment": "centered", "windowSize": rows, "windowSizeMode": "fixed",
    }  # fmt: skip
    return {
        "id": "calculateField",
        "options": {"mode": "windowFunctions", "window": window, "alias": alias, "replaceFields": False},
    }


def instants(field: str, text_format: str) -> Json:
    """Read a text field as moments in milliseconds since the epoch, a number."""
    conversions = [
        {"targetField": field, "destinationType": "time", "dateFormat": text_format},
        {"targetField": field, "destinationType": "number"},
    ]
    return {"id": "convertFieldType", "options": {"fields": {}, "conversions": conversions}}
