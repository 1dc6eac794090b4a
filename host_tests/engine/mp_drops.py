"""What gets no answer leaves a line at DEBUG that says why, and every
refused AARQ one with its answer.
"""

from rig import AARQ, ALL, THING, Rig

READ = "C001C1" + THING + "0200"
UNCONFIRMED = "601EA109060760857405080101BE11040F0100010000065F1F0400007E1F04B0"
PLAIN = AARQ.format(ALL, 0)
CONTEXT = "A109060760857405080101"
INFO = "BE10040E01000000065F1F0400FFFFFFFFFF"
LLS = "60 36" + CONTEXT + "8A020780 8B0760857405080201 AC0A80083132333435363739" + INFO
# Services are done or answered in an AA, or silent where they are unconfirmed;
# general blocks go on with a stream.
SERVICES = (0xC0, 0xC1, 0xC3, 0xD9, 0xE0)

REQ = {
    "*": ("A-58",),
    "drop-*": ("A-26", "A-28", "A-29", "A-42", "A-61", "A-62", "B-07", "B-08", "D-96"),
    "refused-*": ("A-30", "C-26"),
}

TCP = True
UDP = False
# name -> transport, AA open before, client, device, APDU, word in the line
DROPS = {
    "empty": (TCP, "", 16, 1, "", "empty"),
    "from-no-station": (TCP, "", 0, 1, PLAIN, "no-station"),
    "to-no-station": (UDP, "", 16, 0, PLAIN, "no-station"),
    "nobody-there": (TCP, "", 16, 9, PLAIN, "no-device"),
    "nobody-there-any-more": (UDP, PLAIN, 16, 9, READ, "no-device"),
    "unconfirmed-aarq": (TCP, "", 16, 1, UNCONFIRMED, "unconfirmed-over-tcp"),
    "unconfirmed-aarq-of-nobody": (UDP, "", 77, 1, UNCONFIRMED, "unknown-client"),
    "malformed-aarq": (UDP, "", 16, 1, "6003A10100", "malformed"),
    "malformed-rlrq": (TCP, PLAIN, 16, 1, "620280", "malformed"),
    "rlrq-of-nothing": (UDP, "", 16, 1, "6200", "no-association"),
    "outside-of-any": (UDP, "", 16, 1, READ, "no-association"),
    "response": (TCP, "", 16, 1, "C401C1000903616263", "response"),
    "response-in-an-association": (TCP, PLAIN, 16, 1, "C401C1000903616263", "response"),
    "confirmation": (TCP, PLAIN, 16, 1, "10 40000001", "not-awaited"),
    "confirmed-service": (UDP, UNCONFIRMED, 16, 1, READ, "confirmed-service"),
    "no-service": (UDP, UNCONFIRMED, 16, 1, "9901810000", "no-service"),
    "broadcast": (TCP, "", 16, 127, UNCONFIRMED, "broadcast-over-tcp"),
    "broadcast-confirmed-aarq": (UDP, "", 16, 127, PLAIN, "confirmed-broadcast"),
    "broadcast-confirmed-service": (UDP, UNCONFIRMED, 16, 127, READ, "confirmed-broadcast"),
    "broadcast-of-nobody": (UDP, "", 77, 127, UNCONFIRMED, "unknown-client"),
    "broadcast-beside": (UDP, PLAIN, 16, 127, UNCONFIRMED, "confirmed-association"),
    "broadcast-service-to-nobody": (UDP, PLAIN, 16, 127, "C10181" + THING + "0200 1101", "no-association"),
    "broadcast-rlrq-of-nothing": (UDP, PLAIN, 16, 127, "6200", "no-association"),
}


def ends(stream, client, device):
    return ("TCP" if stream else "UDP") + " client=there/{} server=here/{}".format(client, device)


def linked(rig, stream):
    link = rig.new_link(stream)
    link.local = "here"
    link.name = lambda: "there"
    return link


def _drop(stream, before, client, device, apdu, reason):
    for debug in (False, True):
        rig = Rig()
        link = linked(rig, stream)
        if before:
            rig.ask(before, link=link)
            assert link.n == 1
        rig.server.trail.debug = debug
        del rig.notes[:]
        n = link.n
        assert rig.ask(apdu, client, device, link) == ""
        assert link.n == n
        # a broadcast is reported for the device that it did not reach
        place = 1 if device == 127 and stream == UDP and reason != "confirmed-broadcast" else device
        assert rig.notes == (["DEBUG dropped " + ends(stream, client, place) + " reason=" + reason] if debug else []), (
            rig.notes
        )


# name -> transport, client, APDU, answer in the line
REFUSED = {
    "unknown-client": (TCP, 77, PLAIN, "010101"),
    "unknown-client-udp": (UDP, 77, PLAIN, "010101"),
    "malformed": (TCP, 16, "6003A10100", "010101"),
    "password": (TCP, 32, LLS, "01010d"),
    "password-udp": (UDP, 32, LLS, "01010d"),
    "context": (TCP, 16, "601DA109060760857405080107" + INFO, "010102"),
    "version": (TCP, 16, "602180020240" + CONTEXT + INFO, "010202"),
    "conformance": (TCP, 16, AARQ.format(0, 0), "010101"),
}


def _refused(stream, client, apdu, answer):
    rig = Rig()
    link = linked(rig, stream)
    aare = rig.ask(apdu, client, link=link)
    assert rig.notes == ["INFO aa-refused " + ends(stream, client, 1) + " answer=" + answer], rig.notes
    source = {"01": "A1", "02": "A2"}[answer[2:4]]
    assert "A2030201" + answer[:2] + "A305" + source + "030201" + answer[4:].upper() in aare


def test_no_room_is_a_refusal():
    rig = Rig(aas=0)
    link = linked(rig, TCP)
    rig.ask(PLAIN, link=link)
    assert rig.notes == ["INFO aa-refused " + ends(TCP, 16, 1) + " answer=020101"]


def test_every_tag_is_answered_or_told_of():
    """In every state of an AA, on both transports, to every kind of wPort:
    silence never comes without its line.
    """
    silent = 0
    for stream, before in ((TCP, ""), (TCP, PLAIN), (UDP, ""), (UDP, PLAIN), (UDP, UNCONFIRMED)):
        for client, device in ((16, 1), (77, 1), (16, 2), (0, 1), (16, 0), (16, 127), (0, 127)):
            rig = Rig()
            rig.server.trail.debug = True
            link = linked(rig, stream)
            for tag in range(0, 256, 1 if client and device else 16):
                if before and link.n == 0:
                    rig.ask(before, link=link)
                if tag in SERVICES and client == 16 and device in (1, 127) and before:
                    continue
                for iip in ("C1", "81") if before == UNCONFIRMED else ("C1",):
                    del rig.notes[:]
                    if rig.ask("{:02X}01{}00".format(tag, iip), client, device, link) == "":
                        silent += 1
                        said = [note for note in rig.notes if note.startswith("DEBUG dropped ")]
                        assert len(said) == 1 and " reason=" in said[0], (tag, rig.notes)
    assert silent > 3000


def cases():
    for name in sorted(DROPS):
        yield "drop-" + name, _drop, DROPS[name]
    for name in sorted(REFUSED):
        yield "refused-" + name, _refused, REFUSED[name]
