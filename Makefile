# `make demo` and `make test` are all a newcomer needs; `make help` lists the rest.
# Set-up is stamped: a second run does only what has changed.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help

PYTHON ?= python3
OUT ?= out
BENCH_FLAGS ?=
FUZZ_SECONDS ?= 300
# How many cases each property test (proptest) draws in `make test-all`.
PROPERTY_CASES ?= 2000

VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
PIP := $(BIN)/python -m pip --disable-pip-version-check
NO_PYTHON := $(CURDIR)/target/no-python

export MPLBACKEND ?= Agg
# One interpreter for every build of the binding, or PyO3 would be compiled again for each.
export PYO3_PYTHON := $(BIN)/python

# Everything that ends up in the wheel.
WHEEL_SOURCES := Cargo.toml Cargo.lock pyproject.toml python/Cargo.toml $(wildcard README.md LICENSE-*) \
	$(shell find src python/src $(wildcard python/patronomy) -type f ! -name '*.pyc' ! -name '*.so')
EXAMPLES := $(basename $(notdir $(wildcard examples/*.rs)))
BENCHES := $(basename $(notdir $(wildcard benches/*.rs)))
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
COMPARISONS := $(filter-out benches/compare/_%,$(wildcard benches/compare/*.py))

.PHONY: help build demo test test-core test-python test-all test-doc test-lean test-long test-notebooks \
	test-bench test-fuzz lint lint-rust lint-python lint-deny bench docs fuzz clean FORCE

help:
	@echo 'make build     a .venv with the package built for release'
	@echo 'make demo      build, then the main job: tables and pictures in $(OUT)/'
	@echo 'make test      build, then the tests of the core (no Python in sight) and of the package'
	@echo 'make test-all  the slow rest: notebooks, doc tests, long property runs, bench smoke, fuzz build'
	@echo 'make lint      formats, lints, types, stubs, licences'
	@echo 'make bench     us beside the peers: tables, and $(OUT)/bench/<family>.json'
	@echo 'make docs      the reference pages of both languages in target/doc and $(OUT)/docs'
	@echo 'make fuzz      each fuzz target for $(FUZZ_SECONDS) s'
	@echo 'make clean     removes everything made'

# ---- set-up ---------------------------------------------------------------------------------------------------

# Debian splits `ensurepip` off; virtualenv fetched by pip stands in for it, without touching the system's packages.
$(STAMPS)/venv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo 'error: `$(PYTHON)` is not Python 3.11 or later; name one: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@if $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
	  $(PYTHON) -m venv --clear $(VENV); \
	elif $(PYTHON) -m pip --version >/dev/null 2>&1; then \
	  $(PYTHON) -m pip install --quiet --upgrade --target target/virtualenv virtualenv && \
	  PYTHONPATH=target/virtualenv $(PYTHON) -m virtualenv --quiet --clear $(VENV); \
	else \
	  echo 'error: `$(PYTHON)` has neither venv nor pip; on Debian: apt-get install python3-venv' >&2; exit 1; \
	fi
	@mkdir -p $(STAMPS) && touch $@

$(STAMPS)/%: requirements/%.txt $(STAMPS)/venv
	$(PIP) install --quiet --requirement $<
	@touch $@

$(STAMPS)/test $(STAMPS)/bench $(STAMPS)/lint $(STAMPS)/notebook: requirements/frames.txt
$(STAMPS)/test $(STAMPS)/lint $(STAMPS)/notebook $(STAMPS)/docs: requirements/extras.txt

# Rewritten only when a file came or went, so that a deletion rebuilds the wheel too.
$(STAMPS)/sources: FORCE | $(STAMPS)/venv
	@printf '%s\n' $(WHEEL_SOURCES) | cmp --quiet - $@ || printf '%s\n' $(WHEEL_SOURCES) > $@

# A wheel, not an editable install: the tests then see what users get, a forgotten file included.
$(STAMPS)/package: $(WHEEL_SOURCES) $(STAMPS)/sources $(STAMPS)/build
	rm -rf target/wheels
	$(BIN)/maturin build --release --locked --interpreter $(BIN)/python --out target/wheels
	$(PIP) install --quiet --force-reinstall --no-deps --no-index target/wheels/patronomy-*.whl
	@touch $@

build: $(STAMPS)/package

demo: build $(STAMPS)/extras
	$(BIN)/python -m patronomy.demo --out $(OUT)

# ---- tests ----------------------------------------------------------------------------------------------------

test: test-core test-python

# The core must build and pass where there is no Python: its PATH holds links to these tools and nothing else.
HIDDEN_TOOLS := cc gcc c++ g++ ld ld.bfd as ar ranlib nm strip sh bash env uname

$(NO_PYTHON): FORCE
	@rm -rf $@ && mkdir -p $@
	@toolchain=$$(rustc --print sysroot)/bin; \
	for tool in cargo rustc rustdoc; do ln -s "$$toolchain/$$tool" $@/; done; \
	for tool in $(HIDDEN_TOOLS); do path=$$(type -P $$tool) && ln -s "$$path" $@/ || true; done
	@PATH=$@; hash -r; for name in python python3 python3.11 python3.12 python3.13 python3.14; do \
	  ! type -P $$name || { echo "error: $$name is in sight of the core's build" >&2; exit 1; }; done

CORE := env -u PYO3_PYTHON -u PYTHONPATH -u PYTHONHOME -u VIRTUAL_ENV PATH=$(NO_PYTHON) $(NO_PYTHON)/cargo

test-core: $(NO_PYTHON)
	$(CORE) test --locked --features linfa --tests $(if $(BENCHES),--bench '*')
	@for example in $(EXAMPLES); do \
	  echo "example $$example"; $(CORE) run --quiet --locked --example $$example; done

test-python: build $(STAMPS)/test
	$(BIN)/pytest

test-all: test-doc test-lean test-long test-notebooks test-bench test-fuzz

test-doc:
	cargo test --locked --features linfa --doc

# The core without its default features, as a lean service would take it.
test-lean:
	cargo test --locked --no-default-features --lib

test-long:
	PROPTEST_CASES=$(PROPERTY_CASES) cargo test --locked --features linfa --tests

test-notebooks: build $(STAMPS)/notebook
	@for notebook in $(NOTEBOOKS); do \
	  echo "notebook $$notebook"; $(BIN)/jupyter-execute --timeout=600 "$$notebook"; done

# Small runs of the comparisons: they fail where a result differs from a peer's, never on time.
test-bench: build $(STAMPS)/bench
	@for script in $(COMPARISONS); do \
	  echo "$$script --quick"; $(BIN)/python $$script --quick --out $(OUT)/bench/quick; done

# Fuzzing needs a nightly toolchain; that the target still fits the core does not.
test-fuzz:
	cargo check --manifest-path fuzz/Cargo.toml --target-dir target

# ---- lint -----------------------------------------------------------------------------------------------------

lint: lint-rust lint-python lint-deny

lint-rust: $(STAMPS)/venv
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --locked --no-deps --features linfa

lint-python: build $(STAMPS)/lint
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest --mypy-config-file pyproject.toml patronomy._core
	$(if $(NOTEBOOKS),$(BIN)/nbstripout --verify --keep-id $(NOTEBOOKS))

# Unoptimised it is installed in half the time, and checks in a second all the same.
lint-deny:
	@cargo deny --version >/dev/null 2>&1 || cargo install cargo-deny --version '^0.20' --locked --debug || { \
	  echo 'error: cargo-deny is missing and could not be installed: LICENCES, BANS AND SOURCES WERE NOT CHECKED' >&2; exit 1; }
	cargo deny --locked --workspace check licenses bans sources

# ---- the rest -------------------------------------------------------------------------------------------------

bench: build $(STAMPS)/bench
	@for script in $(COMPARISONS); do $(BIN)/python $$script --out $(OUT)/bench $(BENCH_FLAGS); done

docs: build $(STAMPS)/docs
	cargo doc --locked --no-deps --features linfa
	$(BIN)/pdoc --docformat numpy --output-directory $(OUT)/docs patronomy

# The sanitizer flags are unstable: nightly takes them, and a stable toolchain where it is told to.
FUZZ_TARGETS := $(basename $(notdir $(wildcard fuzz/fuzz_targets/*.rs)))
FUZZ := $(shell rustc +nightly --version >/dev/null 2>&1 && echo 'cargo +nightly' || echo 'env RUSTC_BOOTSTRAP=1 cargo') fuzz run

fuzz:
	@cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked
	@for target in $(FUZZ_TARGETS); do \
	  echo "fuzz $$target, $(FUZZ_SECONDS) s"; $(FUZZ) $$target -- -max_total_time=$(FUZZ_SECONDS); done

clean:
	rm -rf target fuzz/target $(VENV) $(OUT)
