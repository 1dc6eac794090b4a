// NOR flash: erased in blocks to all ones, programmed from one to zero only.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLASH_BLOCK_SIZE (4096u)
#define FLASH_FILES (352u) // blocks of the file system: 1408 KiB, as on a Raspberry Pi Pico
#define FLASH_BLOCKS (FLASH_FILES + 148u) // and of the store after it: 592 KiB, as on a Pico W

typedef struct {
    uint32_t erases, programs;
    uint32_t violations; // programs that tried to turn a zero into a one
} flash_wear_t;

// Load the content; false when the host's file cannot be read or made. Without a file the flash lasts as long as the power.
bool flash_init(void);
bool flash_has_file(void);
const flash_wear_t *flash_wear(void);
// The octets as they stand in the address space, as rp2's flash does.
const uint8_t *flash_content(void);
void flash_read(uint32_t offset, void *to, size_t n);
// False when the host's file could not be written, so that the change would not outlast the power.
bool flash_erase(uint32_t block);
bool flash_program(uint32_t offset, const void *from, size_t n);
