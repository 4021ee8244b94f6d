# Each target does its own set-up; nothing but Python >= 3.11 and make is assumed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LOCK = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate --no-header
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo run test quick coverage faults bench format lint types contracts lock words clean

demo: $(VENV)/.runtime
	$(BIN)/python -m demo $(if $(ONCE),--once)

run: $(VENV)/.runtime
	$(BIN)/python -m gateway run

test: $(VENV)/.dev lint types contracts
	$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder -q $(ARGS)

quick: $(VENV)/.dev lint contracts
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not system" -q $(ARGS)

# Apart from `test`, since tracing doubles its time before Python 3.12.
coverage: $(VENV)/.dev
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not system" -q --cov --cov-report=term:skip-covered $(ARGS)

# `make test` has the short form of these.
faults: $(VENV)/.dev
	FAULTS_RECIPIENTS=$${FAULTS_RECIPIENTS:-10000} FAULTS_KILLS=$${FAULTS_KILLS:-200} $(BIN)/python -m pytest tests/faults -q -s $(ARGS)

bench: $(VENV)/.dev
	$(BIN)/python -m benchmarks

format: $(VENV)/.dev
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: $(VENV)/.dev
	$(BIN)/mypy

contracts: $(VENV)/.dev
	$(BIN)/lint-imports

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Postroom needs Python 3.11 or newer: make PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml $(VENV)/bin/python
	$(PIP) install -r requirements.lock
	$(PIP) install --no-deps -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml $(VENV)/bin/python
	$(PIP) install -r requirements-dev.lock
	$(PIP) install --no-build-isolation --no-deps -e .
	@touch $@ $(VENV)/.runtime

# The locks carry versions and hashes, never a registry's address.
lock: $(VENV)/bin/python
	$(PIP) install uv
	$(LOCK) --group dev --output-file requirements-dev.lock pyproject.toml
	$(LOCK) --constraint requirements-dev.lock --output-file requirements.lock pyproject.toml

# Brings the catalogues of sentences up to date with the code.
words: $(VENV)/.dev
	$(BIN)/python -m tests.core.words.collect

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .coverage* dist build *.egg-info
