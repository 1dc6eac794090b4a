// The interpreter's features: those of a Raspberry Pi Pico W, as far as the machine has the hardware.
#include <alloca.h>
#include <stdint.h>

#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)

// Compiler and code.
#define MICROPY_EMIT_THUMB (1)
#define MICROPY_EMIT_INLINE_THUMB (1)
#define MICROPY_MAKE_POINTER_CALLABLE(p) ((void *)((mp_uint_t)(p) | 1))
#define MICROPY_PERSISTENT_CODE_LOAD (1)

// Heap, exceptions, numbers.
#define MICROPY_ENABLE_GC (1)
#define MICROPY_TRACKED_ALLOC (1) // for mbedTLS
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_FLOAT)
#define MICROPY_SCHEDULER_DEPTH (8)
#define MICROPY_USE_INTERNAL_ERRNO (1)
#define MICROPY_USE_INTERNAL_PRINTF (1)

// REPL.
#define MICROPY_HELPER_REPL (1)
#define MICROPY_KBD_EXCEPTION (1)
#define MICROPY_PY_SYS_PLATFORM "emu-m3"
#define MICROPY_HW_BOARD_NAME "EMU_M3: QEMU mps2-an385 with 264 KiB RAM"
#define MICROPY_HW_MCU_NAME "Cortex-M3"

// Modules.
#define MICROPY_PY_SELECT (1)
#define MICROPY_PY_ASYNCIO (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_PY_TIME_INCLUDEFILE "modtime.inc.c"
#define MICROPY_PY_OS_DUPTERM (0)
#define MICROPY_PY_OS_URANDOM (1)
#define MICROPY_PY_OS_SYNC (1)
#define MICROPY_PY_OS_UNAME (1)
#define MICROPY_PY_OS_INCLUDEFILE "modos.inc.c"
#define MICROPY_PY_MACHINE (1)
#define MICROPY_PY_MACHINE_INCLUDEFILE "modmachine.inc.c"
#define MICROPY_PY_MACHINE_RESET (1)
#define MICROPY_PY_MACHINE_BARE_METAL_FUNCS (1)
#define MICROPY_PY_MACHINE_DISABLE_IRQ_ENABLE_IRQ (1)
#define MICROPY_PY_MACHINE_UART (1)
#define MICROPY_PY_MACHINE_UART_INCLUDEFILE "machine_uart.inc.c"
#define MICROPY_PY_MACHINE_WDT (1)
#define MICROPY_PY_MACHINE_WDT_INCLUDEFILE "machine_wdt.inc.c"
#define MICROPY_PY_MACHINE_PULSE (0)
#define MICROPY_PY_ONEWIRE (0)
#define MICROPY_PY_HASHLIB_MD5 (1)
#define MICROPY_PY_HASHLIB_SHA1 (1)
#define MICROPY_PY_CRYPTOLIB (1)
#define MICROPY_PY_CRYPTOLIB_CTR (1)
#define MICROPY_SSL_MBEDTLS_EXTRAS (0)
extern uint32_t random_u32(void);
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (random_u32())

// Files.
#define MICROPY_VFS (1)
#define MICROPY_VFS_ROM (0)
#define MICROPY_READER_VFS (1)

// Network.
#define MICROPY_PY_NETWORK (1)
#define MICROPY_PY_NETWORK_HOSTNAME_DEFAULT "emu-m3"
#define MICROPY_PY_SOCKET_EVENTS (0)
extern const struct _mp_obj_type_t network_lan_type;
#define MICROPY_PORT_NETWORK_INTERFACES { MP_ROM_QSTR(MP_QSTR_LAN), MP_ROM_PTR(&network_lan_type) },
extern void netglue_lock(void);
extern void netglue_unlock(void);
#define MICROPY_PY_LWIP_ENTER netglue_lock();
#define MICROPY_PY_LWIP_REENTER netglue_lock();
#define MICROPY_PY_LWIP_EXIT netglue_unlock();

// The machine's word.
#define MP_SSIZE_MAX (0x7fffffff)
#define UINT_FMT "%u"
#define INT_FMT "%d"
typedef int mp_int_t;
typedef unsigned int mp_uint_t;
typedef long mp_off_t;
#define MP_NEED_LOG2 (1)
#define MP_STATE_PORT MP_STATE_VM

#include "irq.h"
#define MICROPY_BEGIN_ATOMIC_SECTION() irq_save()
#define MICROPY_END_ATOMIC_SECTION(state) irq_restore(state)
