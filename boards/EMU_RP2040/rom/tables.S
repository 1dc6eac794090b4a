// The head of the boot ROM and its tables, laid out as the RP2040 datasheet has it (2.8.3, "Bootrom contents").
//
//   0000  vectors: stack, reset, NMI, hard fault
//   0010  'M' 'u' 01, version
//   0014  address of the function table, of the data table, of the look-up function (16 bits each)
//
// A table is a row of {two characters, address (16 bits)}, ended by zeros. The tables of the floating-point functions are what the
// data table calls SF and SD; the octet before the last one before such a table is its length in words.

    .syntax unified
    .cpu cortex-m0plus
    .thumb

    .equ STACK, 0x20041f00          // below where the second stage of the boot loader runs
    .equ VERSION, 3                 // of chips since B2: with the table of double precision

    .macro row first, second, address
    .byte \first, \second
    .hword \address
    .endm

    .macro end
    .hword 0, 0
    .endm

    // A function that this ROM does not have, and the rp2 port does not call.
    .macro absent number
    .rept \number
    .word rom_hang + 1
    .endr
    .endm

    .macro functions names:vararg
    .irp name, \names
    .word \name + 1
    .endr
    .endm

    .section .head, "a"
    .word STACK, rom_reset + 1, rom_hang + 1, rom_hang + 1
    .byte 'M', 'u', 1, VERSION
    .hword function_table, data_table, rom_table_lookup + 1, 0

function_table:
    row 'P', '3', rom_popcount + 1
    row 'R', '3', rom_reverse + 1
    row 'L', '3', rom_clz + 1
    row 'T', '3', rom_ctz + 1
    row 'M', 'S', rom_memset + 1
    row 'S', '4', rom_memset + 1
    row 'M', 'C', rom_memcpy + 1
    row 'C', '4', rom_memcpy + 1
    row 'U', 'B', rom_boot_drive + 1
    row 'W', 'V', rom_hang + 1
    row 'I', 'F', rom_nothing + 1   // connect_internal_flash
    row 'E', 'X', rom_nothing + 1   // flash_exit_xip
    row 'R', 'E', rom_flash_erase + 1
    row 'R', 'P', rom_flash_program + 1
    row 'F', 'C', rom_nothing + 1   // flash_flush_cache
    row 'C', 'X', rom_nothing + 1   // flash_enter_cmd_xip
    end

data_table:
    row 'S', 'F', single_table
    row 'S', 'D', double_table
    end

    .align 2
    .byte 0, 0, 32, 0
single_table:
    functions single_add, single_sub, single_mul, single_div
    absent 2
    functions single_sqrt, single_to_int, single_to_fix, single_to_uint, single_to_ufix
    functions int_to_single, fix_to_single, uint_to_single, ufix_to_single
    absent 6                        // cos, sin, tan, (reserved), exp, ln: the port has its own
    functions single_compare
    absent 1                        // atan2
    functions int64_to_single, fix64_to_single, uint64_to_single, ufix64_to_single
    functions single_to_int64, single_to_fix64, single_to_uint64, single_to_ufix64
    functions single_to_double

    .byte 0, 0, 32, 0
double_table:
    functions double_add, double_sub, double_mul, double_div
    absent 2
    functions double_sqrt, double_to_int, double_to_fix, double_to_uint, double_to_ufix
    functions int_to_double, fix_to_double, uint_to_double, ufix_to_double
    absent 6
    functions double_compare
    absent 1
    functions int64_to_double, fix64_to_double, uint64_to_double, ufix64_to_double
    functions double_to_int64, double_to_fix64, double_to_uint64, double_to_ufix64
    functions double_to_single
