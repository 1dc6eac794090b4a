// What constants of classes and functions need. It stands in the file of frozen modules, in front of them.
#include "py/builtin.h"
#include "py/objfun.h"
#include "py/objtype.h"
#include "py/runtime.h"

#if MICROPY_PY_SYS_SETTRACE
#error "functions in the flash have no place for what sys.settrace needs"
#endif
#if !MICROPY_QSTR_BYTES_IN_HASH
#error "tables of names in the flash need hashes of names"
#endif

// The tables by which functions are made at run time are there for those that are not.
#pragma GCC diagnostic ignored "-Wunused-const-variable"

// py/objproperty.c
typedef struct _rom_property_t {
    mp_obj_base_t base;
    mp_rom_obj_t proxy[3]; // getter, setter, deleter
} rom_property_t;

// What a class in Python has in its slots is known inside of py/objtype.c only. A class made at run time shows it.
static struct {
    mp_make_new_fun_t make_new;
    mp_print_fun_t print;
    mp_unary_op_fun_t unary_op;
    mp_binary_op_fun_t binary_op;
    mp_attr_fun_t attr;
    mp_subscr_fun_t subscr;
    mp_buffer_fun_t buffer;
} rom_slots;

static void rom_take_slots(void) {
    if (rom_slots.make_new == NULL) {
        // type("", (), {}), as a program says it: what the call ends in is not for others since 1.27
        mp_obj_t args[] = { MP_OBJ_NEW_QSTR(MP_QSTR_), mp_const_empty_tuple, mp_obj_new_dict(0) };
        const mp_obj_type_t *type = MP_OBJ_TO_PTR(mp_call_function_n_kw(MP_OBJ_FROM_PTR(&mp_type_type), 3, 0, args));
        rom_slots.make_new = MP_OBJ_TYPE_GET_SLOT(type, make_new);
        rom_slots.print = MP_OBJ_TYPE_GET_SLOT(type, print);
        rom_slots.unary_op = MP_OBJ_TYPE_GET_SLOT(type, unary_op);
        rom_slots.binary_op = MP_OBJ_TYPE_GET_SLOT(type, binary_op);
        rom_slots.attr = MP_OBJ_TYPE_GET_SLOT(type, attr);
        rom_slots.subscr = MP_OBJ_TYPE_GET_SLOT(type, subscr);
        rom_slots.buffer = MP_OBJ_TYPE_GET_SLOT(type, buffer);
    }
}

static mp_obj_t rom_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    return rom_slots.make_new(type, n_args, n_kw, args);
}

static void rom_print(const mp_print_t *print, mp_obj_t self, mp_print_kind_t kind) {
    rom_slots.print(print, self, kind);
}

static mp_obj_t rom_unary_op(mp_unary_op_t op, mp_obj_t self) {
    return rom_slots.unary_op(op, self);
}

static mp_obj_t rom_binary_op(mp_binary_op_t op, mp_obj_t left, mp_obj_t right) {
    return rom_slots.binary_op(op, left, right);
}

static void rom_attr(mp_obj_t self, qstr attr, mp_obj_t *dest) {
    rom_slots.attr(self, attr, dest);
}

static mp_obj_t rom_subscr(mp_obj_t self, mp_obj_t index, mp_obj_t value) {
    return rom_slots.subscr(self, index, value);
}

static mp_int_t rom_buffer(mp_obj_t self, mp_buffer_info_t *info, mp_uint_t flags) {
    return rom_slots.buffer(self, info, flags);
}
