// One octet at a time goes through the data register; an interrupt moves what arrives to a ring buffer.
//
// When the buffer is full: the console goes on reading and drops, because a Ctrl-C must be seen behind whatever else was
// typed; the other lines leave the octet in the UART, which holds back the sender as hardware flow control does.
#include <string.h>
#include "py/runtime.h"
#include "py/mphal.h"
#include "py/ringbuf.h"
#include "board.h"
#include "irq.h"
#include "uart.h"

typedef struct {
    volatile uint32_t data, state, control, interrupt, divider;
} registers_t;

#define STATE_TX_FULL (1)
#define STATE_RX_FULL (2)
#define STATE_RX_OVERRUN (8)
#define CONTROL_TX_ENABLE (1)
#define CONTROL_RX_ENABLE (2)
#define CONTROL_RX_INTERRUPT (8)
#define INTERRUPT_RX (2)
#define DIVIDER_LOWEST (16) // the fastest line: an emulated one has no baud rate

#define RING_SIZE (1024)
#define TX_PATIENCE_MS (2000) // a terminal that is open and never read must not stop the meter

typedef struct {
    registers_t *registers;
    int irq;
    bool held_back; // the UART holds an octet that found the ring full
    bool deaf;      // the other end takes nothing
    uint32_t overruns;
    ringbuf_t ring;
} uart_t;

static uint8_t memory[UART_COUNT][RING_SIZE];
static uart_t uarts[UART_COUNT] = {
    { (registers_t *)0x40004000, IRQ_UART0_RX, .ring = { memory[0], RING_SIZE } },
    { (registers_t *)0x40005000, IRQ_UART1_RX, .ring = { memory[1], RING_SIZE } },
    { (registers_t *)0x40006000, IRQ_UART2_RX, .ring = { memory[2], RING_SIZE } },
};

void uart_init(void) {
    for (int n = 0; n < UART_COUNT; n++) {
        uarts[n].registers->divider = DIVIDER_LOWEST;
        uarts[n].registers->control = CONTROL_TX_ENABLE | CONTROL_RX_ENABLE | CONTROL_RX_INTERRUPT;
        board_irq_enable(uarts[n].irq);
    }
}

static void receive(int n) {
    uart_t *uart = &uarts[n];
    registers_t *r = uart->registers;
    if (r->state & STATE_RX_OVERRUN) {
        r->state = STATE_RX_OVERRUN; // write one to clear
        uart->overruns++;
    }
    while (r->state & STATE_RX_FULL) {
        bool full = ringbuf_free(&uart->ring) == 0;
        if (full && n != UART_CONSOLE) {
            uart->held_back = true;
            r->control = CONTROL_TX_ENABLE | CONTROL_RX_ENABLE;
            break;
        }
        int c = r->data & 0xff;
        r->interrupt = INTERRUPT_RX;
        if (n == UART_CONSOLE && c == mp_interrupt_char) {
            mp_sched_keyboard_interrupt();
        } else if (full) {
            uart->overruns++;
        } else {
            ringbuf_put(&uart->ring, c);
        }
    }
    r->interrupt = INTERRUPT_RX;
}

void uart0_rx_handler(void) {
    receive(UART_CONSOLE);
}

void uart1_rx_handler(void) {
    receive(UART_1);
}

void uart2_rx_handler(void) {
    receive(UART_2);
}

int uart_get(int n) {
    uart_t *uart = &uarts[n];
    uint32_t state = irq_save();
    int c = ringbuf_get(&uart->ring);
    if (uart->held_back) {
        uart->held_back = false;
        uart->registers->control = CONTROL_TX_ENABLE | CONTROL_RX_ENABLE | CONTROL_RX_INTERRUPT;
        board_irq_set_pending(uart->irq);
    }
    irq_restore(state);
    return c;
}

size_t uart_available(int n) {
    return ringbuf_avail(&uarts[n].ring);
}

uint32_t uart_overruns(int n) {
    return uarts[n].overruns;
}

// Wait until the UART takes an octet; false when that would be too long.
static bool tx_ready(uart_t *uart) {
    if (!(uart->registers->state & STATE_TX_FULL)) {
        uart->deaf = false;
        return true;
    }
    if (uart->deaf) {
        return false;
    }
    mp_uint_t start = mp_hal_ticks_ms();
    while (uart->registers->state & STATE_TX_FULL) {
        if (mp_hal_ticks_ms() - start >= TX_PATIENCE_MS) {
            uart->deaf = true;
            return false;
        }
    }
    return true;
}

size_t uart_write(int n, const void *from, size_t size) {
    const uint8_t *octets = from;
    size_t sent = 0;
    while (sent < size && tx_ready(&uarts[n])) {
        uarts[n].registers->data = octets[sent++];
    }
    return sent;
}

void uart_write_text(int n, const char *text) {
    uart_write(n, text, strlen(text));
}
