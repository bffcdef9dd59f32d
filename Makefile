# make demo   sets up, and runs the stand: booth, wall, timeline and machine room, with the whole pipeline behind them
#             (make demo HEADLESS=1 colours its samples once into demo-out/ and ends; OPTIONS="--host 0.0.0.0" and others)
# make test   sets up and runs the tests
# make check  sets up and runs the linters and the type checker
# make docs   writes the pages that are made from code
# make lock   writes both lock files again, with newer versions where there are any (needs uv)

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CAFFE_VENV := .venv-caffe

.PHONY: demo test check docs lock clean

demo: $(VENV)/.ready-run
	$(BIN)/colorise demo $(if $(HEADLESS),--headless demo-out) $(OPTIONS)

test: $(VENV)/.ready-dev $(CAFFE_VENV)/.ready
	COLORISE_OPENCV4_PYTHON="$(CURDIR)/$(CAFFE_VENV)/bin/python" $(BIN)/python -m pytest -n 2 $(TESTS)

check: $(VENV)/.ready-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry .
	$(BIN)/codespell

docs: $(VENV)/.ready-dev
	$(BIN)/python -m tools.messages_doc

$(VENV)/.ready-run: requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --require-hashes -r requirements.lock
	PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) install --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready-run requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	touch $@

# OpenCV 5 lost its Caffe importer; the tests compare ours with the last 4.x, in an environment of its own.
$(CAFFE_VENV)/.ready: requirements-caffe.lock
	test -x $(CAFFE_VENV)/bin/python || $(PYTHON) -m venv $(CAFFE_VENV)
	$(CAFFE_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r $<
	touch $@

COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --quiet

lock:
	echo 'uv_build>=0.13,<0.14' | $(COMPILE) pyproject.toml - --extra image --extra video --extra bot --extra heif --extra demo -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock -o requirements-dev.lock
	echo 'opencv-python-headless>=4,<5' | $(COMPILE) - -o requirements-caffe.lock

clean:
	rm -rf $(VENV) $(CAFFE_VENV) build dist demo-out
