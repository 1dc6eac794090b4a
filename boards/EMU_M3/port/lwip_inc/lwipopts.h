// lwIP as MicroPython's boards with little RAM have it.
#pragma once
#include <stdint.h>

#define LWIP_IPV4 1
#define LWIP_IPV6 1
uint32_t random_u32(void);
#define LWIP_RAND() random_u32()

#include "extmod/lwip-include/lwipopts_common.h"

// Nobody asks for this board by name.
#undef LWIP_MDNS_RESPONDER
#define LWIP_MDNS_RESPONDER 0

// Beside DHCP and name server one for each IP family, and those that send.
#undef MEMP_NUM_UDP_PCB
#define MEMP_NUM_UDP_PCB 8
