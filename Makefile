# Two commands do everything, each with its own set-up: `make demo` and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# The first interpreter of 3.11 to 3.13 that really runs; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	"$$p" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && { echo "$$p"; break; }; done)
BIN := .venv/bin
INSTALL := $(BIN)/pip install --quiet --no-deps
RECORDINGS ?= $(EDGEWORTH_RECORDINGS)

.PHONY: help demo test check fix bench eval-builtin eval-matching install lock clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/run.stamp ## The main job on a synthetic world over loopback HTTP: read, match, simulate, write the page
	@$(BIN)/edgeworth run --source synthetic --full

# A file of tests goes to one worker as a whole, so that what its tests share is made once; in the order of the folders,
# so that long files come first and the short ones fill up the end.
SPREAD := -q -n 2 --dist loadfile --no-loadscope-reorder

# The tests start some hundreds of processes: what is compiled is kept, also where the environment says otherwise.
test: export PYTHONDONTWRITEBYTECODE :=

test: .venv/dev.stamp ## All tests; EDGEWORTH_RECORDINGS=DIR adds those over recorded data
	@$(BIN)/python -m pytest $(SPREAD) -m "not live" --ignore tests/flow_runs
	@$(BIN)/python -m pytest $(SPREAD) -m "not live" tests/flow_runs

check: .venv/dev.stamp ## Lint, types, architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache >/dev/null || $(BIN)/lint-imports --no-cache

fix: .venv/dev.stamp ## Format, and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/dev.stamp ## Speed and memory, as ratios within one run
	@$(BIN)/python -m bench

eval-builtin: .venv/run.stamp ## Score the built-in models on known truth and on EDGEWORTH_RECORDINGS; writes docs/evaluation-builtin.md
	@EDGEWORTH_RECORDINGS="$(RECORDINGS)" $(BIN)/python -m bench.eval_builtin

POOL = $(wildcard $(RECORDINGS)/questions/*questions*.jsonl.gz $(RECORDINGS)/questions/*_all.jsonl.gz $(RECORDINGS)/gamma/*.gz)

eval-matching: .venv/run.stamp ## Score matching on the labelled pairs of EDGEWORTH_RECORDINGS; writes docs/evaluation.md
	@test -d "$(RECORDINGS)/pairs" || { echo "expected labelled pairs in EDGEWORTH_RECORDINGS/pairs; set EDGEWORTH_RECORDINGS to the folder of recordings" >&2; exit 2; }
	@$(BIN)/edgeworth evaluate matching $(foreach set,$(sort $(wildcard $(RECORDINGS)/pairs/*.json*)),--pairs "$(set)") \
		$(foreach file,$(sort $(POOL)),--audit-recall "$(file)") --embedder all --markdown docs/evaluation.md

install: .venv/run.stamp ## The environment only

lock: .venv/dev.stamp ## Resolve again, for Python 3.11 to 3.13 at once (needs uv from PyPI; a deliberate step)
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --extra dev pyproject.toml -o requirements/dev.lock
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
		--no-emit-index-url --no-emit-find-links --extra build -c requirements/dev.lock pyproject.toml \
		-o requirements/run.lock

clean: ## Remove the environment and caches; data/ and results/ stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "edgeworth needs Python 3.11, 3.12 or 3.13; none was found. Install one, or name it: make demo PYTHON=/path/to/python3.12" >&2; exit 2; }
	@echo "Setting up .venv with $$($(PYTHON) --version) (once; about a minute)"
	@$(PYTHON) -m venv .venv

.venv/run.stamp: requirements/run.lock pyproject.toml | .venv/bin/python
	@if ! test -e .venv/dev.stamp || test requirements/dev.lock -nt .venv/dev.stamp; then $(INSTALL) --require-hashes -r requirements/run.lock; fi
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@

.venv/dev.stamp: requirements/dev.lock pyproject.toml | .venv/bin/python
	@$(INSTALL) --require-hashes -r requirements/dev.lock
	@$(INSTALL) --no-build-isolation --editable .
	@touch $@ .venv/run.stamp
