"""Dockerfile and compose files, read without an engine; `python -m tests.compose` runs them in one."""

import itertools
import re
import tomllib
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from exporter.config import load
from exporter.config.keys import walk
from exporter.demo import calibration
from tests.compose.engine import ROOT
from tests.compose.interpolation import VARIABLE, expanded

SERVICES: Final = ("exporter", "prometheus", "alertmanager", "grafana", "node-exporter")
DIGEST: Final = re.compile(r"[a-z0-9./-]+:[\w.-]+@sha256:[0-9a-f]{64}")


def read(path: str) -> dict[str, Any]:
    """Return a YAML file of the project."""
    document: dict[str, Any] = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """Return docker-compose.yml."""
    return read("docker-compose.yml")


@pytest.fixture(scope="module")
def dockerfile() -> str:
    """Return the text of the Dockerfile."""
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")


def mounts(compose: dict[str, Any], service: str, kind: str) -> dict[str, Any]:
    """Return source and whole entry of a service's mounts by the place in the container."""
    return {mount["target"]: mount for mount in compose["services"][service]["volumes"] if mount["type"] == kind}


def test_services(compose: dict[str, Any]) -> None:
    """One command starts exporter, Prometheus, Alertmanager, Grafana and node exporter, without any profile."""
    assert sorted(compose["services"]) == sorted(SERVICES)
    assert not any("profiles" in service for service in compose["services"].values())
    assert "version" not in compose


@pytest.mark.parametrize("name", SERVICES)
def test_image_is_pinned(compose: dict[str, Any], dockerfile: str, name: str) -> None:
    """Every foreign image has tag and digest; the exporter's is built here and never looked for in a registry."""
    service = compose["services"][name]
    if name == "exporter":
        assert "image" not in service
        assert service["build"] == {"context": ".", "args": ["PYTHON_IMAGE"]}
        (image,) = re.findall(r"^ARG PYTHON_IMAGE=(\S+)$", dockerfile, re.MULTILINE)
    else:
        image = service["image"]
    assert DIGEST.fullmatch(image), image


