// lwIP as MicroPython's boards with little RAM have it.
#pragma once
#include <stdint.h>

#define LWIP_IPV4 1
// The emulator forwards no IPv6 from the host, so it could not be reached.
#define LWIP_IPV6 0
uint32_t random_u32(void);
#define LWIP_RAND() random_u32()

#include "extmod/lwip-include/lwipopts_common.h"

// Nobody asks for this board by name.
#undef LWIP_MDNS_RESPONDER
#define LWIP_MDNS_RESPONDER 0
