# Every command a developer needs; `make` alone lists them. CI calls the same ones (.ci/run).

BIN := .venv/bin
PORT ?= 8000
SEEDS ?= 200
OWNER ?= O,I,B,N
# A third of its time a test waits for a server of its own: one process more than there are cores keeps these busy.
WORKERS ?= $(shell expr $$(nproc) + 1)
# As groups, here of one test each, tests are handed out singly: the last long one keeps no other waiting behind it.
PARALLEL := -n $(WORKERS) --maxprocesses 4 --dist loadgroup
export PORT

.DEFAULT_GOAL := help
.PHONY: help run up test check servers features bench bench-large faults lock clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/.run ## Run everything in one process, on SQLite and the embedded broker (PORT=8000)
	@exec $(BIN)/comptoir run

up: .venv/.dev ## Run four processes on PostgreSQL and RabbitMQ, private ones unless the environment names yours
	@exec $(BIN)/python -m deploy.local

test: check servers ## Everything: check, then all tests on both modes, with servers of their own (ARGS= for pytest)
	$(BIN)/pytest $(PARALLEL) --durations 15 $(ARGS)

check: .venv/.dev ## Lint, format, types and import rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

servers: .venv/.dev # what tests need beside Python, as far as this machine allows
	$(BIN)/python -m tests.servers.install

features: .venv/.dev servers ## Show which rows of the acceptance list a test shows (OWNER=O,I for these services)
	$(BIN)/pytest $(PARALLEL) --features $(OWNER)

bench: .venv/.dev servers ## Measure, with the floor beside it: var/bench.json, docs/benchmarks.md
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.bench.deliveries

bench-large: .venv/.dev ## Measure list and search on a million orders (ORDERS=): var/bench-large.json, docs/benchmarks-large.md
	$(BIN)/python -m tests.bench.large

faults: .venv/.dev servers ## Break everything, in many orders (SEEDS=200)
	COMPTOIR_FAULT_SEEDS=$(SEEDS) COMPTOIR_HISTORIES=500 $(BIN)/pytest tests/faults tests/flow/histories --timeout 0

lock: .venv/.dev ## Take up the newest allowed versions of all dependencies
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml $(LOCKED) --extra build --extra dev --extra s3 -o requirements-dev.lock $(UPGRADE)
	$(BIN)/uv pip compile pyproject.toml $(LOCKED) --extra build -c requirements-dev.lock -o requirements.lock $(UPGRADE)

LOCKED := --quiet --no-header --universal --generate-hashes --python-version 3.11
# `make lock UPGRADE=` adds or removes what pyproject.toml says, and leaves the other versions alone.
UPGRADE ?= --upgrade

clean: ## Remove the environment, caches and build results; your data in var/ stay
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis tests/mockservers/node_modules
	find services shared deploy tests -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.run: requirements.lock pyproject.toml deploy/environment.sh
	@deploy/environment.sh run

.venv/.dev: requirements-dev.lock pyproject.toml deploy/environment.sh
	@deploy/environment.sh dev
