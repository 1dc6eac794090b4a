"""Work on octets of the store: one door to the viper functions and to their
plain twins, as `dlms.codec.octets`.
"""

try:
    from store.octets_viper import blank, clear_bits, crc, fill
except (SyntaxError, NameError, ImportError):
    from store.octets_plain import blank, clear_bits, crc, fill  # noqa: F401
