# `make demo` and `make test` are all a newcomer needs; each sets up .venv by itself, once.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install -qq --retries 5 --constraint constraints.txt
PYTEST := $(BIN)/python -m pytest

.PHONY: help demo test test-heavy test-all setup check lint types docs bench drift fmt clean
.DEFAULT_GOAL := help

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.demo-ready  ## measure a real text and a real table, write infoscope-report.html
	@$(BIN)/infoscope demo

test: $(VENV)/.dev-ready  ## run the tests
	@$(PYTEST) -m "not heavy and not browser" -n 2 --durations=10

test-heavy: $(VENV)/.heavy-ready  ## run heavy integrations (Spark, Ray, trainers) and pages in a browser
	@$(PYTEST) -m "heavy or browser" -n 2 --durations=10

test-all: test-heavy test  ## run all tests

setup: $(VENV)/.dev-ready  ## make the environment alone

check: lint test types test-heavy  ## all that CI runs; `test` before more is installed than it needs

lint: $(VENV)/.dev-ready  ## format and lint, without changing files
	@$(BIN)/ruff format --quiet --check . && $(BIN)/ruff check --quiet .

types: $(VENV)/.heavy-ready  ## check the types
	@$(BIN)/pyright --pythonpath $(BIN)/python

fmt: $(VENV)/.dev-ready  ## format the code
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

docs: $(VENV)/.dev-ready  ## run the code of README and docs, build the site into docs/_build/html
	@$(PYTEST) tests/docs -m "not heavy and not browser"
	@$(BIN)/python -m sphinx -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: $(VENV)/.dev-ready  ## measure against peers anew, into benchmarks/results (ARGS="--list" says what)
	@$(BIN)/python benchmarks/bench.py $(ARGS)

drift: $(VENV)/.dev-ready  ## run the quick benchmarks aside, say what moved (ARGS="--all": every one)
	@$(BIN)/python benchmarks/drift.py $(ARGS)

clean:  ## remove the environment and all caches of this folder
	@rm -rf $(VENV) .pytest_cache .ruff_cache .hypothesis docs/_build infoscope-report.html

# A stamp is touched only when its step is whole, so an interrupted set-up is taken up again.
$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "infoscope needs Python 3.11 or newer; set PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv --clear $(VENV) || { rm -rf $(VENV); exit 1; }

$(VENV)/.demo-ready: $(BIN)/python pyproject.toml constraints.txt
	@echo "Setting up $(VENV) (once, a few minutes) ..."
	@$(PIP) --editable '.[language,tables]'
	@$(BIN)/infoscope models install smollm2
	@touch $@

$(VENV)/.dev-ready: $(VENV)/.demo-ready
	@echo "Adding the tools that the tests use (once) ..."
	@$(PIP) --editable '.[dev]'
	@touch $@

$(VENV)/.heavy-ready: $(VENV)/.dev-ready
	@echo "Adding Spark, Ray and the training frameworks (once) ..."
	@$(PIP) --editable '.[heavy]'
	@touch $@
