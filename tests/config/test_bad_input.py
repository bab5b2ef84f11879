"""Every mistake in file and environment is one line: where, which key, the value, what is expected; all at once."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from exporter.config import load
from exporter.config.database import redacted
from exporter.errors import ConfigError

SECRET = "the-secret-itself"
QUOTE = "quote values that hold : # * & ! or @"
ADDRESS = "a database address such as mysql+pymysql://umbrella@db.example.edu/osticket, sqlite:///FILE, demo:// or null"
BCRYPT = "expected a bcrypt hash such as $2y$10$…; `htpasswd -nB NAME` makes one"
READABLE = "a file that can be read (No such file or directory)"
DURATION = "a duration from 1s to 366d, such as 60s, 10m, 2h or 1d"


def mistakes(folder: Path, text: str | bytes | None = None, environ: Mapping[str, str] | None = None) -> list[str]:
    """Load a configuration with mistakes and return them; the file's folder is cut off."""
    path = folder / "umbrella.yml"
    if text is not None:
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as caught:
        load(None if text is None else path, environ or {})
    lines = str(caught.value).replace(f"{folder}/", "").splitlines()
    assert not any(SECRET in line for line in lines)
    return lines


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("osticket: {refresh: 5x}", "osticket.refresh is '5x'; expected a duration from 1s to 366d, such as"),
        ("osticket: {refresh: 0}", "osticket.refresh is 0; expected a duration"),
        ("osticket: {refresh: -5}", "osticket.refresh is -5; expected a duration"),
        ("osticket: {refresh: 0.5s}", "osticket.refresh is '0.5s'; expected a duration"),
        ("osticket: {refresh: .inf}", "osticket.refresh is inf; expected a duration"),
        ("osticket: {refresh: .nan}", "osticket.refresh is nan; expected a duration"),
        ("osticket: {refresh: 9999d}", "osticket.refresh is '9999d'; expected a duration"),
        ("osticket: {refresh: true}", "osticket.refresh is True; expected a duration"),
        ("osticket: {refresh: null}", "osticket.refresh is null; expected a duration"),
        ("osticket: {refresh: [60s]}", "osticket.refresh is ['60s']; expected a duration"),
        ("osticket: {table_prefix: ost}", "osticket.table_prefix is 'ost'; expected letters, digits"),
        ("osticket: {table_prefix: 'ost; drop_'}", "osticket.table_prefix is 'ost; drop_'; expected letters"),
        ("osticket: {table_prefix: 5}", "osticket.table_prefix is 5; expected text; put it into quotes"),
        ("osticket: {timezone: Mars/Base}", "osticket.timezone is 'Mars/Base'; expected the name of a time zone"),
        ("osticket: {timezone: ../etc/passwd}", "osticket.timezone is '../etc/passwd'; expected the name"),
        ("osticket: {timezone: Europe}", "osticket.timezone is 'Europe'; expected the name of a time zone"),
        ("osticket: {since: yesterday}", "osticket.since is 'yesterday'; expected a date such as 2024-01-31"),
        ("osticket: {since: 2024-02-30}", "osticket.since is '2024-02-30'; expected a date"),
        ("osticket: {since: [1]}", "osticket.since is [1]; expected a date"),
        ("osticket: {site_domains: example.edu}", "osticket.site_domains is 'example.edu'; expected a list such as"),
        ("osticket: {site_domains: ['@example.edu']}", "osticket.site_domains.0 is '@example.edu'; expected a mail"),
        ("osticket: {exclude: {senders: ['[ab']}}", "osticket.exclude.senders.0 is '[ab'; expected a pattern"),
        ("osticket: {exclude: {senders: ['']}}", "osticket.exclude.senders.0 is ''; expected a pattern"),
        ("osticket: {exclude: {subjects: ['(a']}}", "osticket.exclude.subjects.0 is '(a'; expected a regular"),
        ("osticket: {exclude: {subjects: ['']}}", "osticket.exclude.subjects.0 is ''; expected a regular expression"),
        ("osticket: {exclude: {topics: [1.5]}}", "osticket.exclude.topics.0 is 1.5; expected text"),
        ("osticket: {exclude: {topics: [true]}}", "osticket.exclude.topics.0 is True; expected text"),
        ("osticket: {exclude: {auto_replies: maybe}}", "osticket.exclude.auto_replies is 'maybe'; expected true"),
        ("osticket: {exclude: {auto_replies: 7}}", "osticket.exclude.auto_replies is 7; expected true or false"),
        ("osticket: {url: nonsense}", "osticket.url is 'nonsense'; expected a database address such as"),
        ("osticket: {url: 'postgresql://u@h/d'}", "osticket.url is 'postgresql://u@h/d'; expected a database address"),
        ("osticket: {url: 'mysql://u@h'}", "osticket.url is 'mysql://u@h'; expected a database address that ends in"),
        ("osticket: {url: 'mysql://u@h:port/d'}", "osticket.url is 'mysql://u@h:***/d'; expected a database address"),
        ("osticket: {url: 5}", "osticket.url is '5'; expected text"),
        ("users: {label: full}", "users.label is 'full'; expected hash, id, name or off"),
        ("users: {label: true}", "users.label is True; expected hash, id, name or off"),
        ("users: {top: 0}", "users.top is 0; expected a number from 1 up"),
        ("users: {top: 1001}", "users.top is 1001; expected a number up to 1000"),
        ("users: {top: 1.5}", "users.top is 1.5; expected a whole number"),
        ("users: {top: many}", "users.top is 'many'; expected a whole number"),
        ("users: {top: true}", "users.top is True; expected a number, not true or false"),
        ("users: {top: [1]}", "users.top is [1]; expected a whole number"),
        ("agents: {label: id}", "agents.label is 'id'; expected off or name"),
        ("schools: {CEC: cs}", "schools.CEC is 'cs'; expected a list such as [first, second]"),
        ("schools: {CEC: [12]}", "schools.CEC.0 is 12; expected text; put it into quotes"),
        ("schools: {CEC: ['']}", "schools.CEC.0 is ''; expected text that is not empty"),
        ("schools: [CEC]", "schools is ['CEC']; expected a mapping (name: value)"),
        ("schools: {CEC: [cs], COS: [CS]}", "schools: the department CS is in CEC and in COS; expected it in"),
        ("slurm: {source: ssh}", "slurm.source is 'ssh'; expected cli, rest, demo or off"),
        ("slurm: {source: rest}", "slurm.source is 'rest'; expected cli, demo or off; slurmrestd is read by a later"),
        ("slurm: {command_prefix: ssh}", "slurm.command_prefix is 'ssh'; expected a list such as"),
        ("slurm: {command_prefix: ['']}", "slurm.command_prefix.0 is ''; expected text that is not empty"),
        ("slurm: {command_prefix_shell: true}", "slurm.command_prefix_shell is True; expected false while"),
        ("slurm: {rest_url: ftp://h}", "slurm.rest_url is 'ftp://h'; expected http://HOST:PORT"),
        ("slurm: {timeout: 0}", "slurm.timeout is 0; expected a duration"),
        ("gpu: {source: amd}", "gpu.source is 'amd'; expected auto, nvml, demo or off"),
        ("gpu: {price_per_hour: {L4: -1}}", "gpu.price_per_hour.L4 is -1; expected a number from 0 up"),
        ("gpu: {price_per_hour: {L4: .nan}}", "gpu.price_per_hour.L4 is nan; expected a number"),
        ("gpu: {price_per_hour: {L4: cheap}}", "gpu.price_per_hour.L4 is 'cheap'; expected a number"),
        ("gpu: {price_per_hour: {L4: [1]}}", "gpu.price_per_hour.L4 is [1]; expected a number"),
        ("topics: {distance_threshold: 0}", "topics.distance_threshold is 0; expected a number above 0"),
        ("topics: {categories: missing.yml}", "topics.categories is 'missing.yml'; expected a file that can be"),
        ("state: {directory: 5}", "state.directory is 5; expected a path"),
        ("state: /var", "state is text; expected a mapping (name: value)"),
        ("state: 5", "state is a number; expected a mapping (name: value)"),
        ("state: 5.5", "state is a value of another kind; expected a mapping (name: value)"),
        ("web: {listen: localhost}", "web.listen is 'localhost'; expected an address host:port"),
        ("web: {listen: 'h:99999'}", "web.listen is 'h:99999'; expected an address host:port"),
        ("web: {listen: '::1:80'}", "web.listen is '::1:80'; expected an address host:port"),
        ("web: {basic_auth_users: {'': x}}", "web.basic_auth_users"),
        ("web: {basic_auth_users: [a]}", "web.basic_auth_users has a value that is not shown; expected a mapping"),
        ("web: {tls: {}}", "web.tls.cert_file is missing; expected it beside the other keys of web.tls"),
        ("osticket: {tabel_prefix: a_}", "osticket.tabel_prefix is no key of osticket; did you mean table_prefix?"),
        ("osticket: {exclude: {zzz: 1}}", "osticket.exclude.zzz is no key of osticket.exclude; expected one of"),
        ("extra: {}", "extra is no key; expected one of osticket, users, agents, schools, slurm, gpu"),
        ("5: {}", "5 is no key; expected one of"),
    ],
)  # fmt: skip
def test_a_mistake_names_line_key_value_and_what_is_expected(tmp_path: Path, text: str, mistake: str) -> None:
    """Each wrong value in the third line of a file is named with that line."""
    lines = mistakes(tmp_path, f"# a comment\n\n{text}\n")
    assert lines[0].startswith(f"umbrella.yml, line 3: {mistake}"), lines


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (f"osticket: {{password: [{SECRET}]}}", "osticket.password has a value that is not shown; expected text"),
        ("osticket: {password: 12345}", "osticket.password has a value that is not shown; expected text; put it into"),
        (f"osticket: {{passwort: {SECRET}}}", "osticket.passwort is no key of osticket; did you mean password?"),
        (f"osticket: {{url: 'postgresql://u:{SECRET}@h/d'}}", "osticket.url is 'postgresql://u@h/d'; expected"),
        (f"osticket: {{url: 'mysql:/u:{SECRET}@h'}}", "osticket.url is 'mysql:/***@h'; expected"),
        (f"osticket: {{url: 'mysql://u@h/d?password={SECRET}'}}", "osticket.url is 'mysql://u@h/d?password=***'; "),
        (f"osticket: {{url: ['mysql://u:{SECRET}@h/d']}}", "osticket.url is "),
        (f"osticket: 'mysql://u:{SECRET}@h/d'", "osticket is text; expected a mapping"),
        (f"web: {{basic_auth_users: {{alice: {SECRET}}}}}", "web.basic_auth_users.alice has a value that is not shown"),
        (f"web: {{basic_auth_users: {SECRET}}}", "web.basic_auth_users has a value that is not shown"),
        (f"slurm: {{jwt: {{a: {SECRET}}}}}", "slurm.jwt has a value that is not shown"),
        (f"osticket: {{password: *{SECRET}}}", "is not YAML: found undefined alias; quote values"),
        (f"osticket: {{password: !{SECRET} x}}", "is not YAML: could not determine a constructor for the tag; quote"),
        (f'osticket: {{password: "{SECRET}\\g"}}', "is not YAML: found unknown escape character 'g'"),
    ],
)  # fmt: skip
def test_no_message_holds_a_secret(tmp_path: Path, text: str, mistake: str) -> None:
    """A wrong value where a secret stands, or could stand by a slip, is not repeated."""
    lines = mistakes(tmp_path, text)
    assert mistake in lines[0]


