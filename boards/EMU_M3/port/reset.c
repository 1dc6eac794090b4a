// The machine has no reset cause register: two words of RAM that a reset leaves alone take its place. Without power they
// lose their magic number; whoever resets the board on purpose writes the cause there first.
#include "board.h"
#include "reset.h"

#define SCB_AIRCR BOARD_REG(0xE000ED0C)
#define AIRCR_SYSRESETREQ (0x05FA0004)
#define MAGIC (0x7E5E7CA5)

extern volatile struct { uint32_t magic, cause; } _retained;
static reset_cause_t cause;

void reset_init(void) {
    cause = _retained.magic == MAGIC ? _retained.cause : RESET_POWER_ON;
    // A reset that nobody announces came from outside.
    _retained.magic = MAGIC;
    _retained.cause = RESET_HARD;
}

reset_cause_t reset_cause(void) {
    return cause;
}

void reset_announce(reset_cause_t next) {
    if (next == RESET_SOFT) {
        cause = RESET_SOFT; // only the interpreter starts anew: there is no next start to tell
    } else {
        _retained.cause = next;
    }
}

void reset_now(reset_cause_t next) {
    reset_announce(next);
    SCB_AIRCR = AIRCR_SYSRESETREQ;
    for (;;) {
    }
}
