# The commands of the project. `make demo` and `make test` work on a fresh machine with Python 3.11 or later.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: help demo install test check e2e postgres bench bench-law law-differential lock reference clean

help: ## Show this help
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Maillage needs Python 3.11 or later: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)

# One stamp per lock: an install happens once, and again only when the lock changes.
$(VENV)/.run: locks/run.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --require-hashes --no-deps -r locks/run.txt
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.test: locks/test.txt $(VENV)/.run
	$(PIP) install --require-hashes --no-deps -r locks/test.txt
	@touch $@

$(VENV)/.dev: locks/dev.txt $(VENV)/.test
	$(PIP) install --require-hashes --no-deps -r locks/dev.txt
	@touch $@

install: $(VENV)/.run ## Build .venv with the exact locked versions

demo: install ## Build the demonstration instance, write the annual report and serve on http://127.0.0.1:8000
	$(BIN)/maillage demo

test: $(VENV)/.test ## Pass the default tests (no PostgreSQL, no browser, no shared data)
	$(BIN)/python -m pytest -n auto --dist loadfile -q

check: $(VENV)/.dev ## Lint, types, import rules, templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint src --check --lint

e2e: $(VENV)/.dev ## Browser journeys on a real Chromium (package chromium)
	$(BIN)/python -m pytest -q tests/e2e

# What is pure (no database, see tests/conftest.py) says nothing more on PostgreSQL: left to `make test`.
PURE := tests/engines tests/gateways tests/kernel tests/lawgraph tests/shared/test_law_cases.py
postgres: $(VENV)/.test ## The suite on a real PostgreSQL, given by MAILLAGE_TEST_DATABASE_URL
	@test -n "$$MAILLAGE_TEST_DATABASE_URL" || { echo "Set MAILLAGE_TEST_DATABASE_URL=postgres://user@host/name"; exit 2; }
	$(BIN)/python -m pytest -q -n 2 --dist loadfile $(PURE:%=--ignore %)

bench: $(VENV)/.test ## Query counts and median times, region size and France size
	$(BIN)/python -m tests.bench

bench-law: $(VENV)/.test ## OpenFisca and the compiled law on the same households: throughput, memory, latency
	$(BIN)/python -m tests.bench.law

law-differential: $(VENV)/.test ## Compiled law against fresh OpenFisca runs, on 20,000 households
	$(BIN)/python -m tests.lawgraph.differential

# docopt, asked by num2words for its command line only, has no wheel: left out. So is what OpenFisca asks for its own
# web server only (Flask and its family, gunicorn): the product has its own and never starts it.
UNUSED := docopt blinker flask flask-cors gunicorn itsdangerous werkzeug
lock: $(VENV)/bin/python ## Resolve the locks again (needs uv)
	for lock in run:build test:build,test dev:build,test,check,e2e; do \
	  extras=$${lock#*:}; name=$${lock%%:*}; \
	  uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-annotate --quiet $(UNUSED:%=--no-emit-package %) \
	    $$(echo ",$$extras" | sed 's/,/ --extra /g') --output-file locks/$$name.txt || exit 1; \
	done

reference: $(VENV)/.run ## Generate docs/reference
	$(BIN)/maillage reference

clean: ## Remove the environment and the local instance
	rm -rf $(VENV) var