def test_a_secret_in_a_variable_is_not_shown_either(tmp_path: Path) -> None:
    """Variables are named, their secrets are not."""
    variables = {
        "UMBRELLA_WEB__BASIC_AUTH_USERS__alice": SECRET,
        "UMBRELLA_OSTICKET__URL": f"postgresql://u:{SECRET}@h/d",
        "UMBRELLA_OSTICKET__PASWORD": SECRET,
        "UMBRELLA_WEB__BASIC_AUTH_USERS": f"{{alice: *{SECRET}}}",
    }
    assert mistakes(tmp_path, environ=variables) == [
        "UMBRELLA_OSTICKET__PASWORD: is no known variable; did you mean UMBRELLA_OSTICKET__PASSWORD?",
        f"UMBRELLA_WEB__BASIC_AUTH_USERS, line 1, column 9: is not YAML: found undefined alias; {QUOTE}",
        f"UMBRELLA_OSTICKET__URL: osticket.url is 'postgresql://u@h/d'; expected {ADDRESS}",
        f"UMBRELLA_WEB__BASIC_AUTH_USERS__alice: web.basic_auth_users.alice has a value that is not shown; {BCRYPT}",
    ]


@pytest.mark.parametrize(
    ("content", "mistake"),
    [
        ("- osticket", "umbrella.yml: holds a list; expected sections such as osticket: and slurm:"),
        ("hello", "umbrella.yml: holds a single value; expected sections"),
        ("osticket: {", "umbrella.yml, line 1, column 12: is not YAML: expected the node content"),
        ("a: b: c", "umbrella.yml, line 1, column 5: is not YAML: mapping values are not allowed here"),
        ("a: 1\n---\nb: 2", "umbrella.yml, line 2, column 1: is not YAML: but found another document"),
        ("a: \x07", "umbrella.yml, position 3: is not YAML: a character that YAML does not allow"),
        ("? [a]\n: b", "umbrella.yml, line 1, column 3: is not YAML: found unhashable key"),
        ("a: " + "[" * 5000, "umbrella.yml, line 1: is not YAML that can be read: nested too deeply"),
        (b"\xff\xfe\xfa", "umbrella.yml: is not UTF-8 text (byte 0); expected YAML"),
        ("# " + "x" * (1 << 20), "umbrella.yml: is larger than 1 MiB"),
    ],
)
def test_a_file_that_is_no_configuration_is_one_line(tmp_path: Path, content: str | bytes, mistake: str) -> None:
    """What cannot be read as sections is said with the place."""
    (line,) = mistakes(tmp_path, content)
    assert line.startswith(mistake)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file, and a folder in its place, are named with the option that gives them."""
    with pytest.raises(ConfigError, match=re.escape(f"{tmp_path}/no.yml: cannot be read: No such file or directory; ")):
        load(tmp_path / "no.yml", {})
    with pytest.raises(ConfigError, match="cannot be read: Is a directory; check the path given with --config"):
        load(tmp_path, {})


def test_keys_that_stand_twice_are_named_with_both_lines(tmp_path: Path) -> None:
    """YAML would silently take the last one."""
    assert mistakes(tmp_path, "users:\n  top: 5\n  top: 6\nusers: {}\n") == [
        "umbrella.yml, line 3: users.top stands twice, first in line 2; keep one of them",
        "umbrella.yml, line 4: users stands twice, first in line 1; keep one of them",
    ]


def test_an_alias_to_itself_is_no_endless_loop(tmp_path: Path) -> None:
    """A list that holds itself is a mistake like any other."""
    assert mistakes(tmp_path, "schools: &all\n  CEC: [*all]\n")[0].startswith("umbrella.yml, line 1: schools.CEC.0 is")


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """File, variables, conflicts and every section are reported together."""
    text = """
