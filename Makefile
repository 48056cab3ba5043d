.DEFAULT_GOAL := help
SHELL := /bin/bash
PY ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(p) 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml gateway/pyproject.toml svc-*/pyproject.toml))
SERVICES := catalog booking license seal complaint
SOURCES := pyproject.toml $(addsuffix /pyproject.toml,$(MEMBERS))
OWN := $(foreach m,$(MEMBERS),--no-emit-package $(subst _,-,$(notdir $(m)))) --no-emit-package pingdingshan-services
OPENAPI := $(foreach s,$(SERVICES),svc_$(s)=svc-$(s)/openapi.json)
STAMP := $(VENV)/.installed
WORKERS ?= 3
export PORT_BASE ?= 8000

.PHONY: help
help: ## Show this help
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(UV): requirements-uv.lock
	@test -n "$(PY)" || { echo "Python 3.11 or newer is needed: install it or set PY=/path/to/python"; exit 1; }
	@$(PY) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PY) is older than Python 3.11: set PY=/path/to/python"; exit 1; }
	@$(PY) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $(UV)

$(STAMP): $(UV) requirements.lock $(SOURCES)
	@echo "installing …"
	@$(UV) pip sync -q --python $(VENV) --require-hashes --only-binary :all: --compile-bytecode requirements.lock
	@$(UV) pip install -q --python $(VENV) --no-deps $(addprefix -e ./,$(MEMBERS))
	@touch $(STAMP)

.PHONY: install
install: $(STAMP) ## Create the virtual environment from the lock

.PHONY: run
run: $(STAMP) ## Run the whole platform (PORT_BASE=8000); Ctrl-C stops it
	@exec $(BIN)/python -m lib_local run

.PHONY: demo
demo: $(STAMP) ## Walk the main journey on the running platform
	@$(BIN)/python deploy/demo/journey.py

.PHONY: enrolment
enrolment: $(STAMP) ## Enrol 1,414 pupils on the running platform, without one paper
	@$(BIN)/python deploy/demo/enrol.py

.PHONY: token
token: $(STAMP) ## Print a demo user's access token: make -s token NAME=citizen_a
	@$(BIN)/python -m lib_local token $(or $(NAME),citizen_a)

.PHONY: clean-data
clean-data: $(STAMP) ## Forget all data of the local run
	@$(BIN)/python -m lib_local clean

.PHONY: test
test: $(STAMP) ## Run all tests on embedded servers
	$(BIN)/pytest -q -n $(WORKERS) --dist worksteal --ignore tests/e2e
	$(BIN)/pytest -q tests/e2e

.PHONY: check
check: $(STAMP) ## Lint, types, architecture, OpenAPI drift
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@for m in $(MEMBERS) deploy/demo tests; do $(BIN)/mypy --no-error-summary $$m || exit 1; done; echo "mypy: no issues in $(words $(MEMBERS)) members"
	$(BIN)/lint-imports
	$(BIN)/python -m lib_service.openapi --check $(OPENAPI)
	$(BIN)/python -m gateway.route_check $(OPENAPI)

.PHONY: format
format: $(STAMP) ## Format the code and mend what can be mended
	$(BIN)/ruff check --fix -q .
	$(BIN)/ruff format .

.PHONY: openapi
openapi: $(STAMP) ## Write each service's openapi.json
	$(BIN)/python -m lib_service.openapi $(OPENAPI)

.PHONY: bench
bench: $(STAMP) ## Measure: make bench ONLY=gateway
	@PYTHONPATH=tests $(BIN)/python -m bench.run $(ONLY)

.PHONY: chaos
chaos: $(STAMP) ## Kill service, worker, NATS and PostgreSQL in a booking rush and count (2 minutes)
	@PYTHONPATH=tests $(BIN)/python -m chaos.run

.PHONY: city
city: $(STAMP) ## Simulate a day of all halls with and without booking: make city SCALE=2 (.run/city-day.png)
	@$(BIN)/python deploy/demo/city_day.py

.PHONY: city-data
city-data: $(STAMP) ## Generate the demo city's data files anew
	$(BIN)/python deploy/demo/generate_city.py

.PHONY: sample
sample: $(STAMP) ## Write a sealed sample licence to .run/sample
	@$(BIN)/python deploy/demo/sample.py .run/sample

.PHONY: lock
lock: $(UV) ## Resolve dependencies anew into requirements.lock (hashes, no addresses)
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --annotation-style line $(OWN) --group dev $(SOURCES) -o requirements.lock
	@! grep -nE '://' requirements.lock
