#include "py/mphal.h"
#include "py/runtime.h"
#include "shared/timeutils/timeutils.h"
#include "board.h"
#include "clock.h"
#include "irq.h"
#include "netglue.h"
#include "semihost.h"

#define SYST_CSR BOARD_REG(0xE000E010)
#define SYST_RVR BOARD_REG(0xE000E014)
#define SYST_CVR BOARD_REG(0xE000E018)
#define SYST_ENABLE_WITH_INTERRUPT (7)

// A free-running timer beside SysTick, downwards. It tells the time: a busy host delays SysTick's interrupts and several become one, and a
// clock that counted them would go slow while the watchdog's does not.
#define TIMER0_CTRL BOARD_REG(0x40000000)
#define TIMER0_VALUE BOARD_REG(0x40000004)
#define TIMER0_RELOAD BOARD_REG(0x40000008)

#define TICKS_PER_MS (BOARD_CPU_HZ / 1000)
#define TICKS_PER_US (BOARD_CPU_HZ / 1000000)

static volatile uint32_t milliseconds;
static uint32_t counted; // the timer's ticks that are in `milliseconds`
static uint32_t asleep;
static uint64_t started_ns; // wall-clock time at the start of the board, in the epoch of this port

void clock_init(void) {
    TIMER0_RELOAD = 0xFFFFFFFF;
    TIMER0_VALUE = 0xFFFFFFFF;
    TIMER0_CTRL = 1;
    SYST_RVR = TICKS_PER_MS - 1;
    SYST_CVR = 0;
    SYST_CSR = SYST_ENABLE_WITH_INTERRUPT;
    // The host's clock serves as the clock chip with a battery of its own.
    uint64_t seconds = semihost_time();
    #if !MICROPY_EPOCH_IS_1970
    seconds -= TIMEUTILS_SECONDS_1970_TO_2000;
    #endif
    started_ns = seconds * 1000000000u;
}

static uint32_t ticks(void) {
    return 0xFFFFFFFF - TIMER0_VALUE;
}

void clock_systick_handler(void) {
    uint32_t passed = (ticks() - counted) / TICKS_PER_MS;
    counted += passed * TICKS_PER_MS;
    milliseconds += passed;
    netglue_tick(milliseconds);
}

void clock_wfi(void) {
    // Masked, so that the handler which ends the sleep counts as work.
    uint32_t state = irq_save();
    uint32_t from = TIMER0_VALUE;
    __asm volatile ("wfi" ::: "memory");
    asleep += from - TIMER0_VALUE;
    irq_restore(state);
}

uint32_t clock_busy(void) {
    return (ticks() - asleep) & 0x3FFFFFFF;
}

static uint64_t microseconds(void) {
    uint32_t state = irq_save();
    uint32_t ms = milliseconds, rest = ticks() - counted;
    irq_restore(state);
    return (uint64_t)ms * 1000u + rest / TICKS_PER_US;
}

mp_uint_t mp_hal_ticks_ms(void) {
    return milliseconds;
}

mp_uint_t mp_hal_ticks_us(void) {
    return (mp_uint_t)microseconds();
}

mp_uint_t mp_hal_ticks_cpu(void) {
    return ticks();
}

uint64_t mp_hal_time_ns(void) {
    return started_ns + microseconds() * 1000u;
}

void mp_hal_delay_us(mp_uint_t us) {
    uint64_t end = microseconds() + us;
    while (microseconds() < end) {
    }
}

void mp_hal_delay_ms(mp_uint_t ms) {
    mp_uint_t start = mp_hal_ticks_ms(), elapsed = 0;
    while (elapsed < ms) {
        mp_event_wait_ms(ms - elapsed);
        elapsed = mp_hal_ticks_ms() - start;
    }
}
