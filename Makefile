# What a user and a developer type. Everything is installed into .venv and nothing outside of it, except the data.

PYTHON ?= python3
CORES ?= 2
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install -c constraints.txt

# One thread a process: several processes share the cores, and sums must not depend on how many there are.
export OMP_NUM_THREADS := 1

.DELETE_ON_ERROR:
.PHONY: demo test lint types bench validate data docs clean

# Search a network and its accelerator, train the result, print the table and where the report lies.
demo: .venv/installed data
	$(BIN)/cosearch search demo --out runs/demo
	$(BIN)/cosearch train runs/demo --final

# Everything that must pass before a change is kept.
test: lint types
	$(BIN)/pytest -n $(CORES) --dist worksteal

lint: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

types: .venv/installed-dev
	$(BIN)/pyright

# The speed claims, a few minutes on an idle machine; longer comparisons are run one by one, see their first lines.
bench: .venv/installed-dev
	@for name in closed_form array_model pricing impossible_limits; do \
	    echo "== $$name"; $(BIN)/python "benchmarks/$$name.py" || exit 1; done

# Hold the model against measurements and other tools; the page says where it is wrong, and by how much.
validate: .venv/installed
	$(BIN)/cosearch validate

data:
	scripts/fetch-fashion-mnist

docs: .venv/installed-docs
	$(BIN)/mkdocs build --strict

clean:
	rm -rf .venv site .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src tests benchmarks validation -name __pycache__ -type d -exec rm -rf {} +

# The stamps are files in .venv: an environment is brought up to date when what it holds is asked for anew.
.venv/installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or newer is needed, $(PYTHON) is $$($(PYTHON) --version 2>&1); set PYTHON=..." >&2; exit 1; }
	@echo "Installing into .venv; PyTorch is the large part"
	$(PYTHON) -m venv .venv
	$(PIP) -e .
	@touch $@

.venv/installed-dev: .venv/installed
	$(PIP) -e '.[dev]'
	@touch $@

.venv/installed-docs: .venv/installed
	$(PIP) -e '.[docs]'
	@touch $@
