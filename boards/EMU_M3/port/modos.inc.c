// os.urandom, from a generator that is not cryptographic (random.c). Included by extmod/modos.c.
#include "random.h"

static mp_obj_t mp_os_urandom(mp_obj_t n_in) {
    mp_int_t n = mp_obj_get_int(n_in);
    if (n < 0) {
        mp_raise_ValueError(NULL);
    }
    vstr_t octets;
    vstr_init_len(&octets, n);
    random_fill(octets.buf, n);
    return mp_obj_new_bytes_from_vstr(&octets);
}
static MP_DEFINE_CONST_FUN_OBJ_1(mp_os_urandom_obj, mp_os_urandom);
