"""The fast path through the server, for the plainest requests: one door to the
viper functions and to their plain twins. First what the others import: the C stack of a 32-bit
interpreter has little room for imports within imports.
"""

try:
    from dlms.ln.fast_viper import fast_get, fast_other
    from dlms.ln.fast_rows_viper import fast_rows
except (SyntaxError, NameError, ImportError):
    from dlms.ln.fast_plain import fast_get, fast_other  # noqa: F401
    from dlms.ln.fast_rows_plain import fast_rows  # noqa: F401
