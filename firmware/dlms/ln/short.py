"""The short way through the server, for the plainest requests: one door to the
viper functions and to their plain twins. First what the others import: the C stack of a 32-bit
interpreter has little room for imports within imports.
"""

try:
    from dlms.ln.short_viper import short_get, short_other
    from dlms.ln.short_rows_viper import short_rows
except (SyntaxError, NameError, ImportError):
    from dlms.ln.short_plain import short_get, short_other  # noqa: F401
    from dlms.ln.short_rows_plain import short_rows  # noqa: F401
