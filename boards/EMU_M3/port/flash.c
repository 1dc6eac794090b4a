// The content stands in the machine's PSRAM and is written through to a file of the host, named by the emulator's command
// line. Every change is in the file when the call returns: killing the emulator at any instant is a power cut.
#include <string.h>
#include "flash.h"
#include "semihost.h"

#define CONTENT ((uint8_t *)0x21000000)
#define SIZE (FLASH_BLOCK_SIZE * FLASH_BLOCKS)

static int handle = -1;
static flash_wear_t wear;

// The file's name: what follows the first word of the command line.
static const char *file_name(char *line, size_t size) {
    if (!semihost_command_line(line, size)) {
        return NULL;
    }
    char *name = strchr(line, ' ');
    return name != NULL && name[1] != 0 ? name + 1 : NULL;
}

// The rest of a file that was made before there was a store is blank.
static bool load(void) {
    const uint32_t files = FLASH_FILES * FLASH_BLOCK_SIZE;
    if (semihost_read(handle, 0, CONTENT, SIZE)) {
        return true;
    }
    memset(CONTENT, 0xff, SIZE);
    return semihost_read(handle, 0, CONTENT, files) && semihost_write(handle, files, CONTENT + files, SIZE - files);
}

bool flash_init(void) {
    static char line[256];
    const char *name = file_name(line, sizeof(line));
    if (name != NULL) {
        handle = semihost_open(name, SEMIHOST_UPDATE);
        if (handle >= 0) {
            return load();
        }
    }
    memset(CONTENT, 0xff, SIZE);
    if (name == NULL) {
        return true;
    }
    handle = semihost_open(name, SEMIHOST_CREATE);
    return handle >= 0 && semihost_write(handle, 0, CONTENT, SIZE);
}

bool flash_has_file(void) {
    return handle >= 0;
}

const flash_wear_t *flash_wear(void) {
    return &wear;
}

const uint8_t *flash_content(void) {
    return CONTENT;
}

void flash_read(uint32_t offset, void *to, size_t n) {
    memcpy(to, CONTENT + offset, n);
}

static bool write_through(uint32_t offset, size_t n) {
    return handle < 0 || semihost_write(handle, offset, CONTENT + offset, n);
}

bool flash_erase(uint32_t block) {
    wear.erases++;
    memset(CONTENT + block * FLASH_BLOCK_SIZE, 0xff, FLASH_BLOCK_SIZE);
    return write_through(block * FLASH_BLOCK_SIZE, FLASH_BLOCK_SIZE);
}

bool flash_program(uint32_t offset, const void *from, size_t n) {
    const uint8_t *octets = from;
    bool violated = false;
    wear.programs++;
    for (size_t i = 0; i < n; i++) {
        violated |= (CONTENT[offset + i] & octets[i]) != octets[i];
        CONTENT[offset + i] &= octets[i];
    }
    wear.violations += violated;
    return write_through(offset, n);
}
