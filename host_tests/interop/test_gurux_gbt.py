"""Gurux's Python client and general block transfer, and its ACCESS requests.

Of version 1.0.203 the acknowledgement of a general block cannot be made: it reads
`settings.blockNumber`, which nothing sets. The tests set it to `blockIndex`, the number it means;
everything else, the octets and putting the blocks together, is Gurux's. Its ACCESS requests only
read: of a write it makes none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("gurux_dlms", reason="gurux-dlms is not installed (INTEROP=0 leaves it out)")

from gurux_dlms import GXByteBuffer, GXDLMSAccessItem, GXReplyData
from gurux_dlms.enums import AccessServiceCommandType, Conformance
from gurux_dlms.objects import GXDLMSClock, GXDLMSData, GXDLMSProfileGeneric, GXDLMSRegister

from host_tests.interop.gurux import Gurux
from host_tests.interop.links import TcpLink
from host_tests.interop.readings import LOAD_PROFILE, SECRETS, SETTINGS
from tools.dlmsclient import Association

pytestmark = [pytest.mark.meter_config(**SETTINGS)]

Own = Callable[..., Association]
_BLOCKS = (
    Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    | Conformance.BLOCK_TRANSFER_WITH_ACTION
)


class GeneralGurux(Gurux):
    """An association with general block transfer and none of the services'
    blocks, a window of `window`.
    """

    def __init__(self, link: TcpLink, client: int, pdu: int, window: int) -> None:
        super().__init__(link, client, 1, SECRETS[client], pdu)
        settings = self.client.settings
        self.client.proposedConformance = (
            self.client.proposedConformance | Conformance.GENERAL_BLOCK_TRANSFER
        ) & ~_BLOCKS
        settings.gbtWindowSize = window
        self.associate()

    def exchange(self, messages: Any) -> GXReplyData:
        reply = GXReplyData()
        for message in messages:
            reply.clear()
            self._one(message, reply)
            while reply.isMoreData():
                if reply.isStreaming():
                    octets = self.link.recv_wpdu()
                    self.answers.append(octets[8:])
                    self.client.getData(GXByteBuffer(octets), reply, GXReplyData())
                    continue
                self.client.settings.blockNumber = self.client.settings.blockIndex
                self._one(self.client.receiverReady(reply), reply)
        return reply


@pytest.mark.req("D-80", "D-81", "D-83", "D-84", "D-85")
@pytest.mark.parametrize("pdu", [64, 128, 1024])
@pytest.mark.parametrize("window", [1, 3, 8])
def test_long_profile(link: Callable[[], TcpLink], own: Own, pdu: int, window: int) -> None:
    client = GeneralGurux(link(), 32, pdu, window)
    assert client.read_octets(GXDLMSProfileGeneric(LOAD_PROFILE), 2) == own(32).get(7, LOAD_PROFILE, 2).encode()
    blocks = [octets for octets in client.answers if octets[0] == 0xE0]
    assert len(blocks) > 1
    assert max(map(len, blocks)) <= pdu
    client.release()


@pytest.mark.req("D-40", "D-41", "D-42", "D-03")
def test_access(link: Callable[[], TcpLink], own: Own) -> None:
    client = Gurux(link(), 48, 1, SECRETS[48]).associate()
    number = GXDLMSData("0.0.96.1.0.255")
    name = GXDLMSData("0.0.42.0.0.255")
    energy = GXDLMSRegister("1.0.1.8.0.255")
    items = [
        GXDLMSAccessItem(AccessServiceCommandType.GET, number, 2),
        GXDLMSAccessItem(AccessServiceCommandType.GET, name, 2),
        GXDLMSAccessItem(AccessServiceCommandType.GET, energy, 3),
        GXDLMSAccessItem(AccessServiceCommandType.GET, GXDLMSClock("0.0.1.0.0.255"), 3),
    ]
    reply = client.exchange(client.client.accessRequest(None, items))
    client.client.parseAccessResponse(items, reply.data)
    assert [int(item.error) for item in items] == [0, 0, 0, 0]
    assert bytes(name.value) == b"ZZZ0000000100001"
    assert energy.scaler == 1
    assert bytes(number.value) == own(48).get(1, "0.0.96.1.0.255", 2).value
    client.release()
