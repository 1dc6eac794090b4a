// Floating point, by the compiler's own routines. Fixed-point numbers have `places` binary digits after the point.
// Conversions to integers round towards minus infinity, as those of the chip do; a NaN is nobody's business here.

#include "rom.h"

#define EXPONENT_BIAS (1023)

// Two to a small power.
static double power(int exponent) {
    union { uint64_t octets; double number; } made = { (uint64_t)(EXPONENT_BIAS + exponent) << 52 };
    return made.number;
}

static int32_t down32(double number, double low, double high) {
    if (number >= high) {
        return INT32_MAX;
    }
    if (number < low) {
        return INT32_MIN;
    }
    int32_t whole = (int32_t)number;
    return whole - (number < whole);
}

static int64_t down64(double number) {
    if (number >= 0x1p63) {
        return INT64_MAX;
    }
    if (number < -0x1p63) {
        return INT64_MIN;
    }
    int64_t whole = (int64_t)number;
    return whole - (number < (double)whole);
}

static uint32_t unsigned32(double number) {
    return number <= 0 ? 0 : number >= 0x1p32 ? UINT32_MAX : (uint32_t)number;
}

static uint64_t unsigned64(double number) {
    return number <= 0 ? 0 : number >= 0x1p64 ? UINT64_MAX : (uint64_t)number;
}

// Newton's iteration from half the exponent on; six steps from a first guess that is 4 % off or better are more than a double holds.
double double_sqrt(double number) {
    union { double number; uint64_t octets; } guess = { number };
    if (number <= 0 || guess.octets >> 52 >= 0x7ff) {
        return number;
    }
    guess.octets = (guess.octets >> 1) + 0x1ff7a3bea91d9b1bULL;
    for (int step = 0; step < 6; step++) {
        guess.number = 0.5 * (guess.number + number / guess.number);
    }
    return guess.number;
}

float single_sqrt(float number) {
    return (float)double_sqrt(number);
}

// Each function of one table is that of the other with another type.
#define ARITHMETIC(type, name) \
    type name##_add(type a, type b) { return a + b; } \
    type name##_sub(type a, type b) { return a - b; } \
    type name##_mul(type a, type b) { return a * b; } \
    type name##_div(type a, type b) { return a / b; } \
    int name##_compare(type a, type b) { return a < b ? -1 : a > b; } \
    int32_t name##_to_int(type a) { return down32(a, -0x1p31, 0x1p31); } \
    int32_t name##_to_fix(type a, int places) { return down32(a * power(places), -0x1p31, 0x1p31); } \
    uint32_t name##_to_uint(type a) { return unsigned32(a); } \
    uint32_t name##_to_ufix(type a, int places) { return unsigned32(a * power(places)); } \
    int64_t name##_to_int64(type a) { return down64(a); } \
    int64_t name##_to_fix64(type a, int places) { return down64(a * power(places)); } \
    uint64_t name##_to_uint64(type a) { return unsigned64(a); } \
    uint64_t name##_to_ufix64(type a, int places) { return unsigned64(a * power(places)); } \
    type int_to_##name(int32_t a) { return (type)a; } \
    type fix_to_##name(int32_t a, int places) { return (type)(a * power(-places)); } \
    type uint_to_##name(uint32_t a) { return (type)a; } \
    type ufix_to_##name(uint32_t a, int places) { return (type)(a * power(-places)); } \
    type int64_to_##name(int64_t a) { return (type)a; } \
    type fix64_to_##name(int64_t a, int places) { return (type)((double)a * power(-places)); } \
    type uint64_to_##name(uint64_t a) { return (type)a; } \
    type ufix64_to_##name(uint64_t a, int places) { return (type)((double)a * power(-places)); }

ARITHMETIC(float, single)
ARITHMETIC(double, double)

double single_to_double(float number) {
    return number;
}

float double_to_single(double number) {
    return (float)number;
}
