"""The command line of the project: read, write and explore a DLMS/COSEM meter
(``python -m tools.cli --help``).

These modules are also those of the installed package, whose command is ``dlms-meter``.
"""

# Whether this is a checkout of the project, where `make run` starts a meter;
# what help texts call the program.
IN_CHECKOUT = __name__.startswith("tools.")
PROGRAM = "python -m tools.cli" if IN_CHECKOUT else "dlms-meter"
