// machine.WDT. Included by extmod/machine_wdt.c.
#include "board.h"
#include "watchdog.h"

struct _machine_wdt_obj_t {
    mp_obj_base_t base;
};

static const machine_wdt_obj_t machine_wdt = { { &machine_wdt_type } };

static machine_wdt_obj_t *mp_machine_wdt_make_new_instance(mp_int_t id, mp_int_t timeout_ms) {
    if (id != 0) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("WDT(%d) doesn't exist"), (int)id);
    }
    if (timeout_ms < 1 || (mp_uint_t)timeout_ms > WATCHDOG_MAX_MS) {
        mp_raise_ValueError(MP_ERROR_TEXT("timeout out of range"));
    }
    watchdog_start(timeout_ms);
    return (machine_wdt_obj_t *)&machine_wdt;
}

static void mp_machine_wdt_feed(machine_wdt_obj_t *self) {
    watchdog_feed();
}
