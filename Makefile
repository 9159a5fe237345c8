# `make help` lists the targets. Each target installs what it needs in $(VENV).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
SETUP := $(VENV)/.ready
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
  --custom-compile-command 'make lock'

INSTALL_UV := $(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement tools/uv.lock

PROJECT := --no-emit-package dataflowxpress --no-emit-package dataflowxpress-sandbox

# Tests start hundreds of Python processes: without bytecode, each compiles our modules again.
unexport PYTHONDONTWRITEBYTECODE

# Most tests wait for a server most of the time. Each worker needs about 2 GB of memory.
CORES := $(shell getconf _NPROCESSORS_ONLN)
WORKERS ?= $(shell echo $$(( $(CORES) < 4 ? 2 * $(CORES) + 1 : 8 )))
# Pages that follow the prose rules in styles/.
PROSE := README.md CONTRIBUTING.md SECURITY.md CODE_OF_CONDUCT.md docs
IMAGE ?= dataflowxpress:0.1.0
BUILD ?= docker build

.DEFAULT_GOAL := help
.PHONY: sbom release-check release-push docs docs-serve test-docs pre-commit bench-data bench-fleet help setup demo test test-all check fmt crd iam reasons cost lock clean walks argocd argocd-testdata dashboard e2e-argocd e2e-observability e2e-node chart image

##@ Start
help: ## list the targets
	@awk -F ':.*## ' '/^##@ /{printf "\n%s\n", substr($$0, 5)} /^[a-z0-9-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(SETUP) ## create the virtual environment from the lock file

$(SETUP): requirements.lock tools/uv.lock pyproject.toml sandbox/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@echo "… $(VENV) from requirements.lock: one to three minutes if it is new" >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(UV) || $(INSTALL_UV)
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable . --editable sandbox
	@touch $@
	@echo "✓ $(VENV)" >&2

demo: $(SETUP) ## run the demo on a local sandbox (KEEP=1: leave the sandbox running)
	@$(BIN)/dataflowxpress demo $(if $(KEEP),--keep)

##@ Change
pre-commit: $(SETUP) ## check each commit with the quick part of `make check`, by a git hook
	@$(BIN)/pre-commit install

lock: ## update the lock files from pyproject.toml
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV) && $(INSTALL_UV); }
	@$(LOCK) --extra otel --group dev pyproject.toml sandbox/pyproject.toml $(PROJECT) --output-file requirements.lock
	@$(LOCK) --extra otel --constraint requirements.lock pyproject.toml --output-file image/requirements.lock
	@$(LOCK) --no-deps --constraint requirements.lock tools/uv.in --output-file tools/uv.lock
	@$(LOCK) --no-deps tools/helm4/requirements.in --output-file tools/helm4/requirements.lock
	@$(LOCK) --group build --constraint requirements.lock --output-file image/build.lock

fmt: $(SETUP) ## format the code and apply safe lint fixes
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

##@ Generate
crd: $(SETUP) ## generate crds/datapipelines.yaml, the chart's copy and the JSON schema from the models
	@mkdir -p build && $(BIN)/dataflowxpress crd > build/crd.yaml
	@cp build/crd.yaml crds/datapipelines.yaml
	@mv build/crd.yaml charts/dataflowxpress/files/datapipelines.yaml
	@$(BIN)/dataflowxpress schema > build/schema.json && mv build/schema.json schemas/datapipeline.json

argocd: $(SETUP) ## generate the Argo CD settings from argocd/resource_customizations
	@$(BIN)/python tools/argocd.py

argocd-testdata: $(SETUP) ## capture testdata for the Argo CD health checks on a sandbox
	@$(BIN)/python -m tests.argocd.capture

