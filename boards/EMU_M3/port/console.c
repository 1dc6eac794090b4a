// Standard input and output of the interpreter: UART 0.
#include "py/runtime.h"
#include "py/mphal.h"
#include "py/stream.h"
#include "uart.h"

uintptr_t mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t ready = flags & MP_STREAM_POLL_WR;
    if ((flags & MP_STREAM_POLL_RD) && uart_available(UART_CONSOLE)) {
        ready |= MP_STREAM_POLL_RD;
    }
    return ready;
}

int mp_hal_stdin_rx_chr(void) {
    for (;;) {
        int c = uart_get(UART_CONSOLE);
        if (c >= 0) {
            return c;
        }
        mp_event_wait_indefinite();
    }
}

// A console that nobody reads loses text; the program goes on, so everything counts as written.
mp_uint_t mp_hal_stdout_tx_strn(const char *text, size_t n) {
    uart_write(UART_CONSOLE, text, n);
    return n;
}
