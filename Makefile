# All commands of the project. They need make, git and Python 3.11 or newer with its venv module, and bring the rest.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
MANAGE := $(BIN)/python manage.py
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder
PYTEST_FAILED := $(BIN)/python -m pytest --last-failed --last-failed-no-failures none
COMPILE := $(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"
NODE_PACKAGES := tests/journeys/node_modules/.package-lock.json
PEER_PACKAGES := bench/peers/node_modules/.package-lock.json
EXAMPLE_PACKAGES := examples/react/node_modules/.package-lock.json

.PHONY: run cluster test test-postgresql test-sqlite test-plain check audit sbom lint docs format lock package chaos soak attack bench bench-quick
.NOTPARALLEL:

# The shop on http://127.0.0.1:$PORT (8000), with demo data unless DEMO=0. Ctrl-C stops it.
run: $(VENV)/requirements.installed
	@$(BIN)/python -m tools.run

# nginx on http://127.0.0.1:$PORT (8000) before two server processes, a worker, PostgreSQL and Redis: the shape of deploy/
# without containers.
cluster: $(VENV)/requirements-test.installed
	@$(BIN)/python tools/cluster.py

# The suite on PostgreSQL and Redis; then what is marked `everywhere` on SQLite and the in-memory layer; then what is
# marked so in the kernel, the adapters' own tests and those of sockets on the plain roads of all adapters (tests/conftest.py
# chooses).
# make test ARGS="tests/accounts -k login"; with another Python: make test PYTHON=python3.13 VENV=.venv-3.13
test: test-postgresql test-sqlite test-plain

# What fails beside browsers and servers of other tests is tried once more alone, and has to pass then.
test-postgresql: $(VENV)/requirements-test.installed $(NODE_PACKAGES) $(EXAMPLE_PACKAGES)
	$(BIN)/python tools/backends.py -- $(PYTEST) $(ARGS) || \
		{ [ $$? -eq 1 ] && $(BIN)/python tools/backends.py -- $(PYTEST_FAILED); }

test-sqlite: $(VENV)/requirements-test.installed
	DEBUG=1 DATABASE_URL= REDIS_URL= $(PYTEST) $(ARGS) -m everywhere $(if $(ARGS),|| [ $$? -eq 5 ])

test-plain: $(VENV)/requirements-test.installed
	PLAIN_ADAPTERS=uvicorn,engineio,redis,postgres $(BIN)/python tools/backends.py -- $(PYTEST) $(ARGS) \
		$(if $(ARGS),|| [ $$? -eq 5 ])

# What CI runs. Two of its parts may have other Pythons: make check SQLITE_PYTHON=python3.12 PLAIN_PYTHON=python3.13
check: lint test-postgresql
	$(MAKE) test-sqlite $(call with,$(SQLITE_PYTHON))
	$(MAKE) test-plain $(call with,$(PLAIN_PYTHON))

with = $(if $(1),PYTHON=$(1) VENV=.venv-$(notdir $(1)))

lint docs: export DEBUG = 1
lint docs: export DATABASE_URL = sqlite://:memory:
lint docs: export REDIS_URL =

PRODUCTION = DEBUG=0 ALLOWED_HOSTS=example.com APP_URL=https://example.com \
	SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	DATABASE_URL=postgresql://vitrine@localhost/vitrine REDIS_URL=redis://localhost

TYPES := realtime/static/realtime/client.d.ts

# $(call fresh,FILE,COMMAND): the committed document is what the code says today.
fresh = $(MANAGE) $(2) > $(VENV)/$(notdir $(1)) && diff -u $(1) $(VENV)/$(notdir $(1)) || { echo "$(1) is stale: make docs"; exit 1; }

lint: $(VENV)/requirements-test.installed $(NODE_PACKAGES) $(EXAMPLE_PACKAGES)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(MANAGE) makemigrations --check --dry-run
	$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING
	@$(call fresh,docs/openapi.yaml,spectacular --validate --fail-on-warn)
	@$(call fresh,docs/asyncapi.yaml,asyncapi)
	@$(call fresh,docs/limits.md,limits)
	@$(call fresh,$(TYPES),typings)
	@if command -v npm >/dev/null; then tests/journeys/node_modules/.bin/tsc -p storefront && cd examples/react && npm run -s check; \
	else echo "There is no npm: the types of the scripts are not checked."; fi

docs: $(VENV)/requirements-test.installed
	$(MANAGE) spectacular --validate --fail-on-warn --file docs/openapi.yaml
	$(MANAGE) asyncapi > docs/asyncapi.yaml
	$(MANAGE) limits > docs/limits.md
	$(MANAGE) typings > $(TYPES)

# The chaos test at length: processes are killed and Redis restarted while clients talk, and then each outage for as long
# as it may last. make chaos CHAOS_SEED=7
chaos: export CHAOS_STEPS ?= 10000
chaos: $(VENV)/requirements-test.installed
	$(BIN)/python tools/backends.py -- $(BIN)/python -m pytest -n 0 tests/chaos $(ARGS)

# Many clients over nginx and two processes for half an hour: what grows although nothing is to be kept; var/soak.md.
soak: export SOAK_SECONDS ?= 1800
soak: export SOAK_CLIENTS ?= 250
soak: $(VENV)/requirements-test.installed
	$(BIN)/python tools/backends.py -- $(BIN)/python -m pytest -n 0 tests/soak $(ARGS)

# The attacks at length: a hundred thousand inputs, floods, ten thousand hostile connections, generated REST calls in all
# roles; half an hour, and a table in var/attack.md. make attack ATTACK_SEED=7 ARGS="-k websocket"
attack: export ATTACK_INPUTS ?= 100000
attack: export ATTACK_CALLS ?= 60
attack: export ATTACK_PHASES ?= examples,coverage,fuzzing,stateful
attack: export ATTACK_SECONDS ?= 10
attack: export ATTACK_CONNECTIONS ?= 10000
attack: $(VENV)/requirements-test.installed
	$(BIN)/python tools/backends.py -- $(BIN)/python -m pytest -n 0 tests/attack $(ARGS)

# The product against its peers: bench/RESULTS.md after forty minutes; after two a quick look in var/bench-quick.md.
# make bench ARGS="--only chat-100 --rounds 5"
bench bench-quick: $(VENV)/requirements-test.installed .venv/loadgen $(PEER_PACKAGES)
	$(BIN)/python -m bench.run $(if $(filter bench-quick,$@),--quick) $(ARGS)

# The scripts for other sites' pages as a package for npm, in var/package.
package: $(VENV)/requirements.installed
	@$(BIN)/python -m tools.package

# The bill of materials of what is installed by requirements.txt and of what browsers are given, as CycloneDX.
sbom: $(VENV)/requirements.installed
	@mkdir -p var
	$(BIN)/python tools/sbom.py > var/sbom.json
	@echo "var/sbom.json"

# Known vulnerabilities of what is locked. It asks the package index's own database, so a mirror without that fails it: --strict
# has it say so rather than find nothing.
AUDIT := pip-audit==2.10.1 --strict --require-hashes --disable-pip --progress-spinner off
audit: $(VENV)/requirements-uv.tried
	$(BIN)/uv tool run $(AUDIT) -r requirements.txt -r requirements-uv.txt $(ARGS)

format: $(VENV)/requirements-test.installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# make lock ARGS=--upgrade
lock: $(VENV)/requirements-test.installed
	$(COMPILE) $(ARGS) requirements-uv.in -o requirements-uv.txt
	$(COMPILE) $(ARGS) requirements.in -o requirements.txt
	$(COMPILE) $(ARGS) requirements-test.in -c requirements.txt -o requirements-test.txt

PIP := $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes

# Where uv fails, pip does the same with the same hashes; it also knows pip's own settings, such as a company's mirror.
$(VENV)/%.installed: %.txt $(BIN)/python | $(VENV)/requirements-uv.tried
	@echo "Installing what $< locks"
	@test -x $(BIN)/uv && $(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r $< || \
		{ echo "uv cannot install it: pip does, which takes about a minute"; $(PIP) -r $<; }
	@touch $@

# Where no uv is built for this machine, pip must not build it: that needs Rust and takes minutes.
$(VENV)/requirements-uv.tried: requirements-uv.txt $(BIN)/python
	@echo "Installing uv, which installs the rest"
	@$(PIP) --only-binary :all: -r $< || echo "uv cannot be had here"
	@touch $@

# Debian has Python's venv module in a package of its own.
FIT := import ensurepip, sys, venv; print("yes" * (sys.version_info >= (3, 11)))
NEEDED := Python 3.11 or newer with its venv module: apt-get install python3-venv, or name another: make PYTHON=python3.12

$(BIN)/python:
	$(if $(shell $(PYTHON) -c '$(FIT)' 2>/dev/null),,$(error This needs $(NEEDED)))
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)

$(NODE_PACKAGES): tests/journeys/package-lock.json
	@if command -v npm >/dev/null; then cd tests/journeys && npm ci; \
	else echo "There is no npm: tests with JavaScript clients are skipped."; fi

$(EXAMPLE_PACKAGES): examples/react/package-lock.json
	@if command -v npm >/dev/null; then cd examples/react && npm ci; \
	else echo "There is no npm: the React example is not checked."; fi

$(PEER_PACKAGES): bench/peers/package-lock.json
	@if command -v npm >/dev/null; then cd bench/peers && npm ci; \
	else echo "There is no npm: the benchmark leaves Node's servers out."; fi

.venv/loadgen: bench/loadgen/loadgen.c $(wildcard bench/loadgen/*.h)
	@command -v gcc >/dev/null || { echo "The load generator is written in C: apt-get install gcc libc6-dev"; exit 1; }
	gcc -O2 -Wall -Wextra -o $@ $<
