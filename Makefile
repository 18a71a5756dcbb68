# The commands of this project; `make` alone lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SCENARIO ?= incident
FUZZ_SECONDS ?= 60
# Most tests wait for a server more than they compute: three to a core.
WORKERS ?= $(shell expr 3 \* $$(getconf _NPROCESSORS_ONLN))

# Here `make test-servers` installs the servers and clients that the tool is tested against.
SERVERS := .servers

# The tests are read and compiled once, not by each worker in each run.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help lab test test-slow test-servers test-hostile fuzz check check-style lock dist test-dist picture docs messages new-rule snap bench soak clean

help: ## this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "ssewizard needs Python 3.11 or later; set PYTHON=python3.12, say"; exit 1; }
	@echo "Creating $(VENV) with pip, which takes some seconds"
	@$(PYTHON) -m venv $(VENV)

# With versions and hashes from requirements/, the build backend too: nothing else is downloaded.
PIP     := $(BIN)/python -m pip install --quiet --disable-pip-version-check
LOCKED   = $(PIP) --require-hashes -r $<
EDITABLE = $(PIP) --no-deps --no-build-isolation -e .

# The first thing that a reader tries: it shows what it does, and does no more than the lab needs. The
# list is complete, so nothing is resolved.
$(VENV)/.lab: requirements/lab.txt pyproject.toml | $(BIN)/python
	@echo "Installing what requirements/lab.txt lists, a current Nginx included"
	@$(BIN)/python -m pip install --disable-pip-version-check --no-compile --no-deps --require-hashes -r $<
	@touch $@

$(VENV)/.dev: requirements/dev.txt pyproject.toml | $(BIN)/python
	$(LOCKED)
	$(EDITABLE)
	@touch $@ $(VENV)/.lab

$(VENV)/.release: requirements/release.txt | $(BIN)/python
	$(LOCKED)
	@touch $@

$(SERVERS)/.venv: tests/servers/requirements.txt
	@mkdir -p $(SERVERS)
	@test -x $(SERVERS)/venv/bin/python || $(PYTHON) -m venv $(SERVERS)/venv
	$(SERVERS)/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps -r $<
	@touch $@

$(SERVERS)/.node: tests/servers/package.json tests/servers/package-lock.json
	@mkdir -p $(SERVERS)/node
	@cp $^ $(SERVERS)/node/
	npm ci --prefix $(SERVERS)/node --no-audit --no-fund --loglevel=error
	@touch $@

lab: $(VENV)/.lab ## a real Nginx, broken as in the incident, and the wizard on it
	@echo "Starting Nginx and the wizard"
	@$(BIN)/python -m screens lab $(SCENARIO)

test: $(VENV)/.dev ## all tests but the next, real Nginx included
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

test-slow: $(VENV)/.dev ## the slow ones: long waits for a real Nginx, most of the snapshots
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m slow

test-servers: $(VENV)/.dev $(SERVERS)/.venv $(SERVERS)/.node ## real servers behind real proxies, judged by real clients
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/servers

test-hostile: $(VENV)/.dev ## broken and hostile servers, configs, logs and case files
	$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal tests/hostile tests/fuzz

fuzz: $(VENV)/.dev ## every parser with random input, FUZZ_SECONDS each (60), with atheris if it is there
	FUZZ_SECONDS=$(FUZZ_SECONDS) $(BIN)/python -m tests.fuzz

check: check-style test ## format, lint, types, import contracts, tests

check-style: $(VENV)/.dev ## format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# What is locked keeps its version as long as pyproject.toml allows: LOCK=--upgrade takes the newest.
COMPILE = UV_SYSTEM_CERTS=1 UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links $(LOCK)

lock: $(VENV)/.release ## versions and hashes of all dependencies, from pyproject.toml (LOCK=--upgrade)
	$(COMPILE) pyproject.toml --extra dev --group build -o requirements/dev.txt
	$(COMPILE) pyproject.toml --extra lab --group build -c requirements/dev.txt -o requirements/lab.txt
	$(COMPILE) pyproject.toml -c requirements/dev.txt -o requirements/runtime.txt
	$(COMPILE) --group pyproject.toml:release -c requirements/dev.txt -o requirements/release.txt

dist: $(VENV)/.release ## the sdist, the wheel and the SBOM of this commit, the same on every machine
	$(BIN)/python -m tests.release dist

test-dist: $(VENV)/.dev $(VENV)/.release ## the same, built twice and compared; the wheel in a new environment
	$(BIN)/python -m pytest tests/release

picture: $(VENV)/.dev ## the pictures of the README, made by the app itself
	$(BIN)/python -m tests.picture

messages: $(VENV)/.dev ## the list of messages and the translations, up to date with the code
	$(BIN)/python -m tests.messages

docs: $(VENV)/.dev ## the index of the failure modes and the man page, generated
	$(BIN)/python -m tests.docs

new-rule: $(VENV)/.dev ## the skeleton of a failure mode: make new-rule ID=some-id
	@$(BIN)/python -m tests.rules.new_rule "$(ID)"

snap: $(VENV)/.dev ## draw the snapshots again
	$(BIN)/python -m pytest -n auto -m 'slow or not slow' tests/screens --snapshot-update

bench: $(VENV)/.dev ## the figures: time to the cause beside its floor, decoder, config
	$(BIN)/python -m tests.bench

soak: $(VENV)/.dev ## many checks and a long stream in one process: nothing may grow (SOAK_CHECKS=300 SOAK_STREAM_SECONDS=600)
	$(BIN)/python -m tests.soak checks
	$(BIN)/python -m tests.soak stream

clean: ## remove the environment and the caches
	rm -rf $(VENV) $(SERVERS) .pytest_cache .mypy_cache .ruff_cache
