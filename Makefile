# hpsync: what one does with a checkout. `make help` lists it.
PYTHON ?= python3
VENV := .venv/bin/python
UV_COMPILE := .venv/bin/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-strip-extras \
	--no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev run test check format lock messages pictures soak

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: setup ## start everything with demo data (make run PORT=9000 chooses the port); Ctrl-C stops
	@exec $(VENV) manage.py up $(if $(PORT),--port $(PORT))

test: setup-dev ## run every check; with PostgreSQL and Redis on their standard ports on them too
	@exec $(VENV) scripts/check.py

check: setup-dev ## run the quick checks: everything but the tests
	@exec $(VENV) scripts/check.py --quick

format: setup-dev ## put the code into shape
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format .

messages: setup-dev ## take new words into the English catalogue, and compile it
	@$(VENV) scripts/messages.py

pictures: setup-dev ## accept how every screen looks now (then look at what `git diff` shows)
	@PICTURES=accept $(VENV) -m pytest tests/browser/test_pictures.py

soak: setup-dev ## let anything go wrong for an hour (SOAK_MINUTES, SOAK_SEED), on the PostgreSQL and Redis of this machine
	@$(VENV) scripts/check.py --soak

lock: setup-dev ## renew requirements*.txt from requirements*.in
	$(UV_COMPILE) requirements.in -o requirements.txt
	$(UV_COMPILE) requirements-dev.in -o requirements-dev.txt

setup:
	@$(PYTHON) scripts/setup.py requirements.txt

setup-dev:
	@$(PYTHON) scripts/setup.py requirements-dev.txt
