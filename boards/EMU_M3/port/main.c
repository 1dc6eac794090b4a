// The interpreter's life: power-on set-up once, then one round of boot.py, main.py and REPL after another.
#include "py/builtin.h"
#include "py/cstack.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/readline/readline.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/pyexec.h"
#include "extmod/modnetwork.h"
#include "lwip/init.h"
#include "board.h"
#include "flash.h"
#include "random.h"
#include "reset.h"

extern uint32_t _estack, _heap_start, _heap_end;

// RAM that the emulated machine has beyond that of a Pico W. QEMU's loader may write octets there: the board then has a heap of
// that many, as a larger board has (tools/image/emulated/machine.py). Otherwise the word is 0.
#define LARGER_HEAP ((uint32_t *)0x20060000)

enum { EXIT_FLASH = 75, EXIT_NLR = 71 };

static bool forced_exit(int result) {
    return result & PYEXEC_FORCED_EXIT;
}

// A file on the flash, or else the built-in one, as it is with every module.
static int run_file(const char *name) {
    return mp_import_stat(name) == MP_IMPORT_STAT_FILE ? pyexec_file(name) : pyexec_file_if_exists(name);
}

// boot.py, main.py unless boot.py failed or was interrupted, then the REPL until Ctrl-D.
static void round_of_life(void) {
    pyexec_frozen_module("_boot.py", false);
    int result = run_file("boot.py");
    if (forced_exit(result)) {
        return;
    }
    if (pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL && result != 0) {
        result = run_file("main.py");
        if (forced_exit(result)) {
            return;
        }
    }
    do {
        result = pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl();
    } while (result == 0);
}

static void heap_init(void) {
    if (*LARGER_HEAP) {
        gc_init(LARGER_HEAP + 4, (char *)LARGER_HEAP + *LARGER_HEAP);
    } else {
        gc_init(&_heap_start, &_heap_end);
    }
}

int main(void) {
    mp_cstack_init_with_top(&_estack, (char *)&_estack - (char *)&_heap_end);
    heap_init();
    random_init();
    if (!flash_init()) {
        board_fatal("the file of the flash cannot be used", EXIT_FLASH);
    }
    // Once: lwIP cannot be set up a second time.
    lwip_init();
    for (;;) {
        mp_init();
        mp_obj_list_append(mp_sys_path, MP_OBJ_NEW_QSTR(MP_QSTR__slash_lib));
        readline_init0();
        mod_network_init();
        round_of_life();
        mp_printf(MP_PYTHON_PRINTER, "MPY: soft reboot\n");
        mod_network_deinit();
        gc_sweep_all();
        mp_deinit();
        reset_announce(RESET_SOFT);
    }
}

void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
}

void nlr_jump_fail(void *value) {
    board_fatal("an exception that nobody catches", EXIT_NLR);
}
