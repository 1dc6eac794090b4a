"""States of a link to the network, and what its `tick` returns, for `net.wifi` and `net.lan`."""

from micropython import const

OFF = const(0)  # states
JOINING = const(1)
SETTLING = const(2)
UP = const(3)
WAITING = const(4)

NOTHING = const(0)  # what `tick` returns
CAME_UP = const(1)
LOST = const(2)
HOPELESS = const(3)
