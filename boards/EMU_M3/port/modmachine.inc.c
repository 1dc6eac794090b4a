// What module `machine` has beyond its classes. Included by extmod/modmachine.c.
#include "board.h"
#include "clock.h"
#include "reset.h"

#ifdef NORETURN // MicroPython up to 1.25
#define PORT_NORETURN NORETURN
#else
#define PORT_NORETURN MP_NORETURN
#endif

#define MICROPY_PY_MACHINE_EXTRA_GLOBALS \
    { MP_ROM_QSTR(MP_QSTR_PWRON_RESET), MP_ROM_INT(RESET_POWER_ON) }, \
    { MP_ROM_QSTR(MP_QSTR_HARD_RESET), MP_ROM_INT(RESET_HARD) }, \
    { MP_ROM_QSTR(MP_QSTR_WDT_RESET), MP_ROM_INT(RESET_WATCHDOG) }, \
    { MP_ROM_QSTR(MP_QSTR_DEEPSLEEP_RESET), MP_ROM_INT(RESET_DEEPSLEEP) }, \
    { MP_ROM_QSTR(MP_QSTR_SOFT_RESET), MP_ROM_INT(RESET_SOFT) },

static void mp_machine_idle(void) {
    clock_wfi();
}

PORT_NORETURN static void mp_machine_reset(void) {
    reset_now(RESET_HARD);
}

static mp_int_t mp_machine_reset_cause(void) {
    return reset_cause();
}

// There is no boot loader: the emulator is given the firmware.
PORT_NORETURN void mp_machine_bootloader(size_t n_args, const mp_obj_t *args) {
    reset_now(RESET_HARD);
}

static mp_obj_t mp_machine_unique_id(void) {
    static const uint8_t id[8] = { 0xe0, 0, 0, 0, 0, 0, 0, 1 };
    return mp_obj_new_bytes(id, sizeof(id));
}

static mp_obj_t mp_machine_get_freq(void) {
    return MP_OBJ_NEW_SMALL_INT(BOARD_CPU_HZ);
}

static void mp_machine_set_freq(size_t n_args, const mp_obj_t *args) {
    mp_raise_NotImplementedError(NULL);
}

static void mp_machine_lightsleep(size_t n_args, const mp_obj_t *args) {
    if (n_args != 0) {
        mp_hal_delay_ms(mp_obj_get_int(args[0]));
    } else {
        clock_wfi();
    }
}

PORT_NORETURN static void mp_machine_deepsleep(size_t n_args, const mp_obj_t *args) {
    mp_machine_lightsleep(n_args, args);
    reset_now(RESET_DEEPSLEEP);
}
