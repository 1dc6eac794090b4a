"""The plain items of ACCESS: one door to the viper functions and to their plain twins."""

try:
    from dlms.ln.items_viper import plain_access, plain_item, plain_shape
except (SyntaxError, NameError, ImportError):
    from dlms.ln.items_plain import plain_access, plain_item, plain_shape  # noqa: F401
