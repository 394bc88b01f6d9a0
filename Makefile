# `make` alone lists what there is.
PYTHON ?= python3
export UV_PYTHON_DOWNLOADS = never
BIN = .venv/bin

.DEFAULT_GOAL := help
.PHONY: help test check fmt requirements

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 16

.venv/.ready: requirements/dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q uv==0.13.8
	$(BIN)/uv pip sync -q --require-hashes requirements/dev.txt --python $(BIN)/python
	touch $@

test: .venv/.ready ## Run every test
	$(BIN)/python -m pytest -q -n 2

check: .venv/.ready ## Run every static check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fmt: .venv/.ready ## Format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

requirements: ## Pin the newest versions that requirements/*.in allow
	for name in server dev; do $(BIN)/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 --upgrade requirements/$$name.in -o requirements/$$name.txt; done
