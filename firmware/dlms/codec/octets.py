"""Work on octets in place: one door to the viper functions and to their plain twins.

Everything that the request path does to single octets goes through here, because bytecode pays
about sixty instructions an operation and boxes 32-bit values on a board. `octets_viper` needs a
native code emitter; where there is none (CPython, MicroPython on WebAssembly or on some arm64
builds) its import fails with SyntaxError or NameError and the twin of the same contract is taken.
"""

try:
    from dlms.codec.octets_viper import (
        add,
        add32,
        answer,
        clear,
        compare,
        copy,
        digest,
        equal,
        equal_time,
        find,
        find_base,
        find_key,
        frame,
        get16,
        get32,
        length,
        length_size,
        put16,
        put32,
        put_block,
        scan,
        u32_equal,
    )

    EMITTER = "viper"
except (SyntaxError, NameError, ImportError):
    from dlms.codec.octets_plain import (  # noqa: F401
        add,
        add32,
        answer,
        clear,
        compare,
        copy,
        digest,
        equal,
        equal_time,
        find,
        find_base,
        find_key,
        frame,
        get16,
        get32,
        length,
        length_size,
        put16,
        put32,
        put_block,
        scan,
        u32_equal,
    )

    EMITTER = "plain"

# what `find` returns when it does not return an index
NOT_FOUND = -1
OTHER_CLASS = -2  # and lower: OTHER_CLASS - result is the index
# what `scan` returns when it does not return an offset
MALFORMED = -1
NESTED = -2  # deeper than allowed