iam: $(SETUP) ## generate the documents in docs/iam from aws/operator_policy.py and aws/change_stack.py
	@mkdir -p build && $(BIN)/dataflowxpress iam policy --prefix default- \
	  --boundary arn:aws:iam::111122223333:policy/dataflowxpress-boundary > build/operator.json && mv build/operator.json docs/iam/
	@$(BIN)/dataflowxpress iam lists > build/lists.json && mv build/lists.json docs/iam/
	@$(BIN)/dataflowxpress iam encryption --prefix default- > build/encryption.json && mv build/encryption.json docs/iam/
	@$(BIN)/dataflowxpress iam security-configuration --prefix default- > build/security-configuration.json \
	  && mv build/security-configuration.json docs/iam/
	@$(BIN)/dataflowxpress iam access-logs --prefix default- --bucket access-logs > build/access-logs.json && mv build/access-logs.json docs/iam/
	@$(BIN)/dataflowxpress iam network > build/network.json && mv build/network.json docs/iam/
	@$(BIN)/dataflowxpress iam changes > build/changes.json && mv build/changes.json docs/iam/
	@$(BIN)/dataflowxpress iam changes --other-account > build/changes-other.json
	@mv build/changes-other.json docs/iam/changes-other-account.json
	@$(BIN)/dataflowxpress iam changes-stack > build/changes-stack.json && mv build/changes-stack.json docs/iam/

reasons: $(SETUP) ## generate docs/reasons.md from api/reasons.py
	@mkdir -p build && $(BIN)/dataflowxpress explain > build/reasons.md && mv build/reasons.md docs/

cost: $(SETUP) ## compute the tables of docs/cost.md
	@$(BIN)/python tools/cost.py

.PHONY: public-api
public-api: $(SETUP) ## record the public Python API in tests/unit/public_api.txt after a change
	@mkdir -p build && $(BIN)/python -m tools.website.python_api > build/public_api.txt
	@mv build/public_api.txt tests/unit/

.PHONY: recording
recording: $(SETUP) ## record the README's session of real commands on a sandbox
	@$(BIN)/python -m tools.recording

dashboard: $(SETUP) ## generate the Grafana dashboard
	@$(BIN)/python tools/dashboard.py

chart: $(SETUP) ## generate the chart's README from its values
	@$$($(BIN)/python -m tools.tool helm-docs) --chart-search-root charts/dataflowxpress --log-level warning

.PHONY: screenshots
screenshots: $(SETUP) ## take the pictures of the page for docs/images, from a sandbox (needs Chromium)
	@$(BIN)/python -m tests.ui.screenshots

##@ Document
docs: $(SETUP) ## build the documentation as a site in build/site; fails on a dead link or a page without a place
	@mkdir -p build && NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs --quiet build --strict
	@echo "build/site/index.html"

docs-serve: $(SETUP) ## serve the documentation on this machine, and build it again after each change
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs serve

test-docs: $(SETUP) ## run the commands and manifests of all pages on one sandbox, and count them
	@WALK=all $(BIN)/python -m pytest -q -p no:randomly tests/pages

##@ Package
image: $(SETUP) sbom ## check, build and scan the image (IMAGE=..., BUILD="buildah bud")
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/python -m pytest -q tests/image
	@$(BUILD) --tag $(IMAGE) --build-arg REVISION=$$(git rev-parse HEAD) .
	@if command -v grype > /dev/null; then grype $(IMAGE) --only-fixed --fail-on high; \
	elif command -v trivy > /dev/null; then trivy image --ignore-unfixed --severity HIGH,CRITICAL --exit-code 1 $(IMAGE); \
	else echo "$(IMAGE) is not scanned for vulnerabilities: install grype or trivy"; fi

sbom: $(SETUP) ## list the Python packages of the image in dist/sbom.cdx.json
	@$(UV) venv --quiet --clear build/image
	@$(UV) pip sync --quiet --python build/image/bin/python --require-hashes image/requirements.lock
	@mkdir -p dist
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
	  --output-file dist/sbom.cdx.json build/image/bin/python

release-check: $(SETUP) ## build and check in dist/ all that a release publishes (RELEASE_REGISTRY, RELEASE_SOURCE, RELEASE_TAG)
	@$(BIN)/python -m tools.release check
	@$(BIN)/python -m pytest -q -p no:randomly tests/release tests/node/test_registry.py

release-push: $(SETUP) ## push and sign the chart and the OLM bundle in dist/ (RELEASE_REGISTRY; needs docker and cosign)
	@$(BIN)/python -m tools.release push

