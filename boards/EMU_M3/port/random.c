// xoshiro128++ (Blackman and Vigna). Whoever has seen some of its output can compute the rest: it is not a cryptographic
// generator, and a board that keeps real secrets needs a real one. The seed is the host's entropy, or else its clock.
#include <string.h>
#include "random.h"
#include "semihost.h"

static uint32_t s[4];

void random_init(void) {
    int handle = semihost_open("/dev/urandom", SEMIHOST_READ);
    if (handle >= 0) {
        semihost_read(handle, 0, s, sizeof(s));
        semihost_close(handle);
    }
    s[0] ^= semihost_time();
    s[1] ^= 0x9E3779B9; // a state of nothing but zeros would stay that
}

static uint32_t rotate(uint32_t x, int k) {
    return x << k | x >> (32 - k);
}

uint32_t random_u32(void) {
    uint32_t result = rotate(s[0] + s[3], 7) + s[0];
    uint32_t t = s[1] << 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 11);
    return result;
}

void random_fill(void *to, size_t n) {
    uint8_t *at = to;
    while (n) {
        uint32_t word = random_u32();
        size_t part = n < sizeof(word) ? n : sizeof(word);
        memcpy(at, &word, part);
        at += part;
        n -= part;
    }
}
