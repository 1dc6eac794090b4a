"""MicroPython's `micropython` module for CPython, so that the firmware's pure parts import there.

Decorators and heap functions do nothing, with one exception: `viper` refuses, as the
compiler of a MicroPython without a native emitter does, and the importing module takes
its plain twin. (Viper code run as ordinary Python would not wrap its integers.)
"""

import time

if not hasattr(time, "ticks_ms"):
    # MicroPython's `time` has these; here they never wrap
    time.ticks_ms = lambda: time.monotonic_ns() // 1_000_000
    time.ticks_add = lambda ticks, ms: ticks + ms
    time.ticks_diff = lambda one, other: one - other


def const(value):
    return value


def native(function):
    return function


def bytecode(function):
    return function


def viper(function):
    raise SyntaxError("no native code emitter in CPython")


def heap_lock():
    return 0


def heap_unlock():
    return 0


def heap_locked():
    return 0


def opt_level(level=None):
    return 0


def alloc_emergency_exception_buf(size):
    return None


def kbd_intr(character):
    return None


def mem_info(verbose=None):
    return None


def stack_use():
    return 0


def schedule(function, argument):
    function(argument)
