.DEFAULT_GOAL := help
.PHONY: help demo test check bench format schemas lock
COMPILE := uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

help: ## what can be done here
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## everything in one process with two programme years in it
	deploy/demo

test: ## all checks and all tests
	deploy/test

check: ## format, lint, types and import contracts, in seconds
	deploy/check

bench: ## the benchmarks, written to bench.json
	deploy/bench

format: ## format the code and sort its imports
	.venv/bin/ruff check --fix-only --quiet . && .venv/bin/ruff format .

schemas: ## write the JSON schemas of the events
	.venv/bin/python -m shared.contracts.schemas

lock: ## resolve the dependencies again
	$(COMPILE) pyproject.toml --group run -o deploy/requirements.txt
	$(COMPILE) pyproject.toml --group dev -o deploy/requirements-dev.txt
