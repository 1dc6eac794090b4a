"""boot.py of the measured board: counts, in ticks of 40 ns, what the CPU does for what the meter's poll finds.

Prints `PROBE ready TICKS` when the meter starts to listen, and for every ready socket `PROBE WINDOW LOOP`: from the poll's
result to the handler's end, without interrupts; and from one wait to the next, interrupts and the rest of the loop included.
Time asleep counts for neither.
"""

import emu
import image as app
import machine


class Poller:
    """Stands before the poll of the meter's queue."""

    def __init__(self, poller):
        self.poller = poller
        self.register = poller.register
        self.unregister = poller.unregister
        self.modify = poller.modify
        self.window = 0
        self.begun = 0

    def ipoll(self, dt):
        if self.window:
            print("PROBE %d %d" % (self.window, emu.busy() - self.begun))
            self.window = 0
        self.begun = emu.busy()
        for pair in self.poller.ipoll(dt):
            state = machine.disable_irq()
            begun = emu.busy()
            yield pair
            self.window = emu.busy() - begun
            machine.enable_irq(state)


def probed(announce):
    def probed_announce(self, port):
        print("PROBE ready %d" % emu.busy())
        announce(self, port)
        self.queue.poller = Poller(self.queue.poller)

    return probed_announce


app.App.announce = probed(app.App.announce)
