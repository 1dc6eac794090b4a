"""What is done at every step of simulated time: one door to the viper functions and to
their plain twins, as `dlms.codec.octets`.
"""

try:
    from meter.integration_viper import book, due, flow, household, show, until
except (SyntaxError, NameError, ImportError):
    from meter.integration_plain import book, due, flow, household, show, until  # noqa: F401
