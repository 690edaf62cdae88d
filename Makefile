# Thin: each target is the real command, after setup.sh has seen to what the command needs.
.PHONY: run test lint bench soak screenshots documents
PORT ?= 8000
BIN := .venv/bin

run:
	@./setup.sh
	$(BIN)/appraisal demo
	$(BIN)/appraisal serve --port $(PORT)

test:
	@./setup.sh test
	$(BIN)/python -m pytest -n 2

lint:
	@./setup.sh test
	$(BIN)/ruff check
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

bench:
	@./setup.sh bench
	$(BIN)/python -m bench

soak:
	@./setup.sh test
	$(BIN)/python -m tests.soak

screenshots:
	@./setup.sh test
	$(BIN)/python -m tests.screens

documents:
	@./setup.sh test
	$(BIN)/python -m tests.documents
