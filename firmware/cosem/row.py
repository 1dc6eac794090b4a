"""Work on profile rows in place: one door to the viper functions and to their
plain twins, as `dlms.codec.octets`.
"""

try:
    from cosem.row_viper import bound, capture, matches, minutes, put_row, put_rows
except (SyntaxError, NameError, ImportError):
    from cosem.row_plain import bound, capture, matches, minutes, put_row, put_rows  # noqa: F401
