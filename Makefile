.DEFAULT_GOAL := help
SHELL := /bin/bash
PY ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(p) 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml gateway/pyproject.toml svc-*/pyproject.toml))
SOURCES := pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS))
OWN := $(foreach m,$(MEMBERS),--no-emit-package $(subst _,-,$(notdir $(m)))) --no-emit-package pingdingshan-services
STAMP := $(VENV)/.installed

.PHONY: help
help: ## Show this help
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(UV): requirements-uv.lock
	@test -n "$(PY)" || { echo "Python 3.11 or newer is needed: install it or set PY=/path/to/python"; exit 1; }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PY) is older than Python 3.11: set PY=/path/to/python"; exit 1; }
	$(PY) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $(UV)

$(STAMP): $(UV) requirements.lock $(SOURCES)
	$(UV) pip sync -q --python $(VENV) --require-hashes --only-binary :all: requirements.lock
	$(UV) pip install -q --python $(VENV) --no-deps $(addprefix -e ./,$(MEMBERS))
	@touch $(STAMP)

.PHONY: install
install: $(STAMP) ## Create the virtual environment from the lock

.PHONY: lock
lock: $(UV) ## Resolve dependencies anew into requirements.lock (hashes, no addresses)
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --annotation-style line $(OWN) --group dev $(SOURCES) -o requirements.lock
	@! grep -nE '://' requirements.lock
