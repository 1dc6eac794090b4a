// Time: milliseconds by SysTick, wall-clock time, and the count of what the CPU did.
#pragma once
#include <stdint.h>

void clock_init(void);
void clock_systick_handler(void);
// Sleep until an interrupt.
void clock_wfi(void);
// Ticks of 40 ns that the CPU has not slept, modulo 2**30.
uint32_t clock_busy(void);
