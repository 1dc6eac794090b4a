"""A meter that somebody else wrote, for tries of the wire tests: the server classes of
gurux-dlms, a few objects, TCP alone.

    python -m host_tests.interop.gurux_meter [--reader WPORT] [--secret TEXT]

prints `READY port=N` and serves until standard input ends. Each connection has a server of its own,
as the classes keep one association. Nothing of it is made to please the tests: what these classes
do otherwise than a standard asks is what the tests are to find.
"""

from __future__ import annotations

import argparse
import datetime
import socketserver
import sys
import threading
from typing import Any

from gurux_dlms import GXDateTime, GXDLMSServer, GXServerReply
from gurux_dlms.enums import (
    AccessMode,
    Authentication,
    DataType,
    InterfaceType,
    MethodAccessMode,
    SourceDiagnostic,
    Unit,
)
from gurux_dlms.objects import (
    GXDLMSAssociationLogicalName,
    GXDLMSCaptureObject,
    GXDLMSClock,
    GXDLMSData,
    GXDLMSProfileGeneric,
    GXDLMSRegister,
)

PUBLIC, READER, SECRET = 16, 17, "Gurux001"
_MANAGEMENT = 1
_ROWS = 24
_HEADER = 8


class Meter(GXDLMSServer):
    """One connection's server: a public client without security and one with a low-level secret."""

    def __init__(self, clients: dict[int, str | None]) -> None:
        super().__init__(True, InterfaceType.WRAPPER)
        self._clients = clients
        self._client = 0
        name = GXDLMSData("0.0.42.0.0.255")
        name.value = b"GRX0000000000001"
        name.setDataType(2, DataType.OCTET_STRING)
        clock = GXDLMSClock()
        clock.time = GXDateTime(datetime.datetime(2026, 3, 5, 12, 0, 0))
        energy = GXDLMSRegister("1.0.1.8.0.255")
        energy.value, energy.scaler, energy.unit = 12345, 1.0, Unit.ACTIVE_ENERGY
        energy.setDataType(2, DataType.UINT32)
        profile = GXDLMSProfileGeneric("1.0.99.1.0.255")
        profile.capturePeriod = 3600
        profile.captureObjects = [(clock, GXDLMSCaptureObject(2, 0)), (energy, GXDLMSCaptureObject(2, 0))]
        profile.profileEntries = _ROWS
        profile.buffer = [
            [GXDateTime(datetime.datetime(2026, 3, 4, hour, 0, 0)), 12000 + hour] for hour in range(_ROWS)
        ]
        profile.entriesInUse = _ROWS
        association = GXDLMSAssociationLogicalName()
        for each in (association, name, clock, energy, profile):
            self.items.append(each)
        # Filled here, because `initialize` of 1.0.203 puts the whole collection in
        # as one object, and that fails.
        association.objectList.extend(self.items)
        self.initialize()

    def isTarget(self, serverAddress: int, clientAddress: int) -> bool:
        self._client = clientAddress
        return serverAddress == _MANAGEMENT and clientAddress in self._clients

    def onValidateAuthentication(self, authentication: Authentication, password: bytes | None) -> SourceDiagnostic:
        secret = self._clients.get(self._client)
        if secret is None:
            return (
                SourceDiagnostic.NONE
                if authentication == Authentication.NONE
                else SourceDiagnostic.AUTHENTICATION_FAILURE
            )
        right = authentication == Authentication.LOW and bytes(password or b"") == secret.encode()
        return SourceDiagnostic.NONE if right else SourceDiagnostic.AUTHENTICATION_FAILURE

    def onGetAttributeAccess(self, arg: Any) -> AccessMode:
        # asked for by the association's object list, and not among the arguments of 1.0.203
        arg.isSkipMaxPduSize = False
        return AccessMode.READ

    def onGetMethodAccess(self, arg: Any) -> MethodAccessMode:
        return MethodAccessMode.NO_ACCESS

    def onFindObject(self, objectType: Any, sn: int, ln: str) -> None:
        return None

    def _nothing(self, *_: Any) -> None:
        """Hooks that this meter has no use for."""

    onPreGet = onPostGet = onPreRead = onPostRead = onPreWrite = onPostWrite = _nothing
    onConnected = onInvalidConnection = onDisconnected = onPreAction = onPostAction = _nothing
    # Called by the command handlers of 1.0.203, and nowhere in its server class.
    notifyRead = notifyConnected = _nothing

    def getTransaction(self) -> Any:
        return self.transaction

    def setTransaction(self, value: Any) -> None:
        self.transaction = value


class _Reply(GXServerReply):
    """The exchange of one request, with the accessors that the server classes of
    1.0.203 call and the class lacks.
    """

    def setReply(self, value: Any) -> None:
        self.reply = value

    def getConnectionInfo(self) -> Any:
        return self.connectionInfo

    def getCount(self) -> int:
        return self.count

    def setCount(self, value: int) -> None:
        self.count = value


class _Connection(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        meter = Meter(self.server.clients)  # type: ignore[attr-defined]
        while octets := self.request.recv(65536):
            reply = _Reply(octets)
            meter.handleRequest(reply)
            while reply.reply:
                self.request.sendall(bytes(reply.reply))
                if not reply.isStreaming():
                    break
                reply.data = None
                meter.handleRequest(reply)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that these classes break at ends; the meter lives on."""


def main(words: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A meter of gurux-dlms's server classes.")
    parser.add_argument(
        "--reader", type=int, default=READER, help="client wPort of the reading client (default %(default)s)"
    )
    parser.add_argument("--secret", default=SECRET, help="its LLS secret (default %(default)s)")
    options = parser.parse_args(words)
    with _Server(("127.0.0.1", 0), _Connection) as server:
        server.clients = {PUBLIC: None, options.reader: options.secret}  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(f"READY port={server.server_address[1]}", flush=True)
        sys.stdin.read()
        server.shutdown()


if __name__ == "__main__":
    main()
