# One word for each thing one does with this repository; `make` alone lists them.

PYTHON ?= python3
# How many processes the Python tests use: one more than processors, because some of them wait.
JOBS ?= 3
# Which contract tests `make brownie` runs; all of them unless named.
TEST ?=

BIN := .venv/bin
PACKAGES := .venv/.locked
EDITABLE := .venv/.editable
NODE_PACKAGES := node_modules/.locked
LINKS := .toolchain/.linked
COMPILED := build/.compiled
GOVERNORS := .toolchain/governors.json
READY := $(PACKAGES) $(EDITABLE) $(NODE_PACKAGES) $(LINKS)
SOURCES := $(shell find contracts -type d -o -name '*.sol')

# Python keeps what it compiled, also where the environment forbids it as images of containers do: otherwise each of the
# many processes below compiles the program and its libraries again.
unexport PYTHONDONTWRITEBYTECODE

# The local chain for everything below; nothing here needs a system-wide anvil.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
# Brownie looks here for the compiler, and keeps its own files in a home of its own: what a developer has set up in
# ~/.brownie changes no result.
BROWNIE := HOME="$(CURDIR)/.toolchain/home" SOLCX_BINARY_PATH="$(CURDIR)/.toolchain/solcx" $(BIN)/brownie

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup governors demo test check lint format types generated analyse compile artifacts current pytest brownie gas campaign \
	bench lock clean

help: ## list these words
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(READY) ## install everything from the lock files; does nothing where that is done

governors: $(GOVERNORS)

demo: $(READY) ## the main job on a local chain: draft, vote, execute, audit
	@$(BIN)/dao demo

# Two at a time: packages are installed beside each other, and the contracts are compiled and tested beside the rest.
test: ## everything: style, types, contracts, generated files, all tests
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=line lint types generated pytest current gas analyse brownie

check: lint types generated ## the fast part of test: style, types, generated files, unit tests
	$(BIN)/python -m pytest -q -n $(JOBS) --dist loadfile tests/unit

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(READY) ## put Python files into the one format
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

types: $(READY)
	$(BIN)/mypy

generated: $(READY)
	$(BIN)/python -m dao.proposal.schema --check
	$(BIN)/python -m dao.ballot.schema --check
	$(BIN)/python -m dao.audit.schema --check
	$(BIN)/python -m toolchain.published --check

analyse: $(READY) ## search the contracts for known bad patterns
	$(BIN)/python tests/contract/slither_check.py

compile: $(COMPILED) ## compile the contracts with Brownie

artifacts: $(COMPILED) ## compile, then write dao/artifacts
	$(BIN)/python -m dao.artifacts.build
	$(BIN)/python -m dao.artifacts.layouts

current: $(COMPILED)
	$(BIN)/python -m dao.artifacts.build --check
	$(BIN)/python -m dao.artifacts.layouts --check

pytest: $(READY) $(GOVERNORS)
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations=25 --durations-min=5

brownie: $(COMPILED)
	$(BROWNIE) test $(TEST)

gas: $(COMPILED) ## compare gas with bench/gas.json and bench/votes.json: a figure that rises fails
	$(BIN)/python bench/gas.py --check
	$(BIN)/python bench/votes.py --check

campaign: $(READY) $(GOVERNORS) ## the properties over many more cases, 20,000 of each shape of a schedule; an hour on 2 cores
	TWIN_EXAMPLES=20000 $(BIN)/python -m pytest -n $(JOBS) tests/property/test_shapes.py
	TWIN_EXAMPLES=2000 $(BIN)/python -m pytest -n $(JOBS) tests/property/test_policy_twin.py tests/property/test_rails_twin.py
	TWIN_EXAMPLES=1000 COUNTING_EXAMPLES=600 REPLAY_EXAMPLES=600 ACCOUNT_EXAMPLES=2000 PAYOUT_EXAMPLES=300 \
		$(BIN)/python -m pytest -n $(JOBS) --dist loadfile tests/property/test_distributor.py tests/property/test_accounts.py \
		tests/property/test_counting_twin.py tests/property/test_replay_equals_contracts.py tests/property/test_payouts_engine.py
	ROUND_TRIP_EXAMPLES=2000 $(BIN)/python -m pytest -n $(JOBS) tests/property/test_proposal_round_trip.py \
		tests/property/test_written_parameters.py
	REPLAY_EXAMPLES=150 $(BIN)/python -m pytest -n $(JOBS) tests/property/test_governors.py
	LIES_EXAMPLES=3000 $(BIN)/python -m pytest -n $(JOBS) --dist loadfile tests/audit/lies

bench: $(COMPILED) ## measure what the README states
	@for file in bench/*.py; do echo "== $$file"; $(BIN)/python "$$file" || exit 1; done

# Governors of every version that the audit replays, for its tests.
$(GOVERNORS): $(wildcard tests/governors/*) $(NODE_PACKAGES)
	node tests/governors/compile.cjs $@

lock: ## resolve requirements.lock and package-lock.json anew
	PYTHON="$(PYTHON)" sh toolchain/lock.sh

clean: ## remove everything that is not in the repository
	rm -rf .venv node_modules .toolchain build dist interfaces reports scripts *.egg-info
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made again from nothing when the lock changes, so that it holds what the lock says and nothing else. Modules are
# compiled when they are first imported: most never are.
$(PACKAGES): requirements.lock | toolchain/require.sh
	@sh toolchain/require.sh python "$(PYTHON)"
	"$(PYTHON)" -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --prefer-binary --no-compile \
		-r requirements.lock
	@touch $@

$(EDITABLE): pyproject.toml $(PACKAGES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(NODE_PACKAGES): package.json package-lock.json .npmrc | toolchain/require.sh
	@sh toolchain/require.sh node
	npm ci --loglevel=error
	@touch $@

$(LINKS): brownie-config.yaml toolchain/link.py toolchain/solc.sh $(PACKAGES) $(NODE_PACKAGES)
	$(BIN)/python toolchain/link.py
	@touch $@

# --all: Brownie does not notice by itself that viaIR or an imported library changed.
$(COMPILED): $(SOURCES) brownie-config.yaml toolchain/solc.cjs $(NODE_PACKAGES) | $(READY)
	@mkdir -p .toolchain/home
	$(BROWNIE) compile --all
	@touch $@
