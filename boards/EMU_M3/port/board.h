// Registers and functions that the parts of this port share.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BOARD_CPU_HZ (25000000u) // clock of the CPU, of SysTick, of the timers and of the watchdog
#define BOARD_REG(address) (*(volatile uint32_t *)(address))

// Interrupt numbers of the mps2-an385.
enum { IRQ_UART0_RX = 0, IRQ_UART1_RX = 2, IRQ_UART2_RX = 4, IRQ_ETHERNET = 13, IRQ_COUNT = 32 };

static inline void board_irq_enable(int irq) {
    BOARD_REG(0xE000E100) = 1u << irq;
}
static inline void board_irq_set_pending(int irq) {
    BOARD_REG(0xE000E200) = 1u << irq;
}

// The part that can be emulated or real differs in one thing: an emulator can end. Ends it with an exit code of its own
// after a line on the console, so that whoever started it learns why.
void board_fatal(const char *why, int code) __attribute__((noreturn));

// Calls of gc_alloc since the last reset, modulo 2**32: what asked for heap, whether it was given back or not.
uint32_t board_allocations(void);
