"""The short way through the server, for the plainest requests: one door to the
viper function and to its plain twin.
"""

try:
    from dlms.ln.short_viper import short_get
except (SyntaxError, NameError, ImportError):
    from dlms.ln.short_plain import short_get  # noqa: F401
