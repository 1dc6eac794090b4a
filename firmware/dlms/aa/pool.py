"""What links share: associations and transfers, made at start and lent one by one."""


class Pool:
    """Things that links borrow.

    Each of `links` is sure of one: a link that holds some already gets a further one only while
    enough stay for those that hold none. So no client, and no crowd of them on one link, can keep
    the others from working. With links 0 it is first come, first served.
    """

    def __init__(self, things, links):
        self.things = things
        self.free = len(things)
        self.links = links
        self.holders = 0  # links that hold one or more

    def take(self, held):
        """A free thing for a link that holds `held` of them already, or None."""
        if self.free == 0 or (held and self.free <= self.links - self.holders):
            return None
        if held == 0:
            self.holders += 1
        self.free -= 1
        return self.things[self.free]

    def give(self, thing, held):
        """Take a thing back from a link that holds `held` more of them."""
        if held == 0:
            self.holders -= 1
        self.things[self.free] = thing
        self.free += 1