osticket:
  url: mysql://u:p@h/d
  password_file: nowhere
  refresh: never
  pasword: x
users: {top: 0}
slurm: {timeout: 0s, jwt: a, jwt_file: nowhere}
"""
    variables = {"UMBRELLA_USERS__LABEL": "full", "UMBRELLA_NOPE__X": "1"}
    assert mistakes(tmp_path, text, variables) == [
        "UMBRELLA_NOPE__X: is no known variable; expected UMBRELLA_<SECTION>__<KEY>, see docs/configuration.md",
        "umbrella.yml, line 4: osticket.url holds a password and osticket.password_file is set; expected one of them",
        "umbrella.yml, line 8: slurm.jwt and slurm.jwt_file are both set; expected one of them",
        f"umbrella.yml, line 4: osticket.password_file is 'nowhere'; expected {READABLE}",
        f"umbrella.yml, line 5: osticket.refresh is 'never'; expected {DURATION}",
        "umbrella.yml, line 6: osticket.pasword is no key of osticket; did you mean password?",
        "UMBRELLA_USERS__LABEL: users.label is 'full'; expected hash, id, name or off",
        "umbrella.yml, line 7: users.top is 0; expected a number from 1 up",
        f"umbrella.yml, line 8: slurm.timeout is '0s'; expected {DURATION}",
    ]


@pytest.mark.parametrize(
    ("variable", "value", "mistake"),
    [
        ("UMBRELLA_OSTICKET__SITE_DOMAINS", "[a, b_c]", "osticket.site_domains.1 is 'b_c'; expected a mail domain"),
        ("UMBRELLA_USERS__TOP", "ten", "users.top is 'ten'; expected a whole number"),
        ("UMBRELLA_SCHOOLS__CEC", "cs", "schools.CEC is 'cs'; expected a list such as [first, second]"),
        ("UMBRELLA_OSTICKET", "text", "osticket is text; expected a mapping (name: value)"),
        ("UMBRELLA_STATE__DIRECTORY", "null", None),
    ],
)
def test_a_mistake_in_a_variable_names_it(tmp_path: Path, variable: str, value: str, mistake: str | None) -> None:
    """Values of variables are judged as those of the file; null is only null where a key allows it."""
    if mistake is None:
        assert load(None, {variable: value}).state.directory == Path.cwd() / "null"
    else:
        assert mistakes(tmp_path, environ={variable: value})[0].startswith(f"{variable}: {mistake}")


@pytest.mark.parametrize(
    "variable", ["UMBRELLA_", "UMBRELLA_X", "UMBRELLA_users__top", "UMBRELLA_USERS__TOP__X", "UMBRELLA_SCHOOLS__"]
)
def test_variables_that_name_no_key_are_refused(tmp_path: Path, variable: str) -> None:
    """A misspelt variable never goes unnoticed."""
    assert mistakes(tmp_path, environ={variable: "1"})[0].startswith(f"{variable}: is no known variable; ")


def test_certificates_that_do_not_fit_are_said(tmp_path: Path) -> None:
    """A certificate without its key, or a file without any, is found at the start."""
    for name in ("cert.pem", "key.pem"):
        (tmp_path / name).write_text("no PEM")
    (line,) = mistakes(tmp_path, "web:\n  tls: {cert_file: cert.pem, key_file: key.pem}\n")
    assert line.startswith("umbrella.yml, line 2: web.tls: cert_file and key_file do not make a pair of PEM")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("mysql:/u:hidden@h", "mysql:/***@h"),
        ("mysql://u:hidden/d", "mysql://u:***/d"),
        ("u:hidden@x", "***@x"),
        ("mysql://u:hi@dden@h:3306/d?passwd=hidden&a=b", "mysql://***@h:3306/d?passwd=***&a=b"),
        ("sqlite:////a@b", "sqlite:////a@b"),
        ("mysql://h:3306/d", "mysql://h:3306/d"),
        ("nonsense", "nonsense"),
    ],
)
def test_addresses_show_everything_but_passwords(address: str, shown: str) -> None:
    """Whatever is wrong with an address, a password in it stays hidden."""
    assert redacted(address) == shown


def test_long_values_are_cut(tmp_path: Path) -> None:
    """A message stays readable whatever stands in the file."""
    (line,) = mistakes(tmp_path, f"osticket: {{timezone: {'x' * 5000}}}")
    assert "x…; expected the name" in line
    assert len(line) < 300


def test_values_stay_on_one_line(tmp_path: Path) -> None:
    """A value with line ends cannot forge a second message."""
    (line,) = mistakes(tmp_path, 'osticket: {timezone: "a\\nb"}')
    assert r"is 'a\nb'; expected" in line
