// ARM semihosting: the few calls to the host that stand in for what the emulated machine lacks - flash memory that keeps
// its content (flash.c), a clock that runs while the power is off (clock.c), a source of entropy (random.c).
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { SEMIHOST_READ = 1, SEMIHOST_UPDATE = 3, SEMIHOST_CREATE = 7 } semihost_mode_t; // "rb", "r+b", "w+b"

void semihost_exit(int code) __attribute__((noreturn));
// The command line that the emulator was given for us; false when there is none.
bool semihost_command_line(char *text, size_t size);
// Seconds since 1970 on the host.
uint32_t semihost_time(void);
// A handle, or a negative number.
int semihost_open(const char *path, semihost_mode_t mode);
void semihost_close(int handle);
// Each returns false unless everything was read or written.
bool semihost_read(int handle, uint32_t offset, void *to, size_t n);
bool semihost_write(int handle, uint32_t offset, const void *from, size_t n);
