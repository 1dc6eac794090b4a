// time.time() and time.localtime(). Included by extmod/modtime.c.
#include "py/obj.h"
#include "shared/timeutils/timeutils.h"

static uint64_t seconds_now(void) {
    return mp_hal_time_ns() / 1000000000u;
}

static mp_obj_t mp_time_localtime_get(void) {
    timeutils_struct_time_t t;
    timeutils_seconds_since_epoch_to_struct_time(seconds_now(), &t);
    mp_obj_t items[8] = {
        MP_OBJ_NEW_SMALL_INT(t.tm_year), MP_OBJ_NEW_SMALL_INT(t.tm_mon), MP_OBJ_NEW_SMALL_INT(t.tm_mday),
        MP_OBJ_NEW_SMALL_INT(t.tm_hour), MP_OBJ_NEW_SMALL_INT(t.tm_min), MP_OBJ_NEW_SMALL_INT(t.tm_sec),
        MP_OBJ_NEW_SMALL_INT(t.tm_wday), MP_OBJ_NEW_SMALL_INT(t.tm_yday),
    };
    return mp_obj_new_tuple(8, items);
}

static mp_obj_t mp_time_time_get(void) {
    return mp_obj_new_int_from_ull(seconds_now());
}
