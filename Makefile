# `make` alone lists what there is. Nothing but python3 (3.11 or newer, with venv) and make is needed.
PYTHON ?= python3
ARGS ?=
TESTS ?= tests
# One more than two cores: tests also wait, for browsers, servers and each other.
WORKERS ?= 3
BENCHES ?= ballots shuffles record casting tally log
export UV_PYTHON_DOWNLOADS = never
RUN = .venv/bin/python
# For commands that read the settings but ask no server.
OFFLINE = PNYX_DEBUG=1 DATABASE_URL=postgres:///pnyx REDIS_URL=redis://localhost

.DEFAULT_GOAL := help
.PHONY: help demo test anchor-test fuzz check fmt bench build messages requirements server dev

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

server:
	@$(PYTHON) requirements/install.py server
	@$(RUN) requirements/extension.py

dev:
	@$(PYTHON) requirements/install.py dev
	@$(RUN) requirements/extension.py

demo: server ## Run the whole of Pnyx here, with real ballots (ARGS="--once", "--fresh", "--port 8001")
	@exec $(RUN) -m config.demo $(ARGS)

test: dev messages ## Run every test: the browser programs' and the server's (TESTS=tests/unit for some; EVOTE_BACKEND=pynacl)
	@$(RUN) -m config.front_end test
	@$(RUN) -m pytest -q -n $(WORKERS) --dist=worksteal $(ARGS) $(TESTS)

anchor-test: ## Compile and test the optional anchor contract (docs/anchor.md)
	@$(PYTHON) requirements/install.py anchor
	@$(RUN) -m config.front_end contract
	@$(RUN) -m pytest -q -n 2 tests/anchor

fuzz: dev ## Fuzz the C extension for longer than the tests do (ARGS="--seconds 600"; tests/fuzz/README.md)
	@$(RUN) -m tests.fuzz $(ARGS)

check: dev ## Run every static check
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .
	$(OFFLINE) $(RUN) -m mypy
	.venv/bin/lint-imports
	$(RUN) -m djlint --quiet --lint --check templates
	$(RUN) -m config.front_end check
	$(OFFLINE) $(RUN) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run
	.venv/bin/hadolint --failure-threshold info Dockerfile
	$(RUN) -m config.front_end compose
	$(RUN) -m pytest -q -n 0 tests/architecture

fmt: dev ## Format the code
	$(RUN) -m ruff check --fix-only .
	$(RUN) -m ruff format .
	$(RUN) -m djlint --quiet --reformat templates

bench: dev build ## Measure, and hold against the goals (BENCHES=tally ARGS=1000000 for one of them; docs/performance.md)
	@missed=; for name in $(BENCHES); do printf '\n== python -m bench.%s\n' "$$name $(ARGS)"; $(RUN) -m bench.$$name $(ARGS) || missed="$$missed $$name"; done; \
	if [ "$$missed" ]; then echo "A goal was missed, or the program failed:$$missed"; exit 1; fi

build: server messages ## Build the style sheet, the browser programs and the translations
	@$(RUN) -m config.front_end build

messages: server ## Compile the translations
	@$(RUN) -m config.translations

requirements: dev ## Pin the newest versions that requirements/*.in allow
	for name in uv server dev node anchor; do .venv/bin/uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 --upgrade requirements/$$name.in -o requirements/$$name.txt; done
