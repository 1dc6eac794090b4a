// The CMSDK UARTs: 0 is the console, 1 and 2 are machine.UART's.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UART_CONSOLE, UART_1, UART_2, UART_COUNT };

void uart_init(void);
void uart0_rx_handler(void);
void uart1_rx_handler(void);
void uart2_rx_handler(void);
// The next octet received, or -1.
int uart_get(int n);
size_t uart_available(int n);
// Octets lost because nobody fetched them in time.
uint32_t uart_overruns(int n);
// How many octets were sent: fewer when the other end has stopped to take them.
size_t uart_write(int n, const void *from, size_t size);
void uart_write_text(int n, const char *text);
