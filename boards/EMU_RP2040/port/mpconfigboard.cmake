# The emulated RP2040 as a board of MicroPython's rp2 port: a Raspberry Pi Pico with lwIP, as a Pico W has it, and no network interface.

set(PICO_PLATFORM "rp2040")
set(PICO_BOARD "pico")

set(MICROPY_PY_LWIP ON)

# The image has no C++ of its own, and Debian packs the C++ library apart from the compiler (1.5 GB): do without.
add_compile_definitions(PICO_CXX_DISABLE_ALLOCATION_OVERRIDES=1)
cmake_language(DEFER CALL set_target_properties ${MICROPY_TARGET} PROPERTIES LINKER_LANGUAGE C)
cmake_language(DEFER CALL target_link_libraries ${MICROPY_TARGET} m)
