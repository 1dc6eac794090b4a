"""Gurux's Python client with short names.

gurux-dlms 1.0.203 has four faults there that stand between it and any meter; each test
that meets one says so in its name:

- it proposes no block transfer with short names unless it is configured;
- its reply has not the two methods that its own code calls for every block of
  a Read (`WholeReply` has them);
- it asks for the next block of a Read with the tag 00 (`read_raw` sets that of a ReadRequest);
- for most classes it has a wrong offset of the methods: branches of its
  table have run into each other.
"""

from __future__ import annotations

from typing import Any

from gurux_dlms import GXByteBuffer, GXDLMSClient, GXReplyData
from gurux_dlms.enums import Authentication, Command, Conformance, InterfaceType

from host_tests.interop.gurux import Gurux
from host_tests.interop.links import TcpLink


class WholeReply(GXReplyData):
    """A reply with the methods that Gurux calls when a Read comes in blocks."""

    def setTotalCount(self, value: int) -> None:
        self.totalCount = value

    def getMoreData(self) -> Any:
        return self.moreData

    def getTotalCount(self) -> int:
        return self.totalCount


class ShortNameGurux(Gurux):
    """One association with short names."""

    def __init__(
        self, link: TcpLink, client: int, server: int, password: str, pdu: int = 0xFFFF, blocks: bool = False
    ) -> None:
        super().__init__(link, client, server, password, pdu)
        self.client = GXDLMSClient(False, client, server, Authentication.LOW, password, InterfaceType.WRAPPER)
        self.client.setMaxReceivePDUSize(pdu)
        if blocks:
            self.client.proposedConformance = (
                self.client.proposedConformance | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
            )

    def item(self, kind: type, obis: str, base: int) -> Any:
        """An object of Gurux's with its base name."""
        made = kind(obis)
        made.shortName = base
        return made

    def read_raw(self, item: Any, attribute: int) -> bytes:
        """The list of results in front of which Gurux stands when the last block has come, or
        the Data of an answer in one piece.
        """
        reply = WholeReply()
        self.client.settings.command = Command.READ_REQUEST
        message = self.client.read(item, attribute)[0]
        while True:
            self.link.send(bytes(message))
            octets = self.link.recv_wpdu()
            self.answers.append(octets[8:])
            self.client.getData(GXByteBuffer(octets), reply, GXReplyData())
            if reply.error:
                raise self._error(reply.error)
            if not reply.isMoreData():
                return bytes(reply.data.array())
            message = self.client.receiverReady(reply)
