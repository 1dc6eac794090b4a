"""This meter: its object list, its quantities and its time. The application calls `build`."""

from meter.meter import build  # noqa: F401
