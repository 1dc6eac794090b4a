"""Gurux's Python client on a link of ours: it makes and reads the
octets, and asks for what follows.
"""

from __future__ import annotations

from typing import Any

from gurux_dlms import GXByteBuffer, GXDLMSClient, GXReplyData
from gurux_dlms.enums import Authentication, InterfaceType

from host_tests.interop.links import TcpLink


class Gurux:
    """One association of a GXDLMSClient, `client`. A refusal is its own GXDLMSException."""

    def __init__(self, link: TcpLink, client: int = 16, server: int = 1, password: str = "", pdu: int = 0xFFFF) -> None:
        self.link = link
        self.client = GXDLMSClient(
            True,
            client,
            server,
            Authentication.LOW if password else Authentication.NONE,
            password,
            InterfaceType.WRAPPER,
        )
        self.client.setMaxReceivePDUSize(pdu)
        self.answers: list[bytes] = []

    def associate(self) -> Gurux:
        reply = self.exchange(self.client.aarqRequest())
        self.client.parseAareResponse(reply.data)
        return self

    def release(self) -> None:
        self.exchange(self.client.releaseRequest())

    def exchange(self, messages: Any) -> GXReplyData:
        """Send messages one after another, following blocks both ways; the last reply."""
        reply = GXReplyData()
        for message in messages:
            reply.clear()
            self._one(message, reply)
            while reply.isMoreData():
                self._one(self.client.receiverReady(reply), reply)
        return reply

    def _one(self, message: bytes, reply: GXReplyData) -> None:
        self.link.send(bytes(message))
        octets = self.link.recv_wpdu()
        self.answers.append(octets[8:])
        if not self.client.getData(GXByteBuffer(octets), reply, GXReplyData()):
            raise AssertionError(f"Gurux does not take {octets.hex()} for a whole answer")
        if reply.error:
            raise self._error(reply.error)

    @staticmethod
    def _error(code: int) -> Exception:
        from gurux_dlms import GXDLMSException

        return GXDLMSException(code)

    def read(self, item: Any, attribute: int) -> Any:
        """The value of an attribute as Gurux understands it."""
        reply = self.exchange([self.client.read(item, attribute)[0]])
        return self.client.updateValue(item, attribute, reply.value)

    def read_octets(self, item: Any, attribute: int) -> bytes:
        """The encoded value of an attribute as Gurux puts it together from blocks."""
        reply = self.exchange([self.client.read(item, attribute)[0]])
        return bytes(reply.data.array())