##@ Check
check: $(SETUP) ## run linters, format, type and prose checks, and unit tests
	@$(MAKE) --no-print-directory --jobs 2 lint unit

.PHONY: lint unit
lint: $(SETUP) ## check style, format, types, layers and prose
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy operator sandbox tests lambdas glue image tools
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python tools/prose.py $(PROSE)

unit: $(SETUP) ## run unit tests on all processors
	@$(BIN)/python -m pytest -q --numprocesses $(CORES) --dist worksteal tests/unit tests/dataflow

.PHONY: chaos
chaos: $(SETUP) ## test random uploads under random faults (SEED=1 SEEDS=1 UPLOADS=60 LANES=4 FORMAT=Parquet)
	@CHAOS_SEED=$(SEED) CHAOS_SEEDS=$(SEEDS) CHAOS_UPLOADS=$(or $(UPLOADS),60) CHAOS_LANES=$(LANES) CHAOS_FORMAT=$(FORMAT) $(BIN)/python -m pytest -q tests/chaos/test_chaos.py

# pytest prints what it deselects and skips, and why it skips. The API servers of tests live for
# minutes: GOGC saves their processors at the cost of memory.
PARALLEL = GOGC=400 $(BIN)/python -m pytest --durations 20 --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder
# `make soak` lasts an hour, with 200 pipelines.
SHORT_SOAK = SOAK_MINUTES=10 SOAK_PIPELINES=40
EXTERNAL := tests/argocd tests/node tests/observability
SUITES := tests --ignore tests/unit --ignore tests/dataflow $(EXTERNAL:%=--ignore %)

test: check ## run unit, contract, Lambda, Spark and end-to-end tests (WORKERS: 8 at most)
	@$(PARALLEL) -m "not extended" $(SUITES)

test-all: export WALK := all
test-all: check ## run all tests: `make test`, longer ones, real Argo CD, node and Prometheus
	@$(SHORT_SOAK) $(PARALLEL) $(SUITES); status=$$?; \
	$(BIN)/python -m pytest -p no:randomly $(EXTERNAL) && exit $$status

walks: $(SETUP) ## interrupt every call, delete 10,000 objects; `make test` runs a sample
	@WALK=all $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal tests/walks

soak: $(SETUP) ## change many pipelines under faults for long (MINUTES=60 PIPELINES=200 SEED=1)
	@SOAK_MINUTES=$(MINUTES) SOAK_PIPELINES=$(PIPELINES) SOAK_SEED=$(SEED) $(BIN)/python -m pytest -q tests/cluster/test_soak.py

e2e-argocd: $(SETUP) ## test GitOps on a real Argo CD (DATAFLOWXPRESS_ARGOCD: command that runs it)
	@$(BIN)/python -m pytest -p no:randomly tests/argocd

e2e-observability: $(SETUP) ## test each alert and dashboard query on a real Prometheus
	@$(BIN)/python -m pytest -p no:randomly tests/observability

e2e-node: $(SETUP) ## test the chart on a real node (DATAFLOWXPRESS_NODE: command that runs it)
	@$(BIN)/python -m pytest -p no:randomly -s tests/node

##@ Measure
bench-data: $(SETUP) ## measure the job beside plain Spark (WHAT="many largest", all by default)
	@$(BIN)/python -m tests.bench.data $(WHAT)

.PHONY: bench
bench: $(SETUP) ## measure one pipeline beside Terraform (ROUNDS=3, TF_PLUGIN_DIR: directory with its provider)
	@$(BIN)/python -m tests.bench.control --rounds $(or $(ROUNDS),3)

bench-fleet: $(SETUP) ## measure an operator with many pipelines (N=1000 REST=900 RESYNC=10m)
	@$(BIN)/python -m tests.bench.fleet --pipelines $(or $(N),1000) --rest $(or $(REST),900) --resync $(or $(RESYNC),10m)

.PHONY: bench-shards
bench-shards: $(SETUP) ## simulate fleets of operators in virtual time
	@$(BIN)/python -m tests.bench.shards

##@ Clean
clean: ## remove the virtual environment and build output
	rm -rf $(VENV) dist build
