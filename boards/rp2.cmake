# What an image of the rp2 port with the meter frozen in needs besides its manifest.
# Named to the build as USER_C_MODULES, the way into it that MicroPython leaves open.

# Native and viper functions that are frozen into an image begin at whole words.
#
# MicroPython's tools/mpy-tool.py (1.25 to 1.29) gives frozen Thumb code half-word alignment. Code for ARMv6-M, which the rp2 port freezes for
# both of its chips (from 1.28 on ARMv7-M for the RP2350), needs more: a native function begins with a word that is read as such, which is a hard
# fault on the RP2040 where it is not aligned, and every constant above eight bits is loaded from a literal at a distance from the rounded
# program counter, which else brings other octets.
# The file that mpy-tool writes says `aligned (2)`; here that word comes to mean "or more".
set_source_files_properties(
    ${CMAKE_BINARY_DIR}/frozen_content.c
    PROPERTIES COMPILE_OPTIONS "-Daligned(octets)=__aligned__((octets) < 4 ? 4 : (octets))"
)

# The image has no C++ of its own, and Debian packs the C++ library apart from the compiler (1.5 GB): do without.
add_compile_definitions(PICO_CXX_DISABLE_ALLOCATION_OVERRIDES=1)
cmake_language(DEFER CALL set_target_properties ${MICROPY_TARGET} PROPERTIES LINKER_LANGUAGE C)
cmake_language(DEFER CALL target_link_libraries ${MICROPY_TARGET} m)

# Frames of bytecode functions on the C stack, as far as it goes: frames.c tells why, and how far.
set_source_files_properties(${MICROPY_DIR}/py/objfun.c PROPERTIES COMPILE_DEFINITIONS "m_malloc_maybe=frame_on_heap")
add_library(usermod_frames INTERFACE)
target_sources(usermod_frames INTERFACE ${CMAKE_CURRENT_LIST_DIR}/frames.c)
target_link_libraries(usermod INTERFACE usermod_frames)
