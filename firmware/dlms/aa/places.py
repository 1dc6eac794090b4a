"""Who yields where all places are taken: an AA whose client has proved who it is takes that of
the oldest one whose client has not.

Otherwise whoever opens AAs at lowest level security keeps every client with a secret
out (REQUIREMENTS A-47). The places are

    links          UDP peers that hold AAs: one without any proven AA yields whole
    AAs of a peer  over UDP, where whoever knows its address may open them; over TCP they are its own
    AAs of all     of one transport; over TCP every other connection keeps one (A-32)
    transfers      of one transport; over TCP every other connection keeps one

An AA whose long answer leaves in one piece (`dlms.ln.whole`) does not yield meanwhile;
its connection has others that may.

The oldest is the AA that was opened first. Proven is `Association.proven`: an AA in state
PENDING is not, so that it yields like one without authentication, and opening it takes nobody's
place.

Here is who yields. That it ends see to `opening.Opening.make_room`, and of
transfers `dlms.long.lending`.
"""

from micropython import const

_AGES = const(0x1FFFFFFF)  # openings are counted modulo this and one: a small integer on every board

# whose places `oldest` looks at
AAS = const(0)
WHOLE_LINKS = const(1)
TRANSFERS = const(2)


class Places:
    """In which order AAs were opened. One for all transports."""

    def __init__(self):
        self.openings = 0  # AAs opened so far

    def opening(self, aa):
        """Give an AA that opens its age."""
        self.openings = aa.serial = self.openings + 1 & _AGES

    def oldest(self, links, places, least, but=None):
        """The AA that was opened first of those that are not proven and hold one
        of `places`; None when there is none.

        least: on links that hold so many of them. but: a link that is left out.
        """
        found = None
        age = -1
        for link in links:
            if (
                link is but
                or (link.running if places == TRANSFERS else link.n) < least
                or (places == WHOLE_LINKS and proven(link))
            ):
                continue
            for i in range(link.n):
                aa = link.aas[i]
                opened = self.openings - aa.serial & _AGES
                if opened > age and not aa.proven() and may_yield(aa, places):
                    found = aa
                    age = opened
        return found


def may_yield(aa, places):
    """Whether an AA has a place of that kind to give. Not while its answer goes in one
    piece: its length was announced, and the connection would have to end with it (D-118).
    """
    t = aa.transfer
    return places != TRANSFERS if t is None else t.may_end()


def proven(link):
    """Whether a link holds an AA whose client has proved who it is."""
    for i in range(link.n):
        if link.aas[i].proven():
            return True
    return False
