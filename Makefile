# Every command sets up what it needs in .venv and can be run on its own.
# Needs: python3 (3.11 or later, with venv and pip) and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: help demo test check format bench docs schema clean

help:
	@echo "make demo    set up and run the demo; look at storelink-demo/index.html afterwards"
	@echo "make test    set up and run all tests"
	@echo "make check   formatting, linters, types, architecture, then all tests"
	@echo "make bench   measure against the baselines in benchmarks/"
	@echo "make docs    build the documentation into docs/_build/html"
	@echo "make format  format the code"
	@echo "make schema FULL=admin_2026-10.json.gz   cut Shopify's full schema down to what is used"

$(VENV)/run.stamp: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --editable ".[shopify,woocommerce,email,demo]"
	touch $@

$(VENV)/dev.stamp: $(VENV)/run.stamp
	$(PIP) install --quiet --editable ".[dev]"
	touch $@

$(VENV)/docs.stamp: $(VENV)/dev.stamp
	$(PIP) install --quiet --editable ".[docs]"
	touch $@

demo: $(VENV)/run.stamp
	$(BIN)/storelink demo

test: $(VENV)/dev.stamp
	$(BIN)/python -m pytest --quiet README.md docs storelink adapters
	$(BIN)/python -m pytest --quiet --numprocesses auto tests

check: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/dev.stamp
	$(BIN)/python -m benchmarks

docs: $(VENV)/docs.stamp
	$(BIN)/python -m sphinx -W --keep-going --quiet docs docs/_build/html
	@echo "docs/_build/html/index.html"

# FULL is the introspection of the Admin API 2026-10, as the npm package @shopify/dev-mcp has it.
schema: $(VENV)/dev.stamp
	$(BIN)/python -m storelink_shopify.schema.prune $(FULL)

clean:
	rm -rf $(VENV) build dist docs/_build
