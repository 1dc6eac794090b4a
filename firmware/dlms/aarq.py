"""What an AARQ says and the AARE that answers: one door to the viper functions and to their plain twins, as `dlms.octets`."""

try:
    from dlms.aarq_viper import put_aare, take_aarq
except (SyntaxError, NameError, ImportError):
    from dlms.aarq_plain import put_aare, take_aarq  # noqa: F401
