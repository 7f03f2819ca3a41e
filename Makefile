# Every way to use the repository. Each target sets up what it needs first and is quick when nothing is left to do.
# ARGS="..." is handed on to the program behind the target.
.DEFAULT_GOAL := help
.PHONY: help demo test lint types web bench sanitize lock dist clean

SETUP := @sh scripts/setup.sh
BIN := .venv/bin

help:  ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16

demo:  ## set up, start the server with a shop, the widget in it and the console, print the links
	$(SETUP) run
	@exec $(BIN)/tresen demo $(ARGS)

# Browsers and real peers keep time by the clock and have the machine to themselves; all other tests share its cores.
ALONE := tests/e2e tests/interop

test: lint types web  ## set up, lint, type-check, all tests, browsers included
ifdef ARGS
	@exec $(BIN)/pytest $(ARGS)
else
	@$(BIN)/pytest $(ALONE); alone=$$?; $(BIN)/pytest -n auto --maxprocesses 4 $(ALONE:%=--ignore=%) && exit $$alone
endif

lint:  ## ruff
	$(SETUP) test
	@$(BIN)/ruff check .

types:  ## mypy, strict on mediaserver and signalling; tsc, strict on web
	$(SETUP) test
	@$(BIN)/mypy
	@sh scripts/npm.sh run --silent check

web:  ## the web's unit tests (vitest)
	$(SETUP) test
	@sh scripts/npm.sh run --silent test

bench:  ## the bundled benchmarks; make bench ARGS="forward --help"
	$(SETUP) bench
	@exec $(BIN)/tresen bench $(ARGS)

sanitize:  ## hostile input against a build with the address and undefined-behaviour sanitizers
	$(SETUP) test
	@sh scripts/sanitize.sh $(ARGS)

lock:  ## renew requirements.lock from pyproject.toml
	$(SETUP) test
	@sh scripts/lock.sh

dist:  ## sdist and wheel into dist/
	$(SETUP) test
	@$(BIN)/python -m build

clean:  ## remove everything that was made here, .venv included
	rm -rf .venv build dist web/dist web/node_modules artifacts *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find native bench -name '*.so' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
