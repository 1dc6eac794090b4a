"""General blocks in place: one door to the viper functions and to their plain twins."""

try:
    from dlms.long.general_viper import (
        acknowledged,
        back,
        fill_ready,
        mark,
        put_general,
        put_next,
        received,
        fast_block,
        taken,
    )
except (SyntaxError, NameError, ImportError):
    from dlms.long.general_plain import (  # noqa: F401
        acknowledged,
        back,
        fill_ready,
        mark,
        put_general,
        put_next,
        received,
        fast_block,
        taken,
    )
