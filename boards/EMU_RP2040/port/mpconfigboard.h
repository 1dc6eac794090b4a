// The emulated RP2040: what MicroPython's build asks of a board.

#define MICROPY_HW_BOARD_NAME                   "emulated Pico"

// As on a Pico W: the rest of the 2 MB is the program's.
#define MICROPY_HW_FLASH_STORAGE_BYTES          (848 * 1024)

// Sockets, with the buffers of a Pico W.
#define MICROPY_PY_NETWORK                      (1)
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT     "EmulatedPico"
