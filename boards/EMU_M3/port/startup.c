// Vector table, start of the C world, and what becomes of a fault.
#include "py/mphal.h"
#include "board.h"
#include "clock.h"
#include "eth.h"
#include "netglue.h"
#include "reset.h"
#include "semihost.h"
#include "uart.h"
#include "watchdog.h"

extern uint32_t _estack, _heap_end, _sidata, _sdata, _edata, _sbss, _ebss;
int main(void);

#define SCB_SHPR3 BOARD_REG(0xE000ED20)
#define NVIC_IPR ((volatile uint8_t *)0xE000E400)

enum { EXIT_FAULT = 70, EXIT_ABORT = 72, EXIT_ASSERT = 73, EXIT_SBRK = 74 };

void board_fatal(const char *why, int code) {
    uart_write_text(UART_CONSOLE, "\r\nFATAL: ");
    uart_write_text(UART_CONSOLE, why);
    uart_write_text(UART_CONSOLE, "\r\n");
    semihost_exit(code);
}

static void put_hex(uint32_t value) {
    char text[9];
    for (int i = 7; i >= 0; i--, value >>= 4) {
        text[i] = "0123456789abcdef"[value & 15];
    }
    text[8] = 0;
    uart_write_text(UART_CONSOLE, text);
}

// frame: r0 r1 r2 r3 r12 lr pc psr, as the CPU pushed them.
static void put_where(const uint32_t *frame) {
    uart_write_text(UART_CONSOLE, "\r\npc=");
    put_hex(frame[6]);
    uart_write_text(UART_CONSOLE, " lr=");
    put_hex(frame[5]);
}

__attribute__((used)) static void fault(const uint32_t *frame) {
    put_where(frame);
    board_fatal("CPU fault", EXIT_FAULT);
}

__attribute__((naked)) static void fault_handler(void) {
    __asm volatile ("mov r0, sp\nb fault");
}

// The watchdog was not fed: where the program was then, for whoever looks for the reason.
__attribute__((used)) static void bitten(const uint32_t *frame) {
    put_where(frame);
    uart_write_text(UART_CONSOLE, " ms=");
    put_hex(mp_hal_ticks_ms());
    uart_write_text(UART_CONSOLE, " WATCHDOG\r\n");
    watchdog_bite();
}

__attribute__((naked)) static void nmi_handler(void) {
    __asm volatile ("mov r0, sp\nb bitten");
}

static void unexpected_handler(void) {
    board_fatal("unexpected interrupt", EXIT_FAULT);
}

// The stack is filled with this at every start, so that what was overwritten tells how deep it has been
// (deepest_stack in tools/image/emulated/board.py).
#define STACK_PAINT (0xc0a7c0a7u)

static inline __attribute__((always_inline)) void paint_stack(void) {
    // Volatile: as a call of memset it would stand in the way of its own paint.
    for (volatile uint32_t *at = &_heap_end; at < (uint32_t *)__builtin_frame_address(0) - 16; at++) {
        *at = STACK_PAINT;
    }
}

__attribute__((used)) static void start(void) {
    paint_stack();
    for (uint32_t *from = &_sidata, *to = &_sdata; to < &_edata;) {
        *to++ = *from++;
    }
    for (uint32_t *to = &_sbss; to < &_ebss;) {
        *to++ = 0;
    }
    // SysTick above the devices, so that time goes on in their handlers; PendSV, where lwIP runs, below everything.
    SCB_SHPR3 = 0x40u << 24 | 0xffu << 16;
    for (int i = 0; i < IRQ_COUNT; i++) {
        NVIC_IPR[i] = 0x80;
    }
    reset_init();
    uart_init();
    clock_init();
    main();
    semihost_exit(0);
}

__attribute__((naked)) static void reset_handler(void) {
    __asm volatile ("ldr r0, =_estack\nmov sp, r0\nb start");
}

typedef void (*vector_t)(void);
__attribute__((section(".isr_vector"), used)) static const vector_t vectors[16 + IRQ_COUNT] = {
    (vector_t)&_estack, reset_handler, nmi_handler, fault_handler, fault_handler, fault_handler, fault_handler,
    [7 ... 13] = unexpected_handler,
    [14] = netglue_pendsv_handler,
    [15] = clock_systick_handler,
    [16 ... 16 + IRQ_COUNT - 1] = unexpected_handler,
    [16 + IRQ_UART0_RX] = uart0_rx_handler,
    [16 + IRQ_UART1_RX] = uart1_rx_handler,
    [16 + IRQ_UART2_RX] = uart2_rx_handler,
    [16 + IRQ_ETHERNET] = eth_irq_handler,
};

// What the C library and the interpreter call when nothing sensible is left to do.

void abort(void) {
    board_fatal("abort", EXIT_ABORT);
}

void __assert_func(const char *file, int line, const char *function, const char *expression) {
    board_fatal(expression, EXIT_ASSERT);
}

void *_sbrk(int n) {
    board_fatal("the C heap is not there", EXIT_SBRK);
}
