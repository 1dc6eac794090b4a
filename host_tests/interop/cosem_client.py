"""The Python library dlms-cosem on a link of ours, over TCP and, with
the adapter of `links`, over UDP.
"""

from __future__ import annotations

import logging

import structlog
from dlms_cosem import cosem, enumerations
from dlms_cosem.client import DlmsClient
from dlms_cosem.io import TcpTransport
from dlms_cosem.security import LowLevelSecurityAuthentication, NoSecurityAuthentication

from host_tests.interop.links import TcpLink

# It logs every octet.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


class Recorded(TcpTransport):
    """The transport of dlms-cosem, which keeps the APDUs of both directions."""

    def __init__(self, client: int, server: int, link: TcpLink) -> None:
        super().__init__(client, server, link)
        self.sent: list[bytes] = []
        self.answers: list[bytes] = []

    def send_request(self, bytes_to_send: bytes) -> bytes:
        self.sent.append(bytes(bytes_to_send))
        answer = super().send_request(bytes_to_send)
        self.answers.append(answer)
        return answer


def client_of(link: TcpLink, wport: int = 16, device: int = 1, password: str = "", pdu: int = 0xFFFF) -> DlmsClient:
    """A client that is not associated yet; `link` is connected already."""
    authentication = (
        LowLevelSecurityAuthentication(secret=password.encode()) if password else NoSecurityAuthentication()
    )
    return DlmsClient(Recorded(wport, device, link), authentication, max_pdu_size=pdu)


def attribute(class_id: int, obis: str, number: int) -> cosem.CosemAttribute:
    return cosem.CosemAttribute(enumerations.CosemInterface(class_id), cosem.Obis.from_string(obis), number)


def method(class_id: int, obis: str, number: int) -> cosem.CosemMethod:
    return cosem.CosemMethod(enumerations.CosemInterface(class_id), cosem.Obis.from_string(obis), number)
