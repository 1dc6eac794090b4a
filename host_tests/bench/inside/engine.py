"""The engine alone: Server.handle called with one plain GET again and
again, over the whole object list.

micropython engine.py TIMES
"""

import gc
import sys

from alloc_kinds import cycle
from alloc_rig import Rig, wpdu


def repeat(handle, link, request, tx, times):
    n = len(request)
    while times:
        handle(link, request, 0, n, tx)
        times -= 1


def main():
    gc.disable()  # when a collection happens is chance, and there is heap for everything
    rig = Rig("backfill_days=0").open()
    request, wanted = cycle("GET of a Register")[0]
    request = wpdu(request)
    answer = rig.ask(request)
    if answer[8 : 8 + len(wanted)] != wanted:
        raise ValueError(answer)
    repeat(rig.server.handle, rig.link, request, rig.tx, int(sys.argv[1]))


main()
