import pytest

from tests.oracle.headers import is_automatic
from tests.oracle.hostile_mail import AUTOMATIC, ORDINARY


@pytest.mark.parametrize("headers", AUTOMATIC)
def test_the_oracle_knows_automatic_mail(headers: str) -> None:
    """Every form that osTicket's own rule takes for an automatic reply or a bounce is one to the oracle."""
    assert is_automatic(headers)


@pytest.mark.parametrize("headers", ORDINARY)
def test_the_oracle_lets_ordinary_mail_pass(headers: str) -> None:
    """What osTicket's own rule does not match, near misses included, is ordinary mail to the oracle."""
    assert not is_automatic(headers)
