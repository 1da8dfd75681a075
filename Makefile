# `make run` and `make test` do everything on a fresh machine: Python 3.11+ with venv, make and the network.
PYTHON ?= python3
BIN := .venv/bin
.DEFAULT_GOAL := run
.PHONY: run stop test test-long lint format bench screenshot clean

.venv/run.stamp: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Sitedeck needs Python 3.11 or newer: make run PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

.venv/test.stamp: .venv/run.stamp requirements-test.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-test.lock
	@touch $@

run: .venv/run.stamp
	@$(BIN)/python main.py

stop: .venv/run.stamp
	@$(BIN)/python main.py host stop

lint: .venv/test.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: .venv/test.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Most tests wait for something: with one process more than there are cores, none is idle. The browser's, which
# are few and slow, begin.
test: lint
	$(BIN)/python -m pytest -n $$(( $$(nproc 2>/dev/null || echo 2) + 1 )) --dist loadfile --no-loadscope-reorder

test-long: .venv/test.stamp
	$(BIN)/python -m pytest -m long

bench: .venv/test.stamp
	$(BIN)/python -m bench

screenshot: .venv/test.stamp
	$(BIN)/python -m bench.screenshot

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis
