// machine.UART(1) and machine.UART(2). Included by extmod/machine_uart.c.
//
// Baud rate and frame format are taken and have no effect: the emulated line carries octets.
#include "uart.h"

#define MICROPY_PY_MACHINE_UART_CLASS_CONSTANTS

struct _machine_uart_obj_t {
    mp_obj_base_t base;
    uint8_t id;
    uint16_t timeout, timeout_char; // milliseconds
    mp_int_t baudrate;
};

static machine_uart_obj_t machine_uarts[] = {
    [UART_1] = { { &machine_uart_type }, UART_1, .baudrate = 115200 },
    [UART_2] = { { &machine_uart_type }, UART_2, .baudrate = 115200 },
};

static void mp_machine_uart_print(const mp_print_t *print, mp_obj_t self_in, mp_print_kind_t kind) {
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_printf(print, "UART(%u, baudrate=%d, timeout=%u, timeout_char=%u, overruns=%u)",
        self->id, (int)self->baudrate, self->timeout, self->timeout_char, (unsigned)uart_overruns(self->id));
}

static void mp_machine_uart_init_helper(machine_uart_obj_t *self, size_t n_args, const mp_obj_t *pos_args, mp_map_t *kw_args) {
    enum { ARG_baudrate, ARG_bits, ARG_parity, ARG_stop, ARG_timeout, ARG_timeout_char };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_baudrate, MP_ARG_INT, { .u_int = 115200 } },
        { MP_QSTR_bits, MP_ARG_INT, { .u_int = 8 } },
        { MP_QSTR_parity, MP_ARG_OBJ, { .u_rom_obj = MP_ROM_NONE } },
        { MP_QSTR_stop, MP_ARG_INT, { .u_int = 1 } },
        { MP_QSTR_timeout, MP_ARG_KW_ONLY | MP_ARG_INT, { .u_int = 0 } },
        { MP_QSTR_timeout_char, MP_ARG_KW_ONLY | MP_ARG_INT, { .u_int = 0 } },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all(n_args, pos_args, kw_args, MP_ARRAY_SIZE(allowed), allowed, args);
    self->baudrate = args[ARG_baudrate].u_int;
    self->timeout = args[ARG_timeout].u_int;
    self->timeout_char = args[ARG_timeout_char].u_int;
}

static mp_obj_t mp_machine_uart_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *args) {
    mp_arg_check_num(n_args, n_kw, 1, MP_OBJ_FUN_ARGS_MAX, true);
    mp_int_t id = mp_obj_get_int(args[0]);
    if (id != UART_1 && id != UART_2) {
        mp_raise_msg_varg(&mp_type_ValueError, MP_ERROR_TEXT("UART(%d) doesn't exist"), (int)id);
    }
    mp_map_t kwargs;
    mp_map_init_fixed_table(&kwargs, n_kw, args + n_args);
    mp_machine_uart_init_helper(&machine_uarts[id], n_args - 1, args + 1, &kwargs);
    return MP_OBJ_FROM_PTR(&machine_uarts[id]);
}

static void mp_machine_uart_deinit(machine_uart_obj_t *self) {
    while (uart_get(self->id) >= 0) {
    }
}

static mp_int_t mp_machine_uart_any(machine_uart_obj_t *self) {
    return uart_available(self->id);
}

static bool mp_machine_uart_txdone(machine_uart_obj_t *self) {
    return true; // writing returns when everything has left
}

static mp_uint_t mp_machine_uart_read(mp_obj_t self_in, void *buffer, mp_uint_t size, int *errcode) {
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    uint8_t *octets = buffer;
    mp_uint_t n = 0, patience = self->timeout, since = mp_hal_ticks_ms();
    while (n < size) {
        int c = uart_get(self->id);
        if (c >= 0) {
            octets[n++] = c;
            patience = self->timeout_char;
            since = mp_hal_ticks_ms();
        } else if (mp_hal_ticks_ms() - since >= patience) {
            break;
        } else {
            mp_event_wait_ms(1);
        }
    }
    if (n == 0) {
        *errcode = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    return n;
}

static mp_uint_t mp_machine_uart_write(mp_obj_t self_in, const void *buffer, mp_uint_t size, int *errcode) {
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    mp_uint_t n = uart_write(self->id, buffer, size);
    if (n == 0 && size != 0) {
        *errcode = MP_EAGAIN;
        return MP_STREAM_ERROR;
    }
    return n;
}

static mp_uint_t mp_machine_uart_ioctl(mp_obj_t self_in, mp_uint_t request, uintptr_t flags, int *errcode) {
    machine_uart_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (request == MP_STREAM_POLL) {
        mp_uint_t ready = flags & MP_STREAM_POLL_WR;
        if ((flags & MP_STREAM_POLL_RD) && uart_available(self->id)) {
            ready |= MP_STREAM_POLL_RD;
        }
        return ready;
    }
    if (request == MP_STREAM_FLUSH) {
        return 0;
    }
    *errcode = MP_EINVAL;
    return MP_STREAM_ERROR;
}
