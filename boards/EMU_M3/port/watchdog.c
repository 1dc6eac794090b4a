// The watchdog counts down twice: at the first zero it raises the NMI, at the second it resets the machine. The NMI notes
// the cause and lets the second countdown end at once, so that the time-out is one countdown. Its registers stay
// unlocked: the meter stops it by the control register when it ends for the REPL.
#include "board.h"
#include "reset.h"
#include "watchdog.h"

#define WDOG_LOAD BOARD_REG(0x40008000)
#define WDOG_CONTROL BOARD_REG(0x40008008)
#define WDOG_INTCLR BOARD_REG(0x4000800C)
#define WDOG_LOCK BOARD_REG(0x40008C00)
#define WDOG_UNLOCK (0x1ACCE551)
#define CONTROL_INTEN (1)
#define CONTROL_RESEN (2)

void watchdog_start(uint32_t ms) {
    WDOG_LOCK = WDOG_UNLOCK;
    WDOG_LOAD = ms * (BOARD_CPU_HZ / 1000);
    WDOG_CONTROL = CONTROL_INTEN | CONTROL_RESEN;
}

void watchdog_feed(void) {
    WDOG_INTCLR = 1; // any value reloads the counter
}

void watchdog_bite(void) {
    reset_announce(RESET_WATCHDOG);
    WDOG_LOAD = 1;
    for (;;) {
    }
}
