# One code path: every target sets up .venv first, if it is not there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
IMAGE ?=
OUT ?= demo_output

# Of each of the two fuzzing tests of annotation files.
CASES ?= 5000

.PHONY: demo test fuzz lint install clean
demo: $(STAMP)
	$(BIN)/python tools/demo.py --out $(OUT) $(IMAGE)

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile

fuzz: $(STAMP)
	$(BIN)/python -m pytest tests/reliability/test_hostile_*.py --cases $(CASES)

lint: $(STAMP)
	$(BIN)/ruff check .

install: $(STAMP)

$(STAMP): setup.cfg setup.py $(wildcard requirements/*.txt)
	@echo "Setting up $(VENV), which takes a minute or more and is silent"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -r requirements/base.txt -r requirements/deploy.txt -r requirements/tests.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -r requirements/openmmlab.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	$(BIN)/python -m erpose.env
	touch $@

clean:
	rm -rf $(VENV) build demo_output projects/*.egg-info
