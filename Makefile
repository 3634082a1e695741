# Bare `make` says what there is. Everything is installed into .venv; nothing outside this folder is touched.
PYTHON ?= python3
HYPOTHESIS_PROFILE ?= ci
JOBS ?= 2

VENV := .venv
BIN := $(VENV)/bin
STUBS := $(VENV)/stubs
STUBS_RP2 := $(VENV)/stubs-rp2
PIP := PIP_DISABLE_PIP_VERSION_CHECK=1 $(BIN)/python -m pip install --quiet

# Every DBC file and the codec that is written from it.
CODECS := \
	bms:bms/can/frames.py \
	hil:boards/parts/bench_frames.py \
	victron:bms/can/victron_frames.py \
	pylontech:bms/can/pylontech_frames.py \
	sma:bms/can/sma_frames.py \
	elcon:bms/can/elcon_frames.py \
	ivt_s:boards/parts/ivt_s_frames.py

# Scenarios of heat, cold and fast charge that the tests ride a cut of.
LONG := coolant_lost_7c cold_morning highway_charge highway_warm regen_full_cold sensor_lost_fast three_charges weak_layer
MARKETS := aero_leg ev_day robot_shift

.NOTPARALLEL:
.PHONY: help all demo test night mutants lint types generated generate bench clean

help all:
	@echo 'make demo      the firmware in MicroPython against a simulated pack, twice; writes build/first_mile.html and build/second_mile.html'
	@echo 'make test      lint, types, generated files, all tests'
	@echo 'make mutants   one small mistake at a time in bms/safety and bms/control: which of them no test notices'
	@echo 'make night     what takes hours: a simulated day of the stationary pack, campaigns, mutants, and all tests with the patience of a night'
	@echo 'make lint      ruff'
	@echo 'make types     mypy --strict: bms and boards as the target sees them, the rest as CPython does'
	@echo 'make generate  writes the CAN codecs again from the DBC files'
	@echo 'make bench     speed, memory, accuracy'
	@echo 'make clean     removes what was built and installed'
	@echo 'PYTHON=python3.12 chooses the interpreter, JOBS=4 the test processes, HYPOTHESIS_PROFILE=night the patience.'

demo: $(VENV)/run.stamp
	@mkdir -p build
	$(BIN)/hil run first_mile --report build/first_mile.html
	$(BIN)/hil run second_mile --report build/second_mile.html

test: lint types generated
	HYPOTHESIS_PROFILE=$(HYPOTHESIS_PROFILE) $(BIN)/python -m pytest -n $(JOBS) --dist worksteal

night: $(VENV)/test.stamp
	@mkdir -p build
	$(BIN)/hil run bess_day --target micropython --report build/bess_day.html
	@for name in $(LONG) $(MARKETS); do $(BIN)/hil run $$name --report build/$$name.html || exit; done
	$(BIN)/hil campaign hidden_layers --out build/hidden_layers
	$(BIN)/hil campaign full_length --out build/full_length
	$(BIN)/hil campaign markets --out build/markets
	$(BIN)/hil campaign charges --out build/charges
	$(MAKE) mutants
	$(MAKE) test HYPOTHESIS_PROFILE=night

mutants: $(VENV)/test.stamp
	$(BIN)/python -m tests.mutation --jobs $(JOBS)

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .

types: $(VENV)/test.stamp $(STUBS)/made.stamp $(STUBS_RP2)/made.stamp
	MYPYPATH=$(STUBS) $(BIN)/mypy --custom-typeshed-dir $(STUBS) --cache-dir .mypy_cache/target bms boards
	MYPYPATH=$(STUBS_RP2) $(BIN)/mypy --custom-typeshed-dir $(STUBS_RP2) --cache-dir .mypy_cache/rp2 boards/pico2_mcp2515 boards/main.py
	$(BIN)/mypy --cache-dir .mypy_cache/desk hil dbc tests

generated: $(VENV)/test.stamp
	@for pair in $(CODECS); do $(BIN)/python dbc/generate.py dbc/$${pair%%:*}.dbc -o $${pair#*:} --check || exit; done

generate: $(VENV)/run.stamp
	@for pair in $(CODECS); do $(BIN)/python dbc/generate.py dbc/$${pair%%:*}.dbc -o $${pair#*:} || exit; done

bench: $(VENV)/run.stamp
	$(BIN)/hil bench

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find bms boards dbc hil tests -name __pycache__ -type d -prune -exec rm -rf {} +

# One line and exit 2 where Python is missing, too old, or (Debian) split from its venv module.
$(VENV)/made.stamp:
	@command -v $(PYTHON) >/dev/null || { echo '$(PYTHON) not found: install python3 and python3-venv, or name one with PYTHON=' >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo '$(PYTHON) is older than 3.11: name a newer one with PYTHON=' >&2; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { $(PYTHON) -c 'import sys; print("Python has no venv module: apt install python3-venv (or python%d.%d-venv)" % sys.version_info[:2])' >&2; exit 2; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/run.stamp: $(VENV)/made.stamp pyproject.toml
	$(PIP) --editable .
	@touch $@

$(VENV)/test.stamp: $(VENV)/made.stamp pyproject.toml
	$(PIP) --editable '.[test]'
	@touch $(VENV)/run.stamp $@

# .venv/stubs and .venv/stubs-rp2: each what the extra of the same name lists.
$(STUBS)/made.stamp $(STUBS_RP2)/made.stamp: $(VENV)/made.stamp pyproject.toml
	@$(BIN)/python -c 'import sys, tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"][sys.argv[1]], sep="\n")' $(notdir $(@D)) > $(@D).txt
	$(PIP) --upgrade --target $(@D) --requirement $(@D).txt
	@touch $@
