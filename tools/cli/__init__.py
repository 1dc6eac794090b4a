"""The command line of the project: read, write and explore a DLMS/COSEM meter (``python -m tools.cli --help``)."""
