# Everything starts here: a machine with git, make and Python 3.12 or later needs no more than `make demo`.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
unexport PYTHONDONTWRITEBYTECODE        # compiled modules start in half the time
unexport PYTHONPATH VIRTUAL_ENV         # what is installed in .venv, and nothing else

BIN := .venv/bin

.PHONY: help install demo test check lab serve bench lock clean
.PHONY: lint types contracts notebooks secrets manifests

help: ## This list
	@printf 'openbook: from a notebook to a page that anyone can recompute.\n\n'
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r name text; do \
	    printf '%-18s %s\n' "$$name" "$$text"; done
	@printf '\nThe first of them installs what it needs into .venv; ARGS="..." is handed on to the tool,\n'
	@printf 'and PYTHON=/path/to/python3 chooses the Python that .venv is made with.\n'

demo: install ## The whole chain on bundled history: notebooks, nightly runs, PostgreSQL, site (6 minutes)
	@$(BIN)/openbook demo $(ARGS)

test: install ## The tests (ARGS="tests/trading -k cash" runs some of them)
	@$(BIN)/pytest -n logical --maxprocesses 4 --dist loadfile $(ARGS)

check: lint types contracts notebooks secrets manifests ## Everything that can be judged without running it

lab: install ## JupyterLab with kernel, database and sample data ready
	@$(BIN)/openbook lab $(ARGS)

serve: install ## The built site at a loopback address
	@$(BIN)/openbook site serve $(ARGS)

bench: install ## The speed and memory figures in benchmarks/ (ARGS="one_backtest" runs one of them)
	@sh .ci/install peers
	@$(BIN)/python benchmarks/harness/all.py $(ARGS)

lock: ## Renew requirements.lock from pyproject.toml, and the peers' lock (UPGRADE=1: to the newest releases)
	@UPGRADE="$(UPGRADE)" sh .ci/install lock
	@UPGRADE="$(UPGRADE)" sh .ci/install lock-peers

install: ## Create or mend .venv from requirements.lock; nothing to do, nothing done
	@sh .ci/install

clean: ## Remove .venv, caches and the built site; the record in .openbook/ stays
	rm -rf .venv .venv-peers .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
	rm -rf site/content site/data site/public site/.public.* site/resources site/static/charts .hugo_build.lock
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- the parts of `make check`, each of which can be run alone ---

lint: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: install
	$(BIN)/mypy

contracts: install
	$(BIN)/lint-imports --no-cache

notebooks: install
	$(BIN)/pytest -q tests/house/test_notebooks.py

secrets: install
	$(BIN)/gitleaks git --no-banner --redact --verbose .

manifests: install
	$(BIN)/hadolint Dockerfile
	$(BIN)/openbook k8s render --check
	$(BIN)/pytest -q tests/infrastructure/test_manifests.py
