// What the interpreter's core asks of the board (clock.c, console.c).
#pragma once
#include <stdint.h>
#include "shared/runtime/interrupt_char.h"
#include "clock.h"
#include "irq.h"

#define MICROPY_INTERNAL_WFE(timeout_ms) clock_wfi()

mp_uint_t mp_hal_ticks_ms(void);
mp_uint_t mp_hal_ticks_us(void);
mp_uint_t mp_hal_ticks_cpu(void);
uint64_t mp_hal_time_ns(void);
void mp_hal_delay_us(mp_uint_t us);
void mp_hal_delay_ms(mp_uint_t ms);
void mp_hal_set_interrupt_char(int c);
#define mp_hal_quiet_timing_enter() irq_save()
#define mp_hal_quiet_timing_exit(state) irq_restore(state)
