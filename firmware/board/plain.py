"""The hardware around the meter: what a board has beside an interpreter and sockets.

One seam: the application makes a board with `make` and calls `start`, `tick`, `ready_text` and
`stop`. A board without hardware of its own (the unix port) does nothing in them.
"""


class Board:
    """A board without hardware.

    source: the metrology source it brings, None to simulate. waits: whether `tick` shows the
    application when to listen, because the network has to be brought up first.
    """

    source = None
    waits = False

    def reset_wanted(self):
        """Whether somebody at the meter wants it to forget all that it keeps."""
        return False

    def wire(self, meter):
        """The meter is made, and knows what was kept of the disconnector."""

    def again(self):
        """Everything was forgotten: the meter is about to be made anew."""

    def start(self, app):
        """The objects are made, nothing is listened on yet."""

    def listening(self):
        """The meter serves from now on; READY has been printed."""

    def address(self):
        """The address that clients reach the meter at, None when it is the one listened on."""
        return None

    def online(self):
        """Whether there is a network to send on."""
        return True

    def ready_text(self):
        """What the READY line says beyond what every board says."""
        return ""

    def tick(self, ms):
        """ms milliseconds have passed, the meter has ticked; called by the supervisor."""

    def reset(self, reason):
        """Start the whole board anew, because nothing else helps; False where there is none."""
        return False

    def stop(self):
        """The meter has ended, the interpreter goes on. Allocates nothing here: a unix port
        may have been interrupted anywhere.
        """


def make(limits, config, log):
    """The board that a table of limits describes."""
    if not limits.HARDWARE:
        if config.source == "pulse":
            raise ValueError("source=pulse: this board has no pulse input")
        return Board()
    from board.hardware import Hardware

    return Hardware(limits, config, log)
