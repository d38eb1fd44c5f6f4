# Every target brings what it needs; Python 3.11 or newer is the only requirement.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 8080
INTARSIA_HOME ?= $(CURDIR)/var
WORKERS ?= 2
TESTS ?=

# Compiled files halve the start of each of the many processes that tests begin.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test lint style format bench docs lock hooks clean

help: ## Show the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

# The stamps carry the time of the last installation; a newer lock file makes it again.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; \
	sys.exit(v < (3, 11) and "Python 3.11 or newer is needed, this is %d.%d; \
	name another one with: make PYTHON=python3.12 ..." % v[:2])'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: locks/runtime.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --require-hashes --requirement locks/runtime.txt
	@touch $@

# Of twelve thousand files few are ever imported: those compile themselves.
$(VENV)/.dev: locks/dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile \
	  --require-hashes --requirement locks/dev.txt
	@touch $@ $(VENV)/.runtime

run: $(VENV)/.runtime ## Serve on http://127.0.0.1:8080 (PORT, INTARSIA_HOME, DATABASE_URL)
	@-$(BIN)/python -m compileall -qq core
	@INTARSIA_HOME="$(INTARSIA_HOME)" PORT="$(PORT)" $(BIN)/python cli.py init
	@INTARSIA_HOME="$(INTARSIA_HOME)" PORT="$(PORT)" exec $(BIN)/python cli.py serve

# Types are checked beside the tests: alone they would keep all processors but one idle.
test: style ## Run every check and every test on SQLite, PostgreSQL and Chromium
	@$(BIN)/python -m core.testing.browser --install
	@-$(BIN)/python -m compileall -qq core
	@$(BIN)/mypy & types=$$!; \
	$(BIN)/python -m pytest -n $(WORKERS) $(TESTS); tests=$$?; \
	wait $$types && exit $$tests

lint: style ## Style, types and layers
	$(BIN)/mypy

style: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.dev ## Let ruff put the code into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev ## Print the speed table
	$(BIN)/python -m tests.bench

docs: $(VENV)/.dev ## Write the generated reference into docs/
	$(BIN)/python cli.py docs

# Universal: one file for all supported Python versions and systems.
COMPILE = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
  --generate-hashes --no-header --no-emit-index-url --no-emit-find-links --no-annotate

lock: | $(BIN)/python ## Pin the dependencies again after pyproject.toml changed
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet uv
	$(COMPILE) --output-file locks/runtime.txt
	$(COMPILE) --extra dev --constraint locks/runtime.txt --output-file locks/dev.txt

hooks: $(VENV)/.dev ## Let git run the checks before each commit
	$(BIN)/pre-commit install

clean: ## Remove caches; keeps .venv and var
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
