"""The engine and the server of gurux-dlms answer the same GET in one CPython process, in
turns; prints the best time of each.

What the server class of gurux-dlms leaves to its user is filled in here with as little as there is
to do: this is about the way from octets to octets. Exit code 3: it is not installed.
"""

import json
import sys
from timeit import timeit

try:
    from gurux_dlms import GXDLMSServer, GXServerReply
    from gurux_dlms.enums import AccessMode, DataType, InterfaceType, MethodAccessMode, SourceDiagnostic
    from gurux_dlms.objects import GXDLMSAssociationLogicalName, GXDLMSRegister
except ImportError:
    sys.exit(3)

from alloc_kinds import cycle, unhex
from alloc_rig import Rig, wpdu

_ROUNDS = 15
_REPEAT = 400
_PUBLIC = 16
_AARQ = unhex("601DA109060760857405080101BE10040E01000000065F1F0400FFFFFF0400")


class Reply(GXServerReply):
    """With the accessors that the server calls."""

    def setReply(self, value):
        self.reply = value

    def getConnectionInfo(self):
        return None


class OneRegister(GXDLMSServer):
    """A Register and an association, open to anyone."""

    def __init__(self):
        super().__init__(True, InterfaceType.WRAPPER)
        register = GXDLMSRegister("1.0.1.8.0.255")
        register.value = 123456
        register.setDataType(2, DataType.UINT32)
        association = GXDLMSAssociationLogicalName()
        association.objectList.append(register)
        self.items.append(register)
        self.items.append(association)
        self.initialize()

    def answer(self, octets):
        reply = Reply(octets)
        self.handleRequest(reply)
        return reply.reply

    def isTarget(self, server, client):
        return True

    def onValidateAuthentication(self, authentication, password):
        return SourceDiagnostic.NONE

    def onGetAttributeAccess(self, arg):
        return AccessMode.READ_WRITE

    def onGetMethodAccess(self, arg):
        return MethodAccessMode.ACCESS

    def _nothing(self, *arguments):
        pass

    notifyRead = onPreRead = onPostRead = onConnected = onDisconnected = onInvalidConnection = onFindObject = _nothing


def main():
    request, wanted = cycle("GET of a Register")[0]
    theirs = OneRegister()
    theirs.answer(wpdu(_AARQ, _PUBLIC))
    their_request = wpdu(request, _PUBLIC)
    answer = bytes(theirs.answer(their_request))
    if answer[8:].hex() != "c401c100060001e240":
        sys.exit("gurux-dlms answers " + answer.hex())

    rig = Rig("backfill_days=0").open()
    our_request = wpdu(request)
    if rig.ask(our_request)[8 : 8 + len(wanted)] != wanted:
        sys.exit("the engine answers " + rig.ask(our_request).hex())
    handle, link, tx, size = rig.server.handle, rig.link, rig.tx, len(our_request)

    best = [1e9, 1e9]
    for _ in range(_ROUNDS):
        best[0] = min(best[0], timeit(lambda: handle(link, our_request, 0, size, tx), number=_REPEAT) / _REPEAT)
        best[1] = min(best[1], timeit(lambda: theirs.answer(their_request), number=_REPEAT) / _REPEAT)
    print(json.dumps(best))


main()
