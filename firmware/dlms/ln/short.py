"""The short way through the server, for the plainest requests: one door to the
viper functions and to their plain twins.
"""

try:
    from dlms.ln.short_viper import short_get, short_other
except (SyntaxError, NameError, ImportError):
    from dlms.ln.short_plain import short_get, short_other  # noqa: F401
