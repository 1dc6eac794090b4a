// Arguments go through a block of words that r1 points to; the answer comes in r0.
#include <string.h>
#include "semihost.h"

enum {
    SYS_OPEN = 0x01, SYS_CLOSE = 0x02, SYS_WRITE = 0x05, SYS_READ = 0x06, SYS_SEEK = 0x0A,
    SYS_TIME = 0x11, SYS_GET_CMDLINE = 0x15, SYS_EXIT_EXTENDED = 0x20,
};
#define ADP_STOPPED_APPLICATION_EXIT (0x20026)

static int call(int operation, const void *block) {
    register int r0 __asm ("r0") = operation;
    register const void *r1 __asm ("r1") = block;
    __asm volatile ("bkpt 0xab" : "+r" (r0) : "r" (r1) : "memory");
    return r0;
}

void semihost_exit(int code) {
    uint32_t block[2] = { ADP_STOPPED_APPLICATION_EXIT, code };
    call(SYS_EXIT_EXTENDED, block);
    for (;;) {
    }
}

bool semihost_command_line(char *text, size_t size) {
    uint32_t block[2] = { (uint32_t)text, size - 1 };
    if (call(SYS_GET_CMDLINE, block) != 0) {
        return false;
    }
    text[block[1]] = 0;
    return block[1] != 0;
}

uint32_t semihost_time(void) {
    return call(SYS_TIME, NULL);
}

int semihost_open(const char *path, semihost_mode_t mode) {
    uint32_t block[3] = { (uint32_t)path, mode, strlen(path) };
    return call(SYS_OPEN, block);
}

void semihost_close(int handle) {
    uint32_t block[1] = { handle };
    call(SYS_CLOSE, block);
}

static bool seek(int handle, uint32_t offset) {
    uint32_t block[2] = { handle, offset };
    return call(SYS_SEEK, block) == 0;
}

bool semihost_read(int handle, uint32_t offset, void *to, size_t n) {
    uint32_t block[3] = { handle, (uint32_t)to, n };
    return seek(handle, offset) && call(SYS_READ, block) == 0;
}

bool semihost_write(int handle, uint32_t offset, const void *from, size_t n) {
    uint32_t block[3] = { handle, (uint32_t)from, n };
    return seek(handle, offset) && call(SYS_WRITE, block) == 0;
}
