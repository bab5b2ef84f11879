"""Secrets of the configuration: where they may stand, and that they never show."""

from pathlib import Path

import pytest

from exporter.config import Config, load, secrets_of
from exporter.errors import DatabaseError
from tests.config.files import read

HASH = "$2y$10$" + "a" * 53


def test_the_password_file_is_read_anew(tmp_path: Path) -> None:
    """A corrected password needs no restart; the line end is no part of it."""
    (tmp_path / "pw").write_text("first\n")
    config = read(tmp_path, "osticket: {url: 'mysql://u@h/d', password_file: pw}\n")
    assert config.osticket.connection_url().password == "first"
    (tmp_path / "pw").write_text("second with blank \r\n")
    assert config.osticket.connection_url().password == "second with blank "
    (tmp_path / "pw").unlink()
    with pytest.raises(DatabaseError, match=r"osticket\.password_file: .*pw: cannot be read: No such file"):
        config.osticket.current_password()


def test_a_password_file_that_is_no_text_is_said(tmp_path: Path) -> None:
    """Bytes that are no text are an error of the connection, not a crash."""
    (tmp_path / "pw").write_bytes(b"\xff\xfe")
    config = read(tmp_path, "osticket: {url: 'mysql://u@h/d', password_file: pw}\n")
    with pytest.raises(DatabaseError, match="is not UTF-8 text"):
        config.osticket.current_password()


def test_the_password_leaves_the_address(tmp_path: Path) -> None:
    """A password in the address moves out of it and joins only to connect; odd characters survive."""
    config = read(tmp_path, "osticket: {url: 'mysql://u:p%40ss%2F@h:3307/d?charset=utf8mb4'}\n")
    assert config.osticket.url == "mysql+pymysql://u@h:3307/d?charset=utf8mb4"
    assert config.osticket.current_password() == "p@ss/"
    url = config.osticket.connection_url()
    assert (url.password, url.host, url.port, url.database) == ("p@ss/", "h", 3307, "d")


def test_without_a_password_none_is_sent(tmp_path: Path) -> None:
    """A socket login needs no password."""
    config = read(tmp_path, "osticket: {url: 'mariadb://u@/d?unix_socket=/run/m.sock'}\n")
    assert config.osticket.current_password() is None
    assert config.osticket.connection_url().password is None


def test_connecting_without_an_address_is_an_error() -> None:
    """Tickets that are off cannot be connected to."""
    with pytest.raises(DatabaseError, match=r"osticket\.url is null"):
        Config().osticket.connection_url()


def test_variables_replace_secrets_of_the_file(tmp_path: Path) -> None:
    """A secret in a variable wins over the file's, whichever way each is given."""
    (tmp_path / "pw").write_text("filed")
    text = "osticket: {url: 'mysql://u@h/d', password_file: pw}\n"
    assert read(tmp_path, text, {"UMBRELLA_OSTICKET__PASSWORD": "set"}).osticket.current_password() == "set"
    assert read(tmp_path, text, {"UMBRELLA_OSTICKET__URL": "mysql://u:in@h/d"}).osticket.current_password() == "in"
    inline = "osticket: {url: 'mysql://u:in@h/d'}\n"
    variable = {"UMBRELLA_OSTICKET__PASSWORD_FILE": str(tmp_path / "pw")}
    assert read(tmp_path, "osticket: {url: 'mysql://u@h/d', password: a}\n", variable).osticket.password is None
    assert read(tmp_path, inline, {"UMBRELLA_OSTICKET__URL": "demo://"}).osticket.demo


def test_every_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    """Address, token and password hashes have files, too."""
    (tmp_path / "url").write_text("mysql://u:from-file@h/d\n")
    (tmp_path / "jwt").write_text("token\n")
    (tmp_path / "users").write_text(f"# made with htpasswd\nalice:{HASH}\n\nbob: {HASH}\n")
    config = load(
        None,
        {
            "UMBRELLA_OSTICKET__URL_FILE": str(tmp_path / "url"),
            "UMBRELLA_SLURM__JWT_FILE": str(tmp_path / "jwt"),
            "UMBRELLA_WEB__BASIC_AUTH_USERS_FILE": str(tmp_path / "users"),
        },
    )
    assert config.osticket.current_password() == "from-file"
    assert config.osticket.url == "mysql+pymysql://u@h/d"
    assert {name: value.get_secret_value() for name, value in config.web.basic_auth_users.items()} == {
        "alice": HASH,
        "bob": HASH,
    }
    assert set(secrets_of(config)) == {"from-file", "token", HASH}


def test_secrets_never_show(tmp_path: Path) -> None:
    """Neither the configuration nor the address to connect with shows a secret when printed."""
    (tmp_path / "pw").write_text("secret-one\n")
    config = read(
        tmp_path,
        "osticket: {url: 'mysql://u@h/d', password_file: pw}\nslurm: {jwt: secret-two}\n"
        f"web: {{basic_auth_users: {{alice: '{HASH}'}}}}\n",
    )
    printed = f"{config!r} {config} {config.osticket.connection_url()!r} {config.osticket.connection_url()}"
    assert "secret-" not in printed
    assert HASH not in printed
    assert set(secrets_of(config)) == {"secret-one", "secret-two", HASH}


def test_a_vanished_secret_file_is_no_secret(tmp_path: Path) -> None:
    """Telling the log about secrets never fails."""
    (tmp_path / "pw").write_text("x")
    config = read(tmp_path, "osticket: {url: 'mysql://u@h/d', password_file: pw}\n")
    (tmp_path / "pw").unlink()
    assert list(secrets_of(config)) == []


@pytest.mark.parametrize(
    "section",
    [
        {"osticket": {"url": "mysql://u:p@h/d", "password": "x"}},
        {"osticket": {"url": "mysql://u@h/d", "password": "x", "password_file": __file__}},
        {"osticket": {"url": "mysql://u@h/d", "url_file": __file__}},
        {"slurm": {"jwt": "x", "jwt_file": __file__}},
        {"web": {"basic_auth_users": {"a": HASH}, "basic_auth_users_file": __file__}},
    ],
)
def test_direct_construction_refuses_two_of_one_secret(section: dict[str, dict[str, str]]) -> None:
    """The models hold by themselves what the loader reports with its place."""
    with pytest.raises(ValueError, match=r"both set; keep one|password stands in url and in password"):
        Config.model_validate(section)


def test_unreadable_secret_files_are_a_mistake_of_their_own() -> None:
    """Direct construction names the file's key."""
    with pytest.raises(ValueError, match="basic_auth_users_file"):
        Config.model_validate({"web": {"basic_auth_users_file": "/nowhere"}})
