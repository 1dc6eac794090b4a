"""What an AARQ says and the AARE that answers: one door to the viper functions and to
their plain twins, as `dlms.codec.octets`.
"""

try:
    from dlms.aa.aarq_viper import judge_aarq, put_aare, take_aarq
except (SyntaxError, NameError, ImportError):
    from dlms.aa.aarq_plain import judge_aarq, put_aare, take_aarq  # noqa: F401
