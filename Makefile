# Two commands do everything: `make reports` and `make test`. Needs python3 >= 3.11 and make; uv is used where present.
PYTHON ?= python3
JOBS ?= 2
PLAN ?= default
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
DOCS := $(VENV)/.docs
PACKAGES := ".[test,browser,bench]"

.DEFAULT_GOAL := help
.PHONY: help env reports test lint types check nbval test-slow notebooks lab bench docs generated clean

help: ## List the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

env: $(STAMP) ## Create the environment in .venv

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(0 if v >= (3, 11) else "error: Python 3.11 or newer is needed, this is %d.%d; set PYTHON=python3.12 or the like" % v[:2])'
	@if command -v uv >/dev/null 2>&1; then \
	  uv venv --quiet --allow-existing --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" $(VENV) && \
	  uv pip install --quiet --python $(BIN)/python -c constraints.txt -e $(PACKAGES); \
	else \
	  $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e $(PACKAGES); \
	fi
	@touch $@

reports: $(STAMP) ## Make the reports of the plan: reports/default/index.html
	@$(BIN)/lpo batch $(PLAN) -j $(JOBS)

test: lint types check nbval ## Lint, types, tests, and strict nbval

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/codespell

types: $(STAMP)
	@$(BIN)/mypy

check: $(STAMP)
	@$(BIN)/pytest -q -n $(JOBS) -m "not slow"

nbval: $(STAMP)
	@$(BIN)/pytest -q -p no:cacheprovider -n $(JOBS) --dist loadfile --nbval --nbval-sanitize-with tests/notebooks/sanitize.cfg notebooks

test-slow: $(STAMP) ## Recovery, faults and browser tests
	@$(BIN)/pytest -q -m slow tests/faults
	@$(BIN)/pytest -q -m slow -n $(JOBS) --dist loadfile --ignore tests/faults

notebooks: $(STAMP) ## Re-execute the committed notebooks in place, and say which numbers moved
	@$(BIN)/lpo refresh

lab: $(STAMP) ## Open JupyterLab at the landing notebook
	@$(BIN)/jupyter lab --notebook-dir=. --LabApp.default_url=/lab/tree/notebooks/index.ipynb

bench: $(STAMP) ## Measure speed against peers in one run
	@$(BIN)/python -m benchmarks

docs: $(DOCS) ## Build the documentation: site/index.html
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@echo site/index.html

$(DOCS): $(STAMP)
	@if command -v uv >/dev/null 2>&1; then uv pip install --quiet --python $(BIN)/python -c constraints.txt -e ".[docs]"; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[docs]"; fi
	@touch $@

generated: $(STAMP) ## Write environment.yml, and the claims, counts and numbers of the README anew
	@$(BIN)/python .ci/generated.py

clean: ## Remove the environment and everything generated
	@rm -rf $(VENV) build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find reports -mindepth 1 -maxdepth 1 ! -name plans -exec rm -rf {} +
