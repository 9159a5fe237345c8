# `make help` lists what is here. Everything sets itself up in $(VENV).
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv
SETUP := $(VENV)/.ready
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
  --custom-compile-command 'make lock'

OURS := --no-emit-package dataflowxpress --no-emit-package dataflowxpress-sandbox

WORKERS ?= 2
# Pages that follow the prose rules in styles/.
PROSE := CONTRIBUTING.md docs/architecture.md
IMAGE ?= dataflowxpress:0.1.0
BUILD ?= docker build

.DEFAULT_GOAL := help
.PHONY: bench-scale bench-fleet help setup demo test check fmt crd iam reasons lock clean walks argocd argocd-testdata dashboard e2e-argocd e2e-observability e2e-node chart image

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(SETUP) ## make the virtual environment from the lock file

$(SETUP): requirements.lock pyproject.toml sandbox/pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.12 ...")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@test -x $(UV) || $(BIN)/python -m pip install --quiet uv
	@$(UV) pip sync --quiet --compile-bytecode --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --editable . --editable sandbox
	@touch $@

demo: $(SETUP) ## the main job, on a sandbox of this machine (KEEP=1: leave it running)
	@$(BIN)/dataflowxpress demo $(if $(KEEP),--keep)

lock: ## bring requirements.lock up to date with pyproject.toml
	@test -x $(UV) || { $(PYTHON) -m venv $(VENV) && $(BIN)/python -m pip install --quiet uv; }
	@$(LOCK) --extra otel --group dev pyproject.toml sandbox/pyproject.toml $(OURS) --output-file requirements.lock
	@$(LOCK) --extra otel --constraint requirements.lock pyproject.toml --output-file image/requirements.lock
	@$(LOCK) --group build --constraint requirements.lock --output-file image/build.lock

fmt: $(SETUP) ## format and apply safe lint fixes
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

crd: $(SETUP) ## generate crds/datapipelines.yaml and the chart's copy from the spec
	@mkdir -p build && $(BIN)/dataflowxpress crd > build/crd.yaml
	@cp build/crd.yaml crds/datapipelines.yaml
	@mv build/crd.yaml charts/dataflowxpress/files/datapipelines.yaml

argocd: $(SETUP) ## generate Argo CD's settings from argocd/resource_customizations
	@$(BIN)/python tools/argocd.py

argocd-testdata: $(SETUP) ## take the testdata of Argo CD's health checks from a sandbox
	@$(BIN)/python -m tests.argocd.capture

iam: $(SETUP) ## generate docs/iam/operator.json from aws/operator_policy.py
	@mkdir -p build && $(BIN)/dataflowxpress iam policy > build/operator.json && mv build/operator.json docs/iam/

reasons: $(SETUP) ## generate docs/reasons.md from api/reasons.py
	@mkdir -p build && $(BIN)/dataflowxpress explain > build/reasons.md && mv build/reasons.md docs/

dashboard: $(SETUP) ## generate Grafana's dashboard
	@$(BIN)/python tools/dashboard.py

chart: $(SETUP) ## generate the README of the chart's values
	@$$($(BIN)/python tools/tool.py helm-docs) --chart-search-root charts/dataflowxpress --log-level warning

image: $(SETUP) ## build the operator's image, checked, with its bill of materials in dist/ (IMAGE=..., BUILD="buildah bud")
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/python -m pytest -q tests/image
	@$(UV) venv --quiet --clear build/image
	@$(UV) pip sync --quiet --python build/image/bin/python --require-hashes image/requirements.lock
	@mkdir -p dist
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type application --output-reproducible \
	  --output-file dist/sbom.cdx.json build/image/bin/python
	@$(BUILD) --tag $(IMAGE) --build-arg REVISION=$$(git rev-parse HEAD) .

check: $(SETUP) ## lint, format, types, prose, unit tests: seconds
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy operator sandbox tests lambdas glue image tools
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python tools/prose.py $(PROSE)
	@$(BIN)/python -m pytest -q tests/unit

.PHONY: chaos
chaos: $(SETUP) ## random uploads under random faults (SEED=1 SEEDS=1 UPLOADS=60, LANES=4 at once)
	@CHAOS_SEED=$(SEED) CHAOS_SEEDS=$(SEEDS) CHAOS_UPLOADS=$(or $(UPLOADS),60) CHAOS_LANES=$(LANES) $(BIN)/python -m pytest -q tests/chaos/test_chaos.py

test: check ## everything: unit, contract, Lambdas, Glue on Spark, end to end (WORKERS=2 at once)
	@$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder tests \
	  --ignore tests/unit --ignore tests/argocd --ignore tests/observability

walks: $(SETUP) ## every call interrupted, 10,000 objects deleted: what `make test` takes a sample of
	@WALK=all $(BIN)/python -m pytest --numprocesses $(WORKERS) --dist worksteal tests/walks

e2e-argocd: $(SETUP) ## the GitOps life on a real Argo CD (DATAFLOWXPRESS_ARGOCD: the command that runs one)
	@$(BIN)/python -m pytest -p no:randomly tests/argocd

e2e-observability: $(SETUP) ## each alert and each query of the dashboard, on a real Prometheus
	@$(BIN)/python -m pytest -p no:randomly tests/observability

e2e-node: $(SETUP) ## the chart's life on a real node (DATAFLOWXPRESS_NODE: the command that runs one)
	@$(BIN)/python -m pytest -p no:randomly -s tests/node

bench-scale: $(SETUP) ## many objects, a large one, a long history (WHAT="many large history")
	@$(BIN)/python -m tests.bench.scale $(or $(WHAT),many large history)

bench-fleet: $(SETUP) ## what many pipelines cost an operator (PIPELINES=200 PAUSED=800)
	@$(BIN)/python -m tests.bench.fleet --pipelines $(or $(PIPELINES),200) --paused $(or $(PAUSED),800)

clean: ## remove what setup made
	rm -rf $(VENV) dist build
