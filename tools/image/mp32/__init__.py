"""A 32-bit MicroPython on a 64-bit Linux computer.

Boards box every integer above 2**30-1; the 64-bit unix port hides that. Debian
packages a 32-bit build, which runs here through its own loader, with nothing installed.
"""

from .fetch import Unavailable, cached, fetch

__all__ = ["Unavailable", "cached", "fetch"]
