"""A board with `SN_CLIENTS = 0` has no short names, and none of their modules."""

import sys

import limits
from alloc_rig import Rig, unhex, wpdu

REQ = {"test_nothing_of_short_names_is_there": ("F-10", "C-14", "D-55")}

AARQ = "6036 A109060760857405080102 8A020780 8B0760857405080201 AC0A8008 {} BE10040E01000000065F1F0400FFFFFF0400"


class _Limits:
    """Sets the limit for as long as a meter is made."""

    def __enter__(self):
        self.kept = limits.SN_CLIENTS
        limits.SN_CLIENTS = 0

    def __exit__(self, *how):
        limits.SN_CLIENTS = self.kept


def test_nothing_of_short_names_is_there():
    with _Limits():
        rig = Rig()
    assert {association.context for association in rig.meter.associations} == {1}
    assert rig.server.kit.sn is None
    # an unknown client, and with the wPort of a client of logical names another context
    for client, secret, diagnostic in ((80, "3837363534333231", 1), (48, "3837363534333231", 2)):
        answer = rig.ask(wpdu(unhex(AARQ.format(secret)), client))
        assert answer[8 + 17] == 1, answer
        assert answer[8 + 24] == diagnostic, answer
    assert rig.ask(wpdu(unhex("050102FA00"), 80))[8:] == unhex("D80102")
    rig.open()
    assert rig.ask(wpdu(unhex("050102FA00")))[8:] == unhex("D80102")
    assert rig.ask(wpdu(unhex("1601 02FA00 01 00"))) == b""
    if sys.implementation.name == "micropython":
        # in CPython all tests share one process
        left_out = ("dlms.sn.short_names", "dlms.sn.read", "dlms.sn.write", "cosem.short_names", "cosem.association_sn")
        for name in left_out + ("meter.short_names",):
            assert name not in sys.modules, name
