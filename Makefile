# Every command sets up what it needs in .venv and can be run on its own.
# Needs: python3 (3.11 or later, with venv and pip) and make.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check

# Many tests start processes of their own, which need not compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo test check format bench docs schema words clean

help:
	@echo "make demo    set up and run the demo; look at storelink-demo/index.html afterwards"
	@echo "make test    set up and run all tests"
	@echo "make check   formatting, linters, types, architecture, the messages, then all tests"
	@echo "make bench   measure against the baselines in benchmarks/"
	@echo "make docs    build the documentation into docs/_build/html"
	@echo "make format  format the code"
	@echo "make words   bring the catalogs of the messages' words up to date"
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
	$(BIN)/storelink templates lint
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

# Keeps translations, adds new words without one, and drops those that nobody says any more.
WORDS := storelink/locales
words: $(VENV)/dev.stamp
	$(BIN)/pybabel --quiet extract --mapping babel.cfg --no-default-keywords --no-wrap --add-location file \
	  --keyword _ --keyword gettext --keyword ngettext:1,2 --keyword say --keyword say_as:1c,2 --keyword say_many:1,2 \
	  --project storelink --copyright-holder "" --output $(WORDS)/messages.pot .
	for tag in hi bn fa ar es fr de pt_BR ja; do \
	  test -f $(WORDS)/$$tag/LC_MESSAGES/messages.po \
	  && $(BIN)/pybabel --quiet update --input $(WORDS)/messages.pot --output-dir $(WORDS) --locale $$tag \
	       --no-wrap --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
	  || $(BIN)/pybabel --quiet init --input $(WORDS)/messages.pot --output-dir $(WORDS) --locale $$tag --no-wrap; \
	done
	sed -i -e '/^"\(Last-Translator\|Language-Team\|Report-Msgid-Bugs-To\|Generated-By\|POT-Creation-Date\|PO-Revision-Date\)/d' -e '/^# FIRST AUTHOR/d' \
	  -e 's/^"Project-Id-Version: .*/"Project-Id-Version: storelink\\n"/' $(WORDS)/messages.pot $(WORDS)/*/LC_MESSAGES/messages.po

clean:
	rm -rf $(VENV) build dist docs/_build
