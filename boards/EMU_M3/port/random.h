// Pseudo-random numbers. NOT fit for keys, nonces or challenges: see random.c.
#pragma once
#include <stddef.h>
#include <stdint.h>

void random_init(void);
uint32_t random_u32(void);
void random_fill(void *to, size_t n);
