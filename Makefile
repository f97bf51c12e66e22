# Everything a person runs. `make demo` and `make test` need Python 3.11 or newer, make and a package index; nothing else.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
ARGS   ?=
WORKERS ?= 2
SQL_TESTS := $(addprefix tests/integration/,database signals scoring api archive entities http budget outbox assets \
    sources/test_items_across_hours.py sources/test_source_replays.py)

.PHONY: help demo up test lint bench eval eval-matching eval-episodes soak load clean
help:
	@echo "make demo    the whole platform on simulated upstreams; ARGS=--once does the work, prints the table, exits"
	@echo "make up      the same against the live upstreams, as .env and configs/ say"
	@echo "make test    all tests, in WORKERS processes (2)"
	@echo "make lint    ruff, mypy, import-linter, dagster definitions validate"
	@echo "make bench   measured figures beside a floor of the same run"
	@echo "make load    a simulated day of 500 entities and every source through the real automation: the table of docs/load.md"
	@echo "make soak    every fault of every upstream, a bad day of all, kills at every table, a million moves of the books; over an hour"
	@echo "make eval    how well both models find events, on four tiers; writes the figures of docs/evaluation.md"
	@echo "make eval-episodes   the shape of real episodes, fitted and measured on pages it has not seen; writes docs/advanced.md"
	@echo "make eval-matching   how well names are found in labelled texts; fails below the aims"

# One stamp a lock file: the environment is made anew exactly when what it should hold has changed.
$(VENV)/.installed-%: %.lock pyproject.toml deploy/bootstrap.sh
	@PYTHON="$(PYTHON)" sh deploy/bootstrap.sh $(VENV) $<
	@touch $@

demo: $(VENV)/.installed-requirements
	@exec $(BIN)/etheatmap demo $(ARGS)

up: $(VENV)/.installed-requirements
	@exec $(BIN)/etheatmap up $(ARGS)

# Each worker has a server of its own and takes whole files, in order: the long ones are collected first.
PARALLEL := -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test: $(VENV)/.installed-requirements-dev
	$(BIN)/pytest -m "not e2e" $(PARALLEL) $(ARGS)
	@# Whole platforms: those that mostly wait side by side; the demo, with deadlines for people, with nobody beside.
	$(BIN)/pytest -m "e2e and not alone" $(PARALLEL) $(ARGS)
	$(BIN)/pytest -m "e2e and alone" $(ARGS)
	@# Once more on the oldest server we support: what is about SQL. The rest would say the same again.
	TEST_POSTGRES_VERSION=16 $(BIN)/pytest -m "integration and not e2e and not faults and not formula" $(PARALLEL) \
	    $(SQL_TESTS) $(ARGS)

lint: $(VENV)/.installed-requirements-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@# Away from the root's dagster.yaml, which is production's and wants its database.
	scratch=$$(mktemp -d) && DAGSTER_HOME=$$scratch ETHEATMAP_HOME=$$scratch \
	    $(BIN)/dagster definitions validate -m etheatmap_assets.definitions; code=$$?; rm -rf $$scratch; exit $$code

bench: $(VENV)/.installed-requirements-dev
	@exec $(BIN)/python -m bench $(ARGS)

eval: $(VENV)/.installed-requirements-dev
	@exec $(BIN)/python -m evaluation.detection $(ARGS)

eval-matching: $(VENV)/.installed-requirements-dev
	@exec $(BIN)/python -m evaluation.matching $(ARGS)

eval-episodes: $(VENV)/.installed-requirements-dev
	@exec $(BIN)/python -m evaluation.episodes $(ARGS)

soak: $(VENV)/.installed-requirements-dev
	FAULTS=all $(BIN)/pytest -m faults --durations=10 $(ARGS)
	SOAK=1 $(BIN)/pytest tests/integration/sources/test_soak.py tests/integration/sources/test_killed.py \
	    tests/integration/outbox/test_delivery_killed.py tests/integration/budget/test_ledger_race.py $(ARGS)

load: $(VENV)/.installed-requirements-dev
	@exec $(BIN)/python -m load $(ARGS)

clean:
	rm -rf $(VENV) .etheatmap
