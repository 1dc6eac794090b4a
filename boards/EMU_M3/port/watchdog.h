// The CMSDK watchdog.
#pragma once
#include <stdint.h>

#define WATCHDOG_MAX_MS (0xFFFFFFFFu / (BOARD_CPU_HZ / 1000))

// Start it, or start it anew with another time-out.
void watchdog_start(uint32_t ms);
void watchdog_feed(void);
// Reset the machine, with the watchdog as the cause: what its NMI ends with.
void watchdog_bite(void);
