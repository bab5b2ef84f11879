"""``umbrella demo-data``: a synthetic osTicket database, to try everything without a help desk."""

import time

import click

_DEFAULT_TICKETS = 6000


@click.command("demo-data", short_help="Write a synthetic osTicket database.")
@click.option(
    "--url",
    required=True,
    metavar="SQLALCHEMY_URL",
    envvar="UMBRELLA_DEMO_DATA_URL",
    show_envvar=True,
    help="Where to write: sqlite:///FILE or mysql+pymysql://USER:PASSWORD@HOST/DATABASE; keep passwords off the "
    "command line with the variable.",
)
@click.option(
    "--tickets", type=click.IntRange(1), default=_DEFAULT_TICKETS, show_default=True, help="How many tickets."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same history.")
def demo_data(url: str, tickets: int, seed: int) -> None:
    """Write a synthetic osTicket database that ends at the present moment (UTC, table prefix ost_)."""
    from exporter.config.database import DEMO_URL, database_url  # noqa: PLC0415  SQLAlchemy, not needed for --help
    from exporter.demo import write_demo_database  # noqa: PLC0415  the generator, as above

    expected = "sqlite:///FILE or mysql+pymysql://USER:PASSWORD@HOST/DATABASE"
    try:
        fits = database_url(url) != DEMO_URL
    except ValueError as error:
        fits, expected = False, str(error)
    if not fits:
        raise click.BadParameter(f"expected {expected}", param_hint="--url")
    write_demo_database(url, tickets, seed, time.time())
