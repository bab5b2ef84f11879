"""What a configuration means: file, environment, secrets, defaults."""

import re
from datetime import date
from pathlib import Path

import pytest
import trustme

from exporter.config import Config, load
from tests.config.files import read

ROOT = Path(__file__).parents[2]


def test_without_anything_nothing_is_on() -> None:
    """No file and no variable: every default holds and no collector is on."""
    config = load(None, {})
    assert config == Config()
    assert config.collectors == ()
    assert (config.users.label, config.agents.label, config.slurm.source, config.gpu.source) == (
        "hash", "off", "off", "auto",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "# nothing\n", "osticket:\nslurm: null\nweb:\n  tls:\n", "\ufeff"])
def test_empty_files_and_sections_are_defaults(tmp_path: Path, text: str) -> None:
    """A section without keys is as one that is missing."""
    assert read(tmp_path, text) == Config()


def test_the_whole_file_of_the_documentation_loads(tmp_path: Path) -> None:
    """The example in docs/configuration.md is a configuration without mistakes that turns every collector on."""
    text = (ROOT / "docs" / "configuration.md").read_text()
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    (tmp_path / "osticket-password").write_text("secret\n")
    config = read(tmp_path, example[1])
    assert set(config.collectors) == {"slurm", "tickets"}
    assert config.osticket.current_password() == "secret"


def test_durations_are_seconds(tmp_path: Path) -> None:
    """Units, plain numbers and fractions mean seconds."""
    config = read(
        tmp_path,
        "osticket: {refresh: 90, reconcile: 2h, statement_timeout: 1.5m}\n"
        "slurm: {refresh: '30', accounts_refresh: 1d, timeout: 10s}\n",
    )
    assert (config.osticket.refresh, config.osticket.reconcile, config.osticket.statement_timeout) == (90, 7200, 90)
    assert (config.slurm.refresh, config.slurm.accounts_refresh, config.slurm.timeout) == (30, 86400, 10)


@pytest.mark.parametrize("spelling", ["off", "'off'", "false", "Off", "False"])
def test_off_may_be_false(tmp_path: Path, spelling: str) -> None:
    """Off and false, with or without quotes, mean off everywhere."""
    config = read(
        tmp_path,
        f"users: {{label: {spelling}}}\nagents: {{label: {spelling}}}\nslurm: {{source: {spelling}}}\n"
        f"gpu: {{source: {spelling}}}\n",
    )
    assert {config.users.label, config.agents.label, config.slurm.source, config.gpu.source} == {"off"}


def test_yaml_words_stay_words(tmp_path: Path) -> None:
    """A school NO is no boolean, a department 1:30 no number of minutes, a date is a date."""
    config = read(tmp_path, "schools: {NO: [on, 1:30, '010', yes]}\nosticket: {since: 2024-01-31}\n")
    assert config.schools == {"NO": ["on", "1:30", "010", "yes"]}
    assert config.osticket.since == date(2024, 1, 31)


def test_null_turns_off(tmp_path: Path) -> None:
    """url: null turns tickets off, model: null topics."""
    config = read(tmp_path, "osticket: {url: null}\ntopics: {model: null}\n")
    assert config.osticket.url is None
    assert config.topics.model is None


@pytest.mark.parametrize(
    ("written", "collectors"),
    [
        ("osticket: {url: 'demo:'}", ("tickets",)),
        ("slurm: {source: demo}", ("slurm",)),
        ("gpu: {source: demo}", ()),
        ("osticket: {url: 'sqlite:///d'}\nslurm: {source: cli}", ("tickets", "slurm")),
    ],
)
def test_which_collectors_are_on(tmp_path: Path, written: str, collectors: tuple[str, ...]) -> None:
    """Tickets are on with an address, Slurm unless its source is off; the GPU collector is no part of this version."""
    assert read(tmp_path, written).collectors == collectors


def test_the_environment_wins(tmp_path: Path) -> None:
    """Variables are laid over the file, key by key."""
    config = read(
        tmp_path,
        "osticket: {url: 'mysql://u@h/d', table_prefix: a_, exclude: {senders: ['a@*'], topics: [5]}}\n"
        "schools: {CEC: [cs]}\n",
        {
            "UMBRELLA_OSTICKET__TABLE_PREFIX": "b_",
            "UMBRELLA_OSTICKET__EXCLUDE__SENDERS": "['b@*', 'c@*']",
            "UMBRELLA_SCHOOLS__Law School": "[law]",
            "UMBRELLA_USERS__TOP": "7",
            "UMBRELLA_OSTICKET__TIMEZONE": "",
            "UMBRELLA_SLURM__COMMAND_PREFIX": "[ssh, login1]",
            "UMBRELLA_SLURM__COMMAND_PREFIX_SHELL": "true",
            "UMBRELLA_CONFIG": "other.yml",
            "HOME": "/root",
        },
    )
    assert config.osticket.table_prefix == "b_"
    assert config.osticket.exclude.senders == ("b@*", "c@*")
    assert config.osticket.exclude.topics == ("5",)
    assert config.schools == {"CEC": ["cs"], "Law School": ["law"]}
    assert config.users.top == 7
    assert config.osticket.timezone is None
    assert config.slurm.command_prefix == ("ssh", "login1")
    assert config.slurm.command_prefix_shell


