"""The short way of short names: one door to the viper function and to its plain twin."""

try:
    from dlms.sn.short_viper import short_name
except (SyntaxError, NameError, ImportError):
    from dlms.sn.short_plain import short_name  # noqa: F401
