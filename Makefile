# The only entry point: `make demo` to see it, `make test` to prove it. Everything else is for whoever works on it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
DEMO := UMBRELLA_OSTICKET__URL=demo:// UMBRELLA_SLURM__SOURCE=demo UMBRELLA_STATE__DIRECTORY=out/demo
COMPOSE ?= docker compose

.PHONY: help demo test check bench up down compose lock docs dashboards clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

$(VENV)/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=…"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

demo: $(VENV)/.runtime  ## serve an invented help desk and cluster on http://127.0.0.1:10042/
	@$(DEMO) $(BIN)/umbrella serve

test: $(VENV)/.dev  ## install what the tests need (Debian packages, as root or with sudo) and run them all
	scripts/install-test-services
	$(BIN)/python -m pytest --cov --cov-report=term

check: $(VENV)/.dev  ## style, types, generated files, locks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m grafana.build --check
	$(BIN)/umbrella metrics --format markdown | diff -u docs/metrics.md -

bench: $(VENV)/.dev  ## the numbers to meet, each beside a naive way measured in the same run
	scripts/install-test-services
	$(BIN)/python -m bench

up:  ## the whole stack in Docker: exporter, Prometheus, Alertmanager, Grafana, node exporter
	$(COMPOSE) up --detach --build --wait

down:  ## stop the stack; its data stay
	$(COMPOSE) down

compose: $(VENV)/.dev  ## check the stack in a real engine (needs Docker, Compose 2 and debootstrap)
	$(BIN)/python -m tests.compose

docs: $(VENV)/.dev  ## write what is generated: docs/metrics.md
	$(BIN)/umbrella metrics --format markdown > docs/metrics.md

dashboards: $(VENV)/.dev  ## write grafana/dashboards/*.json
	$(BIN)/python -m grafana.build

lock: $(VENV)/.dev  ## write the lock files anew from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements/runtime.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --group dev -o requirements/dev.txt
	printf 'hatchling==1.27.0\neditables\n' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header - -o requirements/build.txt

clean:  ## remove what was built here
	rm -rf $(VENV) out dist build .coverage .mypy_cache .pytest_cache .ruff_cache .hypothesis
