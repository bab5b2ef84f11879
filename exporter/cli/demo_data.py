"""``umbrella demo-data``: a synthetic osTicket database, to try everything without a help desk."""

from datetime import UTC, datetime

import click


@click.command("demo-data", short_help="Write a synthetic osTicket database.")
@click.option(
    "--url",
    required=True,
    metavar="SQLALCHEMY_URL",
    envvar="UMBRELLA_DEMO_DATA_URL",
    show_envvar=True,
    help="Where to write: sqlite:///FILE or mysql+pymysql://USER:PASSWORD@HOST/DATABASE; the variable keeps a password "
    "off the command line.",
)
@click.option("--tickets", type=click.IntRange(0), help="Rows of the ticket table; the published scale unless given.")
@click.option(
    "--seed", type=click.IntRange(0), default=1, show_default=True, help="The same seed makes the same history."
)
def demo_data(url: str, tickets: int | None, seed: int) -> None:
    """Write a synthetic osTicket database that ends at the present moment (UTC, table prefix ost_)."""
    from exporter.config.database import DEMO_URL, database_url, redacted  # noqa: PLC0415  not needed for --help
    from exporter.demo.generator import write_demo_database  # noqa: PLC0415  as above

    try:
        address = database_url(url)
    except ValueError:
        address = DEMO_URL
    if address == DEMO_URL:
        expected = "sqlite:///FILE or mysql+pymysql://USER:PASSWORD@HOST/DATABASE"
        raise click.BadParameter(f"{redacted(url)!r}; expected {expected}", param_hint="--url")
    written = write_demo_database(address, tickets=tickets, seed=seed, now=datetime.now(UTC))
    span = (
        f", created from {written.first:%Y-%m-%d} to {written.last:%Y-%m-%d}" if written.first and written.last else ""
    )
    click.echo(f"{written.tickets} tickets of {written.requesters} requesters{span}: {redacted(address)}")
