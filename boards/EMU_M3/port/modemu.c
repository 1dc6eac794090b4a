// Module `emu`: what only this board has.
//
//     Flash()   block device of the file system (the extended interface); wear() -> (erases, programs, violations) of the chip
//     Flash(start=, len=)   a slice of the whole chip, in octets, whole blocks, as rp2.Flash is; memoryview() of either reads it
//     Poll()    select.poll() that counts what is done for what it finds (countedpoll.c)
//     allocations()   calls of gc_alloc since the last reset, modulo 2**30: frames on the heap count as well as objects
//     busy()    ticks of 40 ns that the CPU has not slept, modulo 2**30: with the emulator counting instructions, work done
#include "py/runtime.h"
#include "py/mperrno.h"
#include "extmod/vfs.h"
#include "board.h"
#include "clock.h"
#include "flash.h"

typedef struct {
    mp_obj_base_t base;
    uint32_t first, count; // blocks
} flash_obj_t;

extern const mp_obj_type_t emu_flash_type;
static const flash_obj_t files_object = { { &emu_flash_type }, 0, FLASH_FILES };

static mp_obj_t flash_make_new(const mp_obj_type_t *type, size_t n_args, size_t n_kw, const mp_obj_t *all_args) {
    enum { ARG_start, ARG_len };
    static const mp_arg_t allowed[] = {
        { MP_QSTR_start, MP_ARG_KW_ONLY | MP_ARG_INT, { .u_int = -1 } },
        { MP_QSTR_len, MP_ARG_KW_ONLY | MP_ARG_INT, { .u_int = -1 } },
    };
    mp_arg_val_t args[MP_ARRAY_SIZE(allowed)];
    mp_arg_parse_all_kw_array(n_args, n_kw, all_args, MP_ARRAY_SIZE(allowed), allowed, args);
    mp_int_t start = args[ARG_start].u_int, len = args[ARG_len].u_int;
    if (start == -1 && len == -1) {
        return MP_OBJ_FROM_PTR(&files_object);
    }
    const mp_int_t all = FLASH_BLOCKS * FLASH_BLOCK_SIZE;
    if (start == -1) {
        start = 0;
    }
    if (len == -1) {
        len = all - start;
    }
    if (start < 0 || len <= 0 || start > all || len > all - start || start % FLASH_BLOCK_SIZE || len % FLASH_BLOCK_SIZE) {
        mp_raise_ValueError(NULL);
    }
    flash_obj_t *self = mp_obj_malloc(flash_obj_t, &emu_flash_type);
    self->first = start / FLASH_BLOCK_SIZE;
    self->count = len / FLASH_BLOCK_SIZE;
    return MP_OBJ_FROM_PTR(self);
}

static mp_int_t flash_get_buffer(mp_obj_t self_in, mp_buffer_info_t *buffer, mp_uint_t flags) {
    const flash_obj_t *self = MP_OBJ_TO_PTR(self_in);
    if (flags != MP_BUFFER_READ) {
        return 1;
    }
    buffer->buf = (void *)(flash_content() + self->first * FLASH_BLOCK_SIZE);
    buffer->len = self->count * FLASH_BLOCK_SIZE;
    buffer->typecode = 'B';
    return 0;
}

// Octet offset in the chip of (self, block, buffer[, offset in block]), checked against the size of the slice.
static uint32_t flash_place(size_t n_args, const mp_obj_t *args, mp_buffer_info_t *buffer, int direction) {
    const flash_obj_t *self = MP_OBJ_TO_PTR(args[0]);
    mp_get_buffer_raise(args[2], buffer, direction);
    mp_int_t block = mp_obj_get_int(args[1]);
    mp_int_t inside = n_args == 4 ? mp_obj_get_int(args[3]) : 0;
    uint32_t size = self->count * FLASH_BLOCK_SIZE;
    if (block < 0 || inside < 0 || block >= (mp_int_t)self->count || buffer->len > size
        || block * FLASH_BLOCK_SIZE + inside + buffer->len > size) {
        mp_raise_OSError(MP_EINVAL);
    }
    return (self->first + block) * FLASH_BLOCK_SIZE + inside;
}

static mp_obj_t flash_readblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    uint32_t offset = flash_place(n_args, args, &buffer, MP_BUFFER_WRITE);
    flash_read(offset, buffer.buf, buffer.len);
    return MP_OBJ_NEW_SMALL_INT(0);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_readblocks_obj, 3, 4, flash_readblocks);

