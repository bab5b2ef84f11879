import pytest

from exporter.web.negotiation import accepts_gzip, choose_format

PROMETHEUS_2_42 = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;"
    "q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text"),
        ("*/*", "text"),
        (BROWSER, "text"),
        ("text/plain", "text"),
        ("text/plain;version=0.0.4", "text"),
        (PROMETHEUS_2_42, "openmetrics"),
        (PROMETHEUS_3, "openmetrics"),
        ("application/openmetrics-text", "openmetrics"),
        ('application/OpenMetrics-text; Version="1.0.0"', "openmetrics"),
        ("application/openmetrics-text;version=2.0.0", "text"),
        ("application/openmetrics-text;version=0.0.1", "text"),
        ("application/openmetrics-text;q=0", "text"),
        ("application/openmetrics-text;q=0.4,text/plain;q=0.5", "text"),
        ("application/openmetrics-text;q=0.5,text/plain;q=0.5", "openmetrics"),
        ("application/openmetrics-text;q=much", "text"),
        ("application/openmetrics-text;q=7", "text"),
        ("application/json", "text"),
        (",;,=;q=", "text"),
    ],
)
def test_format_follows_accept(accept: str, expected: str) -> None:
    """OpenMetrics goes to clients that name version 1.0.0 and want it no less than text; everybody else gets text."""
    assert choose_format(accept) == expected


@pytest.mark.parametrize(
    ("accept_encoding", "expected"),
    [
        ("", False),
        ("gzip", True),
        ("GZIP", True),
        ("x-gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("deflate, gzip;q=1.0, *;q=0.5", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip;q=0.5, identity", False),
        ("gzip;q=0.5, identity;q=0.5", True),
        ("identity;q=0, gzip;q=0.1", True),
        ("br", False),
        ("gzip;q=x", False),
    ],
)
def test_gzip_follows_accept_encoding(accept_encoding: str, expected: bool) -> None:  # noqa: FBT001  a table
    """A client gets gzip if it takes it, and no less gladly than no encoding at all."""
    assert accepts_gzip(accept_encoding) is expected
