// Start of the program in the flash, and the flash functions.
//
// The chip's own ROM talks to the flash through the SSI controller. Here the emulator stands behind a few registers instead, at an
// address that the RP2040 leaves free: it keeps the flash in a file, and stops the processor for as long as the operation takes.

#include <stdbool.h>

#include "rom.h"

#define XIP_BASE (0x10000000)
#define BOOT2_SIZE (252)                    // octets of the second stage; its CRC follows
#define BOOT2_RUNS_AT (0x20041f00)          // the end of SRAM
#define CRC_POLYNOMIAL (0x04c11db7)

typedef struct {
    uint32_t offset;                        // in the flash
    uint32_t size;                          // octets
    uint32_t source;                        // address of the octets to program
    uint32_t command;                       // written last: carries the operation out
} emulator_flash_t;

#define FLASH ((volatile emulator_flash_t *)0x40070000)
#define COMMAND_ERASE (1)
#define COMMAND_PROGRAM (2)
#define COMMAND_BOOT_DRIVE (3)

void rom_hang(void) {
    for (;;) {
        __asm volatile ("wfi");
    }
}

void rom_nothing(void) {
}

// BOOTSEL: the chip would show itself as a USB drive. The emulator says so, and it takes a reset to leave.
void rom_boot_drive(uint32_t led, uint32_t disabled) {
    (void)led;
    (void)disabled;
    FLASH->command = COMMAND_BOOT_DRIVE;
    rom_hang();
}

// CRC-32 of the second stage: most significant bit first, begins with ones, not inverted at the end.
static uint32_t crc32(const uint8_t *octet, uint32_t size) {
    uint32_t crc = 0xffffffff;
    while (size--) {
        crc ^= (uint32_t)*octet++ << 24;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 0x80000000 ? crc << 1 ^ CRC_POLYNOMIAL : crc << 1;
        }
    }
    return crc;
}

// The second stage of the boot loader stands at the beginning of the flash and is copied to SRAM, because it sets the flash up.
void rom_reset(void) {
    if (crc32((const uint8_t *)XIP_BASE, BOOT2_SIZE) != *(const uint32_t *)(XIP_BASE + BOOT2_SIZE)) {
        rom_boot_drive(0, 0);
    }
    rom_memcpy((void *)BOOT2_RUNS_AT, (const void *)XIP_BASE, BOOT2_SIZE);
    // It ends in the program's vectors when it is entered from here: the link register is to be 0.
    __asm volatile (
        "movs r0, #0\n"
        "mov lr, r0\n"
        "bx %0\n"
        : : "r" (BOOT2_RUNS_AT | 1) : "r0", "lr");
    __builtin_unreachable();
}

void *rom_table_lookup(const uint16_t *row, uint32_t code) {
    for (; *row; row += 2) {
        if (*row == (uint16_t)code) {
            return (void *)(uintptr_t)row[1];
        }
    }
    return 0;
}

// block and its command would erase more at once; every sector is erased alone here.
void rom_flash_erase(uint32_t offset, uint32_t size, uint32_t block, uint32_t block_command) {
    (void)block;
    (void)block_command;
    FLASH->offset = offset;
    FLASH->size = size;
    FLASH->command = COMMAND_ERASE;
}

void rom_flash_program(uint32_t offset, const uint8_t *octets, uint32_t size) {
    FLASH->offset = offset;
    FLASH->size = size;
    FLASH->source = (uint32_t)(uintptr_t)octets;
    FLASH->command = COMMAND_PROGRAM;
}
