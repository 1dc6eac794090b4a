"""Who yields where all places are taken: an AA whose client has proved who it is takes that
of the oldest one whose client has not.

Otherwise whoever opens AAs at lowest level security keeps every client with a secret
out (REQUIREMENTS A-47). The places are

    links          UDP peers that hold AAs: one without any proven AA yields whole
    AAs of a peer  over UDP, where whoever knows its address may open them;
                   over TCP they are its own
    AAs of all     of one transport; over TCP every other connection keeps one (A-32)
    transfers      of one transport; over TCP every other connection keeps one

An AA whose long answer leaves in one piece (`dlms.ln.whole`) does not yield meanwhile;
its connection has others that may.

The oldest is the AA that was opened first. Proven is `Association.proven`: an AA in state PENDING
is not, so that it yields like one without authentication, and opening it takes nobody's place.
"""

from micropython import const

from dlms.long.states import GBT_SENT, WHOLE_OUT

_AGES = const(0x1FFFFFFF)  # openings are counted modulo this and one: a small integer on every board

# whose places `oldest` looks at
_AAS = const(0)
_WHOLE_LINKS = const(1)
_TRANSFERS = const(2)


def opening(server, aa):
    """Give an AA that opens its age."""
    server.openings = aa.serial = server.openings + 1 & _AGES


def make_room(server, link):
    """Let an AA yield to a proven one, for which there is no place on the link;
    returns the link to open it on.

    That is another one for a link which only stood for a peer without any. Where
    nobody can yield, nothing is done.
    """
    carrier = link.carrier
    if carrier.most == 0:
        aa = oldest(server, carrier.links, _WHOLE_LINKS, 1)
        if aa is None:
            return link
        place = aa.link
        server.note("aa-yields", aa.trail())
        server.abort(place)
        place.settle(link)
        return place
    if carrier.stream:
        aa = oldest(server, carrier.links, _AAS, 2, link) if link.n < carrier.most else None
    else:
        aa = oldest(server, carrier.links if link.n < carrier.most else (link,), _AAS, 1)
    if aa is not None:
        server.note("aa-yields", aa.trail())
        server.close(aa.link, aa.index)
    return link


def reclaim(server, aa):
    """End a long transfer so that `aa` can begin one; False when there is none that may be ended.

    First one that is only kept in case its last blocks were lost; then, for a
    proven AA, that of one which is not.
    """
    carrier = aa.link.carrier
    for t in server.every:
        if t.kind == GBT_SENT and t.aa.transfer is t and t.aa.link.carrier.transfers is carrier.transfers:
            server.abandon(t.aa)
            return True
    if not aa.proven():
        return False
    if carrier.stream:
        aa = oldest(server, carrier.links, _TRANSFERS, 2, aa.link)
    else:
        aa = oldest(server, carrier.links, _TRANSFERS, 1)
    if aa is None:
        return False
    server.note("transfer-yields", aa.trail())
    server.abandon(aa)
    return True


def oldest(server, links, places, least, but=None):
    """The AA that was opened first of those that are not proven and hold one of
    `places`; None when there is none.

    least: on links that hold so many of them. but: a link that is left out.
    """
    found = None
    age = -1
    for link in links:
        if (
            link is but
            or (link.held if places == _TRANSFERS else link.n) < least
            or (places == _WHOLE_LINKS and proven(link))
        ):
            continue
        for i in range(link.n):
            aa = link.aas[i]
            opened = server.openings - aa.serial & _AGES
            if (
                opened > age
                and not aa.proven()
                and (places != _TRANSFERS or aa.transfer is not None)
                and not in_one_piece(aa)
            ):
                found = aa
                age = opened
    return found


def in_one_piece(aa):
    """Whether the answer that leaves announced its length: the connection
    would have to end with it (D-118).
    """
    return aa.transfer is not None and aa.transfer.kind == WHOLE_OUT


def proven(link):
    """Whether a link holds an AA whose client has proved who it is."""
    for i in range(link.n):
        if link.aas[i].proven():
            return True
    return False
