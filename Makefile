# Every target but clean sets up .venv if it is missing.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Second OpenCV, besides that of requirements/: exported files must run on both.
OPENCV_5 := opencv-python-headless==5.0.0.93
IMAGE ?=
OUT ?= demo_output

.PHONY: demo test test-all distributed faults fuzz parity lint types install clean
demo: $(STAMP)
	$(BIN)/python tools/demo.py --out $(OUT) $(IMAGE)

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal

# Also the slow tests: those that take minutes, and further cases of a kind.
test-all: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "slow or not slow"

# The long forms of tests/reliability, see docs/reliability.md.
distributed: $(STAMP)
	$(BIN)/python -m pytest -s tests/reliability/test_distributed.py -m "slow or not slow"

parity: $(STAMP)
	$(BIN)/python -m pytest tests/reliability/test_geometry.py tests/reliability/test_invariance.py \
	  tests/reliability/test_evaluation_agrees.py -m "slow or not slow" --hypothesis-profile=long

faults: $(STAMP)
	$(BIN)/python -m pytest -s -m "slow or not slow" tests/reliability/test_interrupted.py

# CASES: number of files in each of the two fuzzing tests of annotation files.
CASES ?= 5000
fuzz: $(STAMP)
	$(BIN)/python -m pytest tests/reliability/test_hostile_*.py --cases $(CASES)

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo --no-cache

types: $(STAMP)
	$(BIN)/python -m mypy

install: $(STAMP)

$(STAMP): setup.cfg setup.py $(wildcard requirements/*.txt)
	@echo "Setting up $(VENV), which takes a minute or more and is silent"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q -r requirements/base.txt -r requirements/deploy.txt -r requirements/tests.txt
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -r requirements/openmmlab.txt
	$(BIN)/python -m pip install -q --no-deps --target $(VENV)/opencv5 $(OPENCV_5)
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	$(BIN)/python -m erpose.env
	touch $@

clean:
	rm -rf $(VENV) build demo_output projects/*.egg-info
