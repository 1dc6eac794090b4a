"""InformationReports: the notices of events for a client management process that speaks
with short names (REQUIREMENTS D-52).

Loaded only where the board has clients with short names and sends unasked.
"""

from cosem.directory import obis
from dlms.codec.octets import copy, put16
from dlms.codec.wrapper import HEADER
from dlms.aa.security import SN_CONTEXT
from dlms.sn.information_report import LONGEST, information_report
from meter.objects import REPORTED

_VALUE = 8  # from the base name of a Data object to its attribute 2


class Reports:
    """Turns one notice after another into a report, in a buffer of its own.

    associations: those of the meter; an Association SN with the management
    logical device knows its short names.
    """

    def __init__(self, associations, device):
        self.buf = bytearray(HEADER + LONGEST)
        self.name = 0
        for association in associations:
            if association.context == SN_CONTEXT and association.server == device:
                directory = association.directory
                self.name = association.names.base(directory.index(obis(REPORTED))) + _VALUE
                break

    def report(self, box, at):
        """The WPDU of an EventNotification at box[at:] as that of a report, with
        the same wPorts; returns its size.
        """
        end = information_report(
            self.buf, HEADER, self.name, box, at + HEADER, at + HEADER + (box[at + 6] << 8 | box[at + 7])
        )
        copy(self.buf, 0, box, at, HEADER)
        put16(self.buf, 6, end - HEADER)
        return end