static mp_obj_t flash_writeblocks(size_t n_args, const mp_obj_t *args) {
    mp_buffer_info_t buffer;
    uint32_t offset = flash_place(n_args, args, &buffer, MP_BUFFER_READ);
    bool done = true;
    if (n_args == 3) {
        // Without an offset the blocks are to be erased first.
        for (uint32_t at = offset; at < offset + buffer.len; at += FLASH_BLOCK_SIZE) {
            done = flash_erase(at / FLASH_BLOCK_SIZE) && done;
        }
    }
    done = flash_program(offset, buffer.buf, buffer.len) && done;
    return MP_OBJ_NEW_SMALL_INT(done ? 0 : -MP_EIO);
}
static MP_DEFINE_CONST_FUN_OBJ_VAR_BETWEEN(flash_writeblocks_obj, 3, 4, flash_writeblocks);

static mp_obj_t flash_ioctl(mp_obj_t self_in, mp_obj_t operation, mp_obj_t argument) {
    const flash_obj_t *self = MP_OBJ_TO_PTR(self_in);
    switch (mp_obj_get_int(operation)) {
        case MP_BLOCKDEV_IOCTL_BLOCK_COUNT:
            return MP_OBJ_NEW_SMALL_INT(self->count);
        case MP_BLOCKDEV_IOCTL_BLOCK_SIZE:
            return MP_OBJ_NEW_SMALL_INT(FLASH_BLOCK_SIZE);
        case MP_BLOCKDEV_IOCTL_BLOCK_ERASE: {
            mp_int_t block = mp_obj_get_int(argument);
            if (block < 0 || block >= (mp_int_t)self->count) {
                return MP_OBJ_NEW_SMALL_INT(-MP_EINVAL);
            }
            return MP_OBJ_NEW_SMALL_INT(flash_erase(self->first + block) ? 0 : -MP_EIO);
        }
        default: // nothing to set up or to synchronise
            return MP_OBJ_NEW_SMALL_INT(0);
    }
}
static MP_DEFINE_CONST_FUN_OBJ_3(flash_ioctl_obj, flash_ioctl);

static mp_obj_t flash_wear_tuple(mp_obj_t self) {
    const flash_wear_t *wear = flash_wear();
    mp_obj_t items[3] = { mp_obj_new_int_from_uint(wear->erases), mp_obj_new_int_from_uint(wear->programs), mp_obj_new_int_from_uint(wear->violations) };
    return mp_obj_new_tuple(3, items);
}
static MP_DEFINE_CONST_FUN_OBJ_1(flash_wear_obj, flash_wear_tuple);

static const mp_rom_map_elem_t flash_locals_table[] = {
    { MP_ROM_QSTR(MP_QSTR_readblocks), MP_ROM_PTR(&flash_readblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_writeblocks), MP_ROM_PTR(&flash_writeblocks_obj) },
    { MP_ROM_QSTR(MP_QSTR_ioctl), MP_ROM_PTR(&flash_ioctl_obj) },
    { MP_ROM_QSTR(MP_QSTR_wear), MP_ROM_PTR(&flash_wear_obj) },
};
static MP_DEFINE_CONST_DICT(flash_locals, flash_locals_table);
MP_DEFINE_CONST_OBJ_TYPE(emu_flash_type, MP_QSTR_Flash, MP_TYPE_FLAG_NONE, make_new, flash_make_new,
    buffer, flash_get_buffer, locals_dict, &flash_locals);

extern const mp_obj_type_t emu_counted_poll_type;

static mp_obj_t emu_busy(void) {
    return MP_OBJ_NEW_SMALL_INT(clock_busy());
}
static MP_DEFINE_CONST_FUN_OBJ_0(emu_busy_obj, emu_busy);

// The linker leads every call from another file than gc.c here (Makefile: --wrap=gc_alloc).
void *__real_gc_alloc(size_t octets, unsigned int flags);
void *__wrap_gc_alloc(size_t octets, unsigned int flags);
static uint32_t allocations;
void *__wrap_gc_alloc(size_t octets, unsigned int flags) {
    allocations++;
    return __real_gc_alloc(octets, flags);
}

uint32_t board_allocations(void) {
    return allocations;
}

static mp_obj_t emu_allocations(void) {
    return MP_OBJ_NEW_SMALL_INT(allocations & ((1u << 30) - 1));
}
static MP_DEFINE_CONST_FUN_OBJ_0(emu_allocations_obj, emu_allocations);

static const mp_rom_map_elem_t emu_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_emu) },
    { MP_ROM_QSTR(MP_QSTR_Flash), MP_ROM_PTR(&emu_flash_type) },
    { MP_ROM_QSTR(MP_QSTR_Poll), MP_ROM_PTR(&emu_counted_poll_type) },
    { MP_ROM_QSTR(MP_QSTR_allocations), MP_ROM_PTR(&emu_allocations_obj) },
    { MP_ROM_QSTR(MP_QSTR_busy), MP_ROM_PTR(&emu_busy_obj) },
};
static MP_DEFINE_CONST_DICT(emu_globals, emu_globals_table);

const mp_obj_module_t emu_module = { .base = { &mp_type_module }, .globals = (mp_obj_dict_t *)&emu_globals };
MP_REGISTER_MODULE(MP_QSTR_emu, emu_module);
