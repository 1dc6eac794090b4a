// emu.Poll(): select.poll() that counts, in ticks of emu.busy(), what is done for what it finds.
//
// Prints `PROBE ready TICKS` when something is registered for the first time, and for everything found `PROBE WINDOW LOOP CALLS`: from the
// poll's result to when the next is asked for, without interrupts; from one wait to the next, interrupts and all the rest included; and
// calls of gc_alloc in the window.
// It takes no heap, so that what it counts is what would be without it.
#include "py/mphal.h"
#include "py/runtime.h"
#include "board.h"
#include "clock.h"

extern const mp_obj_module_t mp_module_select;

typedef struct {
    mp_obj_base_t base;
    mp_obj_t poll;
    uint32_t begun; // of the wait before
    uint32_t served; // of what was found
    uint32_t window;
    uint32_t asked; // calls of gc_alloc before, then in the window
    uint32_t interrupts; // state to go back to
    bool counting;
    bool serving;
} counted_poll_t;

static mp_obj_t counted_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 0, 0, false);
    counted_poll_t *self = mp_obj_malloc(counted_poll_t, type);
    self->window = 0;
    self->counting = self->serving = false;
    // the module itself, because we may stand in it for its own poll() where Python imports it
    self->poll = mp_call_function_0(mp_load_attr(MP_OBJ_FROM_PTR(&mp_module_select), MP_QSTR_poll));
    return MP_OBJ_FROM_PTR(self);
}

// Ticks from `since` on; the count goes round at 2**30.
static uint32_t passed(uint32_t since) {
    return (clock_busy() - since) & ((1u << 30) - 1);
}

static mp_obj_t forwarded(size_t n_args, const mp_obj_t *args, qstr name) {
    counted_poll_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_obj_t call[5];
    mp_load_method(self->poll, name, call);
    for (size_t i = 1; i < n_args; i++) {
        call[i + 1] = args[i];
    }
    return mp_call_method_n_kw(n_args - 1, 0, call);
}

static mp_obj_t counted_register(size_t n_args, const mp_obj_t *args) {
    counted_poll_t *self = MP_OBJ_TO_PTR(args[0]);
    if (!self->counting) {
        mp_printf(&mp_plat_print, "PROBE ready %u\n", (unsigned)clock_busy());
        self->counting = true;
    }
    return forwarded(n_args, args, MP_QSTR_register);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(counted_register_obj, 2, 3, counted_register);

static mp_obj_t counted_unregister(mp_obj_t self, mp_obj_t found) {
    mp_obj_t args[] = { self, found };
    return forwarded(2, args, MP_QSTR_unregister);
}
static MP_DEFINE_CONST_FUN_OBJ_2(counted_unregister_obj, counted_unregister);

static mp_obj_t counted_modify(mp_obj_t self, mp_obj_t found, mp_obj_t events) {
    mp_obj_t args[] = { self, found, events };
    return forwarded(3, args, MP_QSTR_modify);
}
static MP_DEFINE_CONST_FUN_OBJ_3(counted_modify_obj, counted_modify);

static mp_obj_t counted_ipoll(mp_obj_t self_in, mp_obj_t milliseconds) {
    counted_poll_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->window != 0) {
        mp_printf(&mp_plat_print, "PROBE %u %u %u\n", (unsigned)self->window, (unsigned)passed(self->begun),
            (unsigned)self->asked);
        self->window = 0;
    }
    self->begun = clock_busy();
    mp_obj_t args[] = { self_in, milliseconds };
    forwarded(2, args, MP_QSTR_ipoll);
    return self_in;
}
static MP_DEFINE_CONST_FUN_OBJ_2(counted_ipoll_obj, counted_ipoll);

static mp_obj_t counted_next(mp_obj_t self_in) {
    counted_poll_t *self = MP_OBJ_TO_PTR(self_in);
    if (self->serving) {
        self->window = passed(self->served);
        self->asked = board_allocations() - self->asked;
        self->serving = false;
        MICROPY_END_ATOMIC_SECTION(self->interrupts);
    }
    mp_obj_t found = mp_iternext(self->poll);
    if (found != MP_OBJ_STOP_ITERATION && self->counting) {
        self->serving = true;
        self->interrupts = MICROPY_BEGIN_ATOMIC_SECTION();
        self->asked = board_allocations();
        self->served = clock_busy();
    }
    return found;
}

static const mp_rom_map_elem_t counted_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_register), MP_ROM_PTR(&counted_register_obj) },
    { MP_ROM_QSTR(MP_QSTR_unregister), MP_ROM_PTR(&counted_unregister_obj) },
    { MP_ROM_QSTR(MP_QSTR_modify), MP_ROM_PTR(&counted_modify_obj) },
    { MP_ROM_QSTR(MP_QSTR_ipoll), MP_ROM_PTR(&counted_ipoll_obj) },
};
static MP_DEFINE_CONST_DICT(counted_locals, counted_locals_table);
MP_DEFINE_CONST_OBJ_TYPE(emu_counted_poll_type, MP_QSTR_Poll, MP_TYPE_FLAG_ITER_IS_ITERNEXT, make_new, counted_make_new,
    iter, counted_next, locals_dict, &counted_locals);
