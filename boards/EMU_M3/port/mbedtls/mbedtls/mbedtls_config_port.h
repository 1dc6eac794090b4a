// mbedTLS as MicroPython's bare-metal ports configure it, with AES-CTR for cryptolib.
#pragma once
#include <time.h>

#define MBEDTLS_ECP_NIST_OPTIM
time_t mbedtls_port_time(time_t *to);
#define MBEDTLS_PLATFORM_TIME_MACRO mbedtls_port_time
#define MBEDTLS_PLATFORM_MS_TIME_ALT mbedtls_ms_time
#define MICROPY_MBEDTLS_CONFIG_BARE_METAL (1)
#include "extmod/mbedtls/mbedtls_config_common.h"
#define MBEDTLS_CIPHER_MODE_CTR
