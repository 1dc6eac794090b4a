#include "py/mphal.h"
#include "lwip/timeouts.h"
#include "board.h"
#include "irq.h"
#include "netglue.h"

#define SCB_ICSR BOARD_REG(0xE000ED04)
#define ICSR_PENDSVSET (1u << 28)
#define TIMERS_MS (64) // how often lwIP's timers are looked at

static volatile int locks;
static volatile bool wanted, timers_due;

u32_t sys_now(void) {
    return mp_hal_ticks_ms();
}

void netglue_lock(void) {
    uint32_t state = irq_save();
    locks++;
    irq_restore(state);
}

void netglue_unlock(void) {
    uint32_t state = irq_save();
    if (--locks == 0 && wanted) {
        wanted = false;
        SCB_ICSR = ICSR_PENDSVSET;
    }
    irq_restore(state);
}

void netglue_schedule(void) {
    SCB_ICSR = ICSR_PENDSVSET;
}

void netglue_tick(uint32_t milliseconds) {
    static uint32_t looked;
    if (milliseconds - looked >= TIMERS_MS) {
        looked = milliseconds;
        timers_due = true;
        netglue_schedule();
    }
}

void netglue_pendsv_handler(void) {
    // The interpreter takes the lock with interrupts on, so it may hold it now.
    if (locks) {
        wanted = true;
        return;
    }
    if (timers_due) {
        timers_due = false;
        sys_check_timeouts();
    }
    network_lan_poll();
}
