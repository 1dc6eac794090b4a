"""The version of the meter, shown in the READY line and by the firmware identifier object."""

VERSION = "0.1.0"
