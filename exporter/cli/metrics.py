"""``umbrella metrics``: the catalogue, for people and programs."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from exporter.catalogue import MetricSpec

_TITLES: Final = {"umbrella_": "Umbrella itself", "osticket_": "Tickets", "slurm_": "Slurm"}
_INTRODUCTION: Final = """\
# Metrics

Written by `umbrella metrics --format markdown`; change the catalogue (`exporter/catalogue/`), not this file.

Base units; `_total` marks counters that never fall while a process runs. Distributions over tickets are gauge
histograms: a reopened or deleted ticket leaves them, so nobody takes a rate of them. In Prometheus' text format they
are `NAME_bucket{le}`, `NAME_gcount` and `NAME_gsum`.
"""


@click.command(short_help="List every metric.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "json"]),
    default="text",
    show_default=True,
    help="text: one metric per line, fields separated by tabs, - for an empty one.",
)
def metrics(form: str) -> None:
    """List every metric: name, type, labels, unit, help."""
    from exporter.catalogue import ALL  # noqa: PLC0415  numpy and prometheus_client, not needed for --help

    writers = {"text": _text, "markdown": _markdown, "json": _json}
    for line in writers[form](ALL):
        click.echo(line)


def _text(specs: "Sequence[MetricSpec]") -> Iterator[str]:
    for spec in specs:
        yield "\t".join((spec.name, spec.kind, ",".join(spec.labels) or "-", spec.unit or "-", spec.help))


def _json(specs: "Sequence[MetricSpec]") -> Iterator[str]:
    entries = [
        {
            "name": spec.name,
            "type": spec.kind,
            "labels": list(spec.labels),
            "unit": spec.unit,
            "help": spec.help,
            "bounds": list(spec.bounds),
        }
        for spec in specs
    ]
    yield json.dumps(entries, indent=2, ensure_ascii=False)


def _markdown(specs: "Sequence[MetricSpec]") -> Iterator[str]:
    yield _INTRODUCTION.rstrip("\n")
    title = ""
    for spec in specs:
        found = next((text for prefix, text in _TITLES.items() if spec.name.startswith(prefix)), "Others")
        if found != title:
            title = found
            yield from ("", f"## {title}", "", "| metric | type | labels | unit | meaning |", "|---|---|---|---|---|")
        labels = ", ".join(f"`{label}`" for label in spec.labels)
        meaning = spec.help.replace("|", "\\|")
        if spec.bounds:
            meaning += f" Bounds in days: {', '.join(f'{bound / 86400:.4g}' for bound in spec.bounds)}."
        yield f"| `{spec.name}` | {spec.kind} | {labels} | {spec.unit} | {meaning} |"
