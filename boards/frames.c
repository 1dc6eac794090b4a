// Where the frame of a bytecode function stands: on the C stack as long as that is shallow, so that a request takes no heap.
//
// MicroPython (1.25 to 1.29) gives a function with more than eleven words of arguments, locals and stack (VM_MAX_STATE_ON_STACK in
// py/objfun.c) a frame on the heap, and looks there for room from the lowest free block on, past every gap that is too small: after a day of
// associations four of five instructions of a request were that search. The limit is not a setting. But where the heap has no room the frame
// stands on the C stack, and py/objfun.c asks for room with m_malloc_maybe and nothing else does there: compiled with
// -Dm_malloc_maybe=frame_on_heap it asks here. In plain code this is a larger VM_MAX_STATE_ON_STACK, with a bound.
//
// The bound is what is left of the stack and not a size of frames: however deep functions call each other, frames of ours leave
// FRAME_LEAVES octets to C functions and to interrupts, which use the same stack. With less than that left the heap is used as ever.
// A second thread, whose stack is half as large, so uses the heap.
#include "py/cstack.h"
#include "py/misc.h"
#include "py/mpstate.h"

// Of 8 KiB: on the emulated board functions in C and interrupts took 2.4 KB of it at most (docs/BOARDS.md).
#define FRAME_LEAVES (2560)

void *frame_on_heap(size_t octets);
void *frame_on_heap(size_t octets) {
    return mp_cstack_usage() + octets + FRAME_LEAVES <= MP_STATE_THREAD(stack_limit) ? NULL : m_malloc_maybe(octets);
}
