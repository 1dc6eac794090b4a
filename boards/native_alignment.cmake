# Native and viper functions that are frozen into an image begin at whole words.
#
# MicroPython's tools/mpy-tool.py (1.25 to 1.29) gives frozen Thumb code half-word alignment. Code for ARMv6-M, which the rp2 port freezes for both of
# its chips, needs more: a native function begins with a word that is read as such, which is a hard fault on the RP2040 where it is not aligned,
# and every constant above eight bits is loaded from a literal at a distance from the rounded program counter, which else brings other octets.
# The file that mpy-tool writes says `aligned (2)`; here that word comes to mean "or more".
#
# Named to the build as USER_C_MODULES, the way into it that MicroPython leaves open.
set_source_files_properties(
    ${CMAKE_BINARY_DIR}/frozen_content.c
    PROPERTIES COMPILE_OPTIONS "-Daligned(octets)=__aligned__((octets) < 4 ? 4 : (octets))"
)
