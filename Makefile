# The two commands of the README, and the parts they are made of.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: study test setup lint lock bench clean

# The main job: every study of the group `attention-head`, and a report of them.
study: setup
	$(BIN)/tegum run attention-head

# The whole test suite.
test: setup
	$(BIN)/python -m pytest -n auto

setup: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# Needs uv. Same versions for every Python, on Linux and macOS alike.
lock:
	uv pip compile pyproject.toml --extra dev --universal --fork-strategy fewest --python-version 3.11 \
		--generate-hashes --no-header --output-file requirements.lock

# Side by side with what a user would run instead; the comparison with PyTorch needs `pip install .[bench]`.
bench: setup
	$(BIN)/python -m benchmarks.exact
	$(BIN)/python -m benchmarks.training
	$(BIN)/python -m benchmarks.dictionaries

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
