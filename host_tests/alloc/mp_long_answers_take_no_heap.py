"""Long answers without block transfer take no heap: measured and written, with
logical and with short names, and refused.
"""

import limits
from alloc_kinds import ASSOCIATION, CLOCK, ENERGY, MANAGEMENT, PROFILE, SHORT_NAME_MANAGEMENT, unhex
from alloc_loopback import Skip
from alloc_rig import Rig, aarq, taken, wpdu

MARKS = ("zero_alloc",)
MICROPYTHON_ONLY = True

REQ = {"*": ("D-117",)}
_EVERYTHING = unhex("FFFFFF")
_NO_BLOCKS = unhex("DFE3FF")  # without bits 2, 11, 12 and 13


class Long:
    """One request in an AA without block transfer, answered to its end. pdu: what the client takes."""

    def __init__(self, request, pdu=0xFFFF, client=MANAGEMENT):
        self.rig = Rig()
        answer = self.rig.ask(wpdu(aarq(pdu, client).replace(_EVERYTHING, _NO_BLOCKS), client))
        assert b"\xa2\x03\x02\x01\x00" in answer, answer
        self.request = wpdu(unhex(request), client)
        self.size = 0
        self.slices = 0

    def run(self, rounds):
        rig = self.rig
        request = self.request
        while rounds:
            rounds -= 1
            self.size = rig.server.handle(rig.link, request, 0, len(request), rig.tx)
            self.slices = 0
            while rig.link.streaming is not None:
                n = rig.server.more(rig.link, rig.tx)
                assert n >= 0
                self.size += n
                self.slices += 1

    def held(self):
        self.run(2)
        assert self.slices > 10, self.slices
        n = taken(self.run, 5)
        assert n == 0, n
        assert self.rig.notes == [], self.rig.notes


def test_profile():
    one = Long("C001C1" + PROFILE + "02 00")
    one.held()
    assert one.size > limits.PDU


def test_list():
    one = Long("C003C1 04" + CLOCK + "02 00" + PROFILE + "02 00" + ENERGY + "02 00" + ASSOCIATION + "02 00")
    one.held()
    assert one.size > 2 * limits.PDU


def test_short_names():
    if limits.SN_CLIENTS == 0:
        raise Skip("this board has no short names")
    one = Long("0501 02 FA08", client=SHORT_NAME_MANAGEMENT)
    one.held()
    assert one.size > limits.PDU


def test_refused_when_measured():
    """More than the client takes."""
    one = Long("C001C1" + PROFILE + "02 00", limits.PDU + 200)
    one.held()
    assert one.size == 13
