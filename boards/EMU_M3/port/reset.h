// Why the board started, and how to start it anew.
#pragma once

// Values of machine.reset_cause().
typedef enum { RESET_POWER_ON = 1, RESET_HARD, RESET_WATCHDOG, RESET_DEEPSLEEP, RESET_SOFT } reset_cause_t;

void reset_init(void);
reset_cause_t reset_cause(void);
// What the next start shall give as its cause, unless the power fails before.
void reset_announce(reset_cause_t cause);
void reset_now(reset_cause_t cause) __attribute__((noreturn));