def test_null_in_a_variable_turns_off(tmp_path: Path) -> None:
    """A variable can take back what a file sets."""
    variables = {"UMBRELLA_OSTICKET__URL": "null", "UMBRELLA_WEB__TLS": "null", "UMBRELLA_TOPICS__MODEL": "NULL"}
    config = read(tmp_path, "osticket: {url: 'demo://'}\nweb: {tls: {cert_file: a, key_file: b}}\n", variables)
    assert (config.osticket.url, config.web.tls, config.topics.model) == (None, None, None)


def test_a_section_in_a_variable_gives_way_to_its_keys() -> None:
    """A whole section may be one variable; a key's own variable wins over it."""
    config = load(None, {"UMBRELLA_USERS": "{top: 5, label: id}", "UMBRELLA_USERS__TOP": "6"})
    assert (config.users.top, config.users.label) == (6, "id")


def test_variables_of_kubernetes_are_not_ours() -> None:
    """A service called umbrella makes variables in every pod; they are passed over."""
    address = "tcp://10.0.0.1:10042"
    names = ["UMBRELLA_PORT", "UMBRELLA_SERVICE_HOST", "UMBRELLA_SERVICE_PORT_METRICS", "UMBRELLA_PORT_10042_TCP_ADDR"]
    assert load(None, dict.fromkeys(names, address)) == Config()


def test_paths_start_at_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative paths in a file start at its folder, those in variables at the working directory."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "pw").write_text("one\n")
    (tmp_path / "pw").write_text("two\n")
    monkeypatch.chdir(tmp_path)
    path = Path("etc") / "umbrella.yml"
    path.write_text("osticket: {url: 'mysql://u@h/d', password_file: pw}\nstate: {directory: state}\n")
    assert load(path, {}).osticket.current_password() == "one"
    assert load(path, {}).state.directory == tmp_path / "etc" / "state"
    assert load(path, {"UMBRELLA_OSTICKET__PASSWORD_FILE": "pw"}).osticket.current_password() == "two"


@pytest.mark.parametrize(
    ("listen", "host", "port"),
    [
        ("127.0.0.1:10042", "127.0.0.1", 10042),
        ("[::1]:0", "::1", 0),
        ("metrics.example.edu:80", "metrics.example.edu", 80),
    ],
)
def test_listen_has_host_and_port(listen: str, host: str, port: int) -> None:
    """The address is split for the server."""
    web = load(None, {"UMBRELLA_WEB__LISTEN": listen}).web
    assert (web.host, web.port) == (host, port)


def test_certificates_are_tried(tmp_path: Path) -> None:
    """A certificate with its key and its authorities is accepted; authorities without a certificate are not."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    text = "web: {tls: {cert_file: both.pem, key_file: both.pem, client_ca_file: ca.pem}}\n"
    tls = read(tmp_path, text).web.tls
    assert tls is not None
    assert tls.client_ca_file == tmp_path / "ca.pem"
    (tmp_path / "ca.pem").write_text("")
    with pytest.raises(Exception, match="client_ca_file holds no PEM certificate"):
        read(tmp_path, text)


def test_domains_are_in_lower_case_and_once(tmp_path: Path) -> None:
    """Domains compare in lower case."""
    config = read(tmp_path, "osticket: {site_domains: [Example.EDU, example.edu., b.edu]}\n")
    assert config.osticket.site_domains == ("example.edu", "b.edu")


def test_a_configuration_cannot_be_changed() -> None:
    """A reload makes a new one."""
    with pytest.raises(ValueError, match="frozen"):
        Config().users.top = 5


def test_direct_construction_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only load looks at variables, at those that it is given."""
    monkeypatch.setenv("UMBRELLA_USERS__TOP", "7")
    monkeypatch.setenv("UMBRELLA_USERS", '{"top": 7}')
    assert Config().users.top == 20


@pytest.mark.parametrize("section", ["osticket", "web"])
def test_direct_construction_refuses_what_is_no_section(section: str) -> None:
    """A section is a mapping."""
    with pytest.raises(ValueError, match="valid dictionary"):
        Config.model_validate({section: ["text"]})
