// Interrupts off and on again. Nests.
#pragma once
#include <stdint.h>

static inline uint32_t irq_save(void) {
    uint32_t state;
    __asm volatile ("mrs %0, primask\ncpsid i" : "=r" (state) :: "memory");
    return state;
}

static inline void irq_restore(uint32_t state) {
    __asm volatile ("msr primask, %0" :: "r" (state) : "memory");
}