@pytest.mark.parametrize("name", SERVICES)
def test_hardening(compose: dict[str, Any], name: str) -> None:
    """Every container is read-only, unprivileged, without capabilities, limited, and its log is bounded."""
    service = compose["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] > 0
    assert expanded(service["mem_limit"], {}).endswith(("M", "G"))
    # An engine refuses a limit above the machine's number of processors, and machines with one exist.
    assert 0 < float(expanded(service["cpus"], {})) <= 1
    assert int(service["user"].partition(":")[0]) > 0
    assert {"max-size", "max-file"} <= set(service["logging"]["options"])
    assert "noexec" in service["tmpfs"][0]
    for key in ("privileged", "cap_add", "pid", "ipc", "network_mode", "devices", "container_name"):
        assert key not in service


def test_ports_on_loopback(compose: dict[str, Any]) -> None:
    """The documented ports are published on 127.0.0.1 and nowhere else; the node exporter's is not published at all."""
    published = {
        name: [expanded(port, {}) for port in service.get("ports", [])] for name, service in compose["services"].items()
    }
    assert published == {
        "exporter": ["127.0.0.1:10042:10042"],
        "prometheus": ["127.0.0.1:9090:9090"],
        "alertmanager": ["127.0.0.1:9093:9093"],
        "grafana": ["127.0.0.1:3000:3000"],
        "node-exporter": [],
    }


def test_networks(compose: dict[str, Any]) -> None:
    """All services meet on a network without a way out; only those with a published port are on the other one, too."""
    assert compose["networks"]["backend"] == {"internal": True}
    for service in compose["services"].values():
        assert service["networks"] == (["edge", "backend"] if "ports" in service else ["backend"])


@pytest.mark.parametrize("name", SERVICES)
def test_mounts(compose: dict[str, Any], name: str) -> None:
    """What is mounted from the host is a directory that exists, read-only; what is written is a declared volume."""
    for mount in mounts(compose, name, "bind").values():
        assert mount["read_only"] is True
        assert (ROOT / mount["source"]).is_dir(), mount["source"]
    for mount in mounts(compose, name, "volume").values():
        assert mount["source"] in compose["volumes"]


@pytest.mark.parametrize("name", SERVICES)
def test_healthcheck(compose: dict[str, Any], dockerfile: str, name: str) -> None:
    """Every service is asked over its own port whether it works; the exporter's image brings the question along."""
    if name == "exporter":
        assert "HEALTHCHECK" in dockerfile
        assert "HEALTHCHECK_URL=http://127.0.0.1:10042/healthz" in dockerfile
        return
    ports = {"prometheus": 9090, "alertmanager": 9093, "grafana": 3000, "node-exporter": 9100}
    test = compose["services"][name]["healthcheck"]["test"]
    assert test[0] == "CMD"
    assert test[-1].startswith(f"http://127.0.0.1:{ports[name]}/")
    assert test[2:4] == ["-Y", "off"], "a proxy of the host's Docker configuration would be asked"


def test_dependencies(compose: dict[str, Any]) -> None:
    """Nobody waits for the exporter, whose absence has to be alerted on; what is waited for is healthy."""
    waits = {name: service["depends_on"] for name, service in compose["services"].items() if "depends_on" in service}
    assert waits == {
        "prometheus": {"alertmanager": {"condition": "service_healthy"}},
        "grafana": {"prometheus": {"condition": "service_healthy"}},
    }


def test_prometheus_targets_are_services(compose: dict[str, Any]) -> None:
    """Every target and Alertmanager that prometheus.yml names is a service here, and every service is a target."""
    prometheus = read("prometheus/prometheus.yml")
    jobs = [config for job in prometheus["scrape_configs"] for config in job["static_configs"]]
    managers = [c for manager in prometheus["alerting"]["alertmanagers"] for c in manager["static_configs"]]
    hosts = {target.partition(":")[0] for config in jobs for target in config["targets"]}
    assert {host.replace("localhost", "prometheus") for host in hosts} == set(compose["services"])
    assert {target for config in managers for target in config["targets"]} == {"alertmanager:9093"}


def test_prometheus_flags(compose: dict[str, Any]) -> None:
    """Prometheus keeps five years within 50 GB, cannot be changed over HTTP, and finds its file where it is mounted."""
    command = [expanded(word, {}) for word in compose["services"]["prometheus"]["command"]]
    assert "--storage.tsdb.retention.time=5y" in command
    assert "--storage.tsdb.retention.size=50GB" in command
    assert not any(word.startswith(("--web.enable-lifecycle", "--web.enable-admin-api")) for word in command)
    for name in ("prometheus", "alertmanager"):
        (file,) = (
            word.partition("=")[2] for word in compose["services"][name]["command"] if word.startswith("--config.file")
        )
        source = mounts(compose, name, "bind")[str(Path(file).parent)]["source"]
        assert (ROOT / source / Path(file).name).is_file()


def test_grafana_settings(compose: dict[str, Any]) -> None:
    """Provisioning finds its variables, the home page exists, and the data source is the only address proxied to."""
    environment = compose["services"]["grafana"]["environment"]
    binds = mounts(compose, "grafana", "bind")
    home = Path(environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert '"uid": "umbrella-overview"' in (ROOT / binds[str(home.parent)]["source"] / home.name).read_text()
    assert environment["UMBRELLA_DASHBOARDS"] in binds
    wanted = {
        name
        for file in (ROOT / "grafana/provisioning").rglob("*.yml")
        for name in re.findall(r"\$\{(\w+)\}", file.read_text())
    }
    assert wanted == {"UMBRELLA_DASHBOARDS", "UMBRELLA_PROMETHEUS_URL"}
    assert environment["UMBRELLA_PROMETHEUS_URL"] == "http://" + environment["GF_SECURITY_DATA_SOURCE_PROXY_WHITELIST"]


@pytest.mark.parametrize("given", [(), ("UMBRELLA_OSTICKET__URL",), ("UMBRELLA_SLURM__SOURCE",), ("UMBRELLA_CONFIG",)])
def test_guests_see_the_demonstration_only(compose: dict[str, Any], given: tuple[str, ...]) -> None:
    """Grafana lets guests in while nothing is configured; any variable that brings real data closes it."""
    environment = compose["services"]["grafana"]["environment"]
    anonymous = expanded(environment["GF_AUTH_ANONYMOUS_ENABLED"], dict.fromkeys(given, "x"))
    assert (anonymous == "true") is (given == ())
    assert environment["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert environment["GF_AUTH_DISABLE_LOGIN_FORM"] == "true"
    assert environment["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"


def test_demonstration_by_default(compose: dict[str, Any]) -> None:
    """Without configuration the exporter reads the demonstration's file; with a database address alone an empty one."""
    variable = compose["services"]["exporter"]["environment"]["UMBRELLA_CONFIG"]
    places = mounts(compose, "exporter", "bind")

    def file(environment: dict[str, str]) -> Path:
        place = Path(expanded(variable, environment))
        source: str = places[str(place.parent)]["source"]
        return ROOT / source / place.name

    demo = load(file({}), {})
    assert demo.osticket.demo
    assert demo.slurm.source == "demo"
    assert demo.schools == calibration.schools()
    assert load(file({"UMBRELLA_OSTICKET__URL": "x"}), {}).collectors == ()


def test_variables_exist(compose: dict[str, Any], dockerfile: str) -> None:
    """Every UMBRELLA_ variable of compose files, Dockerfile and .env.example is one that the exporter knows."""
    known = {key.variable for key in walk()} | {"UMBRELLA_CONFIG"}
    text = dockerfile + (ROOT / ".env.example").read_text()
    named = set(compose["services"]["exporter"]["environment"]) | set(re.findall(r"\b(UMBRELLA_\w+)=", text))
    assert named <= known
    assert "UMBRELLA_OSTICKET__URL" in named


def test_real_thing_refuses_gaps() -> None:
    """The real thing closes Grafana to guests, and names each of its three variables that is missing."""
    real = read("deploy/docker-compose.real.yml")
    environment = real["services"]["grafana"]["environment"]
    assert environment["GF_AUTH_ANONYMOUS_ENABLED"] == "false"
    given = dict.fromkeys(("GRAFANA_URL", "GRAFANA_ADMIN_PASSWORD_FILE", "GRAFANA_SECRET_KEY_FILE"), "x")
    text = yaml.safe_dump(real, width=1000)
    expanded(text, given)
    for name in given:
        with pytest.raises(LookupError, match=name):
            expanded(text, {key: value for key, value in given.items() if key != name})


def test_env_example_is_complete(compose: dict[str, Any]) -> None:
    """.env.example names every variable of the compose files, and the files that make the real thing."""
    text = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", text, re.MULTILINE))
    real = read("deploy/docker-compose.real.yml")
    used = {match[0] for match in VARIABLE.findall(yaml.safe_dump([compose, real], width=1000))}
    assert used | {"PYTHON_IMAGE", "COMPOSE_FILE"} <= named
    (files,) = re.findall(r"^COMPOSE_FILE=(\S+)$", text, re.MULTILINE)
    assert all((ROOT / file).is_file() for file in files.split(":"))


def test_own_files_stay_out_of_git() -> None:
    """What the operator writes, secrets above all, is ignored; no pattern swallows a project file by its name."""
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    own = {"/.env", "/docker-compose.override.yml", "/config/umbrella.yml", "/config/ssh/"}
    own |= {f"/{folder}/secrets/" for folder in ("config", "grafana", "prometheus")}
    assert own <= set(ignored)
    assert not {"umbrella.yml", "*.yml", "secrets/"} & set(ignored)


def test_example_configuration_is_valid(tmp_path: Path) -> None:
    """The example is a valid configuration once its secret exists."""
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "osticket_password").write_text("x\n")
    example = tmp_path / "umbrella.yml"
    example.write_text((ROOT / "config/umbrella.example.yml").read_text())
    assert load(example, {}).collectors == ("tickets",)


def test_dockerfile(dockerfile: str) -> None:
    """Both stages start from the argument, dependencies are held to their hashes, user 10001 runs `umbrella serve`."""
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["${PYTHON_IMAGE}", "${PYTHON_IMAGE}"]
    for requirements in ("build", "runtime"):
        assert f"--require-hashes --only-binary=:all: -r requirements/{requirements}.txt" in dockerfile
    assert "\nUSER 10001:10001\n" in dockerfile
    assert dockerfile.rstrip().endswith('ENTRYPOINT ["umbrella"]\nCMD ["serve"]')
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert f"ARG VERSION={project['project']['version']}\n" in dockerfile


def test_build_requirements_are_locked() -> None:
    """What pyproject.toml builds with is in the lock, and every package there has a hash."""
    lock = (ROOT / "requirements/build.txt").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert all(re.search(f"^{re.escape(need)} ", lock, re.MULTILINE) for need in project["build-system"]["requires"])
    for package in re.split(r"^(?=[a-z])", lock, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in package, package
    assert "http" not in lock


def test_build_context(dockerfile: str) -> None:
    """What the Dockerfile copies exists and is let into the build context, which lets in nothing else."""
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    copied = [
        line.split()[1:-1] for line in dockerfile.splitlines() if line.startswith("COPY ") and "--from" not in line
    ]
    assert sorted(itertools.chain.from_iterable(copied)) == sorted(allowed)
    assert all((ROOT / name).exists() for name in allowed)


def test_standins_cover_every_service(compose: dict[str, Any]) -> None:
    """The override replaces each foreign image and nothing that is to be checked."""
    standins = read("tests/compose/docker-compose.standin.yml")["services"]
    assert sorted(standins) == sorted(compose["services"])
    for name, service in standins.items():
        assert set(service) <= {"image", "pull_policy", "entrypoint", "profiles", "build"}, name
