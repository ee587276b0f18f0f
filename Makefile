# What a newcomer types. Needs Python >= 3.11 and make; everything else comes from the package index.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check format bench requirements clips recipe clean

help:  ## Say what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | awk -F '\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'

setup: python  ## Make .venv with khosq in it and fetch the small models
	@$(PYTHON) scripts/setup.py

demo: setup  ## Send real recordings through a server and show what comes out
	@$(VENV)/python scripts/demo.py

serve: setup  ## Start the server and stay
	@KHOSQ_MODELS_AUTO_PULL=true $(VENV)/khosq serve

test: setup-dev check  ## Check the source and run every test
	@scripts/test

check: setup-dev  ## Check format, style, types and who imports whom
	@scripts/check

format: setup-dev  ## Put the source into its usual form
	@$(VENV)/ruff format
	@$(VENV)/ruff check --fix

bench: setup-dev  ## Measure speed and memory
	@scripts/bench

requirements: python  ## Choose dependencies anew and write their hashes to requirements/
	@$(PYTHON) scripts/requirements.py

clips: setup-dev  ## Make the synthetic recordings again (needs espeak-ng)
	@$(VENV)/python scripts/make_clips.py

recipe:  ## Try the training recipe on ten sentences (needs espeak-ng; brings torch into the user's cache)
	@rm -rf .cache/recipe
	@training/run --sentences training/sample/hy.txt --minutes 0.3 --workdir .cache/recipe

clean:  ## Remove what was made here; models in the user's cache stay
	rm -rf .venv .tools .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: python setup-dev
python:
	@test -n '$(PYTHON)' || { echo 'khosq needs Python 3.11 or newer, and none was found: install one, or say where it is with make PYTHON=/path/to/python' >&2; exit 1; }

setup-dev: python
	@$(PYTHON) scripts/setup.py --dev
