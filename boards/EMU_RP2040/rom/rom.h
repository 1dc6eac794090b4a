// What the boot ROM's files share. Functions are found through the tables in tables.S.
#pragma once

#include <stdint.h>

void *rom_memcpy(void *to, const void *from, uint32_t size);
