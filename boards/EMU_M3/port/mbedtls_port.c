// What mbedTLS asks of the board. Its random numbers are the board's, so TLS here protects nothing (random.c).
#include "py/mphal.h"
#include "mbedtls/mbedtls_config_port.h"
#include "mbedtls/platform_time.h"
#include "random.h"

int mbedtls_hardware_poll(void *data, unsigned char *to, size_t n, size_t *filled) {
    random_fill(to, n);
    *filled = n;
    return 0;
}

time_t mbedtls_port_time(time_t *to) {
    time_t now = mp_hal_time_ns() / 1000000000u;
    if (to != NULL) {
        *to = now;
    }
    return now;
}

mbedtls_ms_time_t mbedtls_ms_time(void) {
    return mp_hal_ticks_ms();
}
