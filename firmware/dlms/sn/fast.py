"""The fast path of short names: one door to the viper function and to its plain twin."""

try:
    from dlms.sn.fast_viper import short_name
except (SyntaxError, NameError, ImportError):
    from dlms.sn.fast_plain import short_name  # noqa: F401
