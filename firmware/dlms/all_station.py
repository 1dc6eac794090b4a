"""One WPDU for every logical device: what is sent to the All-station wPort over
UDP (REQUIREMENTS A-60 to A-63).

    0001 client 007F length APDU          header and APDU as ever; 007F unless
                                          configured otherwise (A-15)

It reaches each logical device with which the client has an unconfirmed AA, or a
pre-established one, and there it may be

    AARQ     with response-allowed FALSE: opens an unconfirmed AA with every device that takes it
             and has no confirmed one with the client
    RLRQ     ends the unconfirmed ones, and no other
    else     an unconfirmed service (iip bit 6 = 0), done in each of these AAs

Everything else is dropped: a confirmed AARQ, a confirmed service (A-61), anything
over TCP (A-62). Nothing is ever sent.

The same holds for what comes to an IP broadcast or multicast address,
whatever its wPorts (A-63): `to_group`.
"""

from micropython import const

from dlms.codec.octets import copy, find_key, put16
from dlms.codec.wrapper import HEADER
from dlms.aa import acse
from dlms.aa.service_class import unconfirmed

WPORT = const(0x7F)
_CLIENT = const(2)  # offsets of the wPorts in a header
_SERVER = const(4)


def deliver(server, link, rx, off, n, tx):
    """Serve the WPDU rx[off:off+n] to the All-station wPort. Returns 0: no octets
    of an answer. tx is only worked in.
    """
    if link.carrier.stream:
        return server.trail.dropped(link, rx, off + _CLIENT, "broadcast-over-tcp")
    work = choose(server, rx, off + HEADER, off + n)
    if work is None:
        return server.trail.dropped(link, rx, off + _CLIENT, "confirmed-broadcast")
    copy(server.header, _CLIENT, rx, off + _CLIENT, 2)
    for device in server.wports:
        put16(server.header, _SERVER, device)
        link = work(server, link, rx, off + HEADER, off + n, tx)
    return 0


def to_group(server, link, rx, off, n, tx):
    """Serve the WPDU rx[off:off+n] that came to an IP broadcast or multicast address, whatever
    its wPorts (A-63): nothing is ever sent.

    Only what is never answered is done: an unconfirmed AARQ, and in unconfirmed and pre-established
    AAs unconfirmed services and RLRQ. Returns False for a confirmed AARQ, which has been dropped.
    """
    p = off + HEADER
    end = off + n
    if n <= HEADER:
        return True
    tag = rx[p]
    if tag == acse.AARQ:
        aarq = server.opening.aarq
        if not aarq.take(rx, p, end):
            return True
        if aarq.response_allowed:
            return False
    elif tag != acse.RLRQ and not unconfirmed(rx, p, end):
        return True
    i = find_key(link.keys, link.n, rx, off + _CLIENT)
    if i < 0 or not link.aas[i].confirmed:
        server.serve(link, rx, off, n, tx)
    return True


def choose(server, rx, p, end):
    """What the APDU rx[p:end] does in each logical device: `enter`,
    `leave`, `serve`, or None for nothing.

    Each returns the link of the peer, which gets one of its own when its first AA opens
    where others have to yield (`places`).
    """
    tag = rx[p]
    if tag == acse.AARQ:
        aarq = server.opening.aarq
        return enter if aarq.take(rx, p, end) and not aarq.response_allowed else None
    if tag == acse.RLRQ:
        return leave if acse.release(rx, p, end) else None
    return serve if unconfirmed(rx, p, end) else None


def enter(server, link, rx, p, end, tx):
    """AARQ to the device in server.header: open an unconfirmed AA, in place of an unconfirmed
    one (C-27); a confirmed one goes on.
    """
    header = server.header
    assoc = server.opening.find(header, _CLIENT)
    if assoc is None or assoc.preestablished:
        server.trail.dropped(link, header, _CLIENT, "unknown-client")
        return link
    i = find_key(link.keys, link.n, header, _CLIENT)
    if i >= 0:
        if link.aas[i].confirmed:
            server.trail.dropped(link, header, _CLIENT, "confirmed-association")
            return link
        server.opening.close(link, i)
    aa = server.opening.admit(link, assoc, server.opening.aarq.judge(rx, assoc, server.errors), header, _CLIENT)
    return link if aa is None else aa.link


def leave(server, link, rx, p, end, tx):
    """RLRQ to the device in server.header: an unconfirmed AA ends."""
    i = find_key(link.keys, link.n, server.header, _CLIENT)
    if i >= 0 and not link.aas[i].confirmed:
        server.opening.close(link, i)
    else:
        server.trail.dropped(link, server.header, _CLIENT, "no-association")
    return link


def serve(server, link, rx, p, end, tx):
    """An unconfirmed service to the device in server.header, if it has
    an AA that broadcasts are for.
    """
    i = find_key(link.keys, link.n, server.header, _CLIENT)
    if i >= 0:
        aa = link.aas[i]
    else:
        aa = server.opening.preestablish(link, server.header, _CLIENT)
    if aa is not None and (not aa.confirmed or aa.assoc.preestablished):
        server.dispatch(aa, rx[p], rx, p, end, tx)
    else:
        server.trail.dropped(link, server.header, _CLIENT, "no-association")
    return link
