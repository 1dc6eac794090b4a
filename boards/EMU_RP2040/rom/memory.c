// Bits and memory: functions that the chip has in ROM because it lacks the instructions, or to be quick.

#include "rom.h"

uint32_t rom_popcount(uint32_t word) {
    uint32_t ones = 0;
    for (; word; word &= word - 1) {
        ones++;
    }
    return ones;
}

uint32_t rom_reverse(uint32_t word) {
    uint32_t reversed = 0;
    for (int bit = 0; bit < 32; bit++, word >>= 1) {
        reversed = reversed << 1 | (word & 1);
    }
    return reversed;
}

// Zeros before the first one; 32 for 0.
uint32_t rom_clz(uint32_t word) {
    uint32_t zeros = 32;
    for (; word; word >>= 1) {
        zeros--;
    }
    return zeros;
}

// Zeros after the last one; 32 for 0.
uint32_t rom_ctz(uint32_t word) {
    return word ? 31 - rom_clz(word & -word) : 32;
}

void *rom_memset(void *to, int octet, uint32_t size) {
    uint8_t *at = to;
    for (; size && (uintptr_t)at % 4; size--) {
        *at++ = octet;
    }
    uint32_t word = (uint8_t)octet * 0x01010101u;
    for (; size >= 4; size -= 4, at += 4) {
        *(uint32_t *)at = word;
    }
    while (size--) {
        *at++ = octet;
    }
    return to;
}

void *rom_memcpy(void *to, const void *from, uint32_t size) {
    uint8_t *at = to;
    const uint8_t *source = from;
    if (((uintptr_t)at ^ (uintptr_t)source) % 4 == 0) {
        for (; size && (uintptr_t)at % 4; size--) {
            *at++ = *source++;
        }
        for (; size >= 4; size -= 4, at += 4, source += 4) {
            *(uint32_t *)at = *(const uint32_t *)source;
        }
    }
    while (size--) {
        *at++ = *source++;
    }
    return to;
}
