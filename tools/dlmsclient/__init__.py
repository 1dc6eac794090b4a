"""An independent DLMS/COSEM client over the wrapper, for the command line and for the tests.

It is written from the specification alone and shares no code with ``firmware/``, so that each
checks the other. As a test client it is strict: a response is decoded whole, and trailing octets,
wrong wPorts, a wrong invoke-id, a wrong block number or an APDU above the announced size are
ProtocolErrors. It speaks logical-name and short-name referencing without ciphering, lowest level
and low level security, over TCP and UDP.

    from tools.dlmsclient import Client, axdr, by_entry, parse_object_list

    with Client.tcp("127.0.0.1", 4059, timeout=5) as client:
        reader = client.associate(32, 1, "12345678")        # client wPort, server wPort, password
        energy = reader.get(3, "1.0.1.8.0.255", 2)          # Data(Tag.DOUBLE_LONG_UNSIGNED, 1234567)
        objects = parse_object_list(reader.get(15, "0.0.40.0.0.255", 2))
        row = reader.get(7, "1.0.99.1.0.255", 2, by_entry(1, 1))
        manager = client.associate(48, 1, "87654321", pdu_size=128, block_size=40)  # a second AA on the connection
        manager.set(8, "0.0.1.0.0.255", 3, axdr.long(-60))
        manager.action(8, "0.0.1.0.0.255", 6, axdr.long(30))
        manager.release()
        reader.release()
        short = client.associate_short_names(64, 1, "12345678")     # the same objects by base name
        name = short.read(0xFD08)                           # attribute 2 of the logical device name
        energy = short.get(3, "1.0.1.8.0.255", 2)

Raw octets, for tests of wrong input:

    client.send_octets(bytes.fromhex("0002001000010000"))
    client.expect_closed()
    client.send_apdu(bytes.fromhex("C001C1"), 32, 1)
    wpdu = client.receive(0.5)                              # Wpdu, or None when nothing came

Modules, each with one role:

    wrapper         WPDU codec, TCP deframer, datagram decoding
    axdr            Data: typed values that keep their tag (data, compact: its parts);
                    datetimes: date-time, date, time
    ber, acse       AARQ, AARE, RLRQ, RLRE with every optional field
    initiate        InitiateRequest, InitiateResponse, Conformance, ConfirmedServiceError
    xdlms           descriptors, blocks, ExceptionResponse, ``decode_apdu``; get_service,
                    set_service, action_service: the APDUs
    exchanges       services with block transfer as generators, without I/O
                    (long_transfer: what they share)
    notifications   DataNotification and its confirmation, EventNotification, InformationReport
    selection       range, entry and object_list selectors
    obis, cosem, objects   OBIS codes, names, units and scaling, object_list with access rights
    transport       TcpTransport, UdpTransport
    short_names     base names, object_list of the Association SN; short_name_service: the APDUs
                    of Read and Write; short_name_exchanges: with blocks;
                    short_name_association: ShortNameAssociation
    client          Client: raw octets, APDUs, associate; association: Association with
                    get, set, action and their lists
    codes, errors   result codes with their texts, the exception hierarchy
"""

from . import axdr
from .acse import Aare, Aarq, Rlre, Rlrq
from .association import Association
from .axdr import Data, Tag
from .client import Client
from .codes import (
    ActionResult,
    AssociationResult,
    DataAccessResult,
    ExceptionService,
    ExceptionState,
    ProviderDiagnostic,
    UserDiagnostic,
)
from .cosem import ScalerUnit
from .datetimes import ClockStatus, Date, DateTime, Time
from .errors import (
    ActionError,
    AssociationRejected,
    ConfirmedServiceBarred,
    ConnectionFailed,
    ConnectionLost,
    DataAccessError,
    DlmsError,
    ExceptionResponseError,
    ProtocolError,
    ServiceErrorResponse,
    ServiceFailure,
    Timeout,
    TransportError,
    UsageError,
)
from .initiate import ConfirmedServiceError, Conformance, InitiateRequest, InitiateResponse
from .notifications import DataNotification, EventNotification, InformationReport, decode_notification
from .obis import Obis
from .objects import AttributeAccess, ListedObject, parse_object_list
from .selection import CaptureObject, by_entry, by_range
from .short_name_association import ShortNameAssociation
from .short_name_service import Variable
from .short_names import ShortNamedObject
from .transport import TcpTransport, UdpTransport
from .wrapper import Deframer, Wpdu
from .xdlms import CosemAttribute, CosemMethod, ExceptionResponse, Selection, decode_apdu

__all__ = [
    "Aare",
    "Aarq",
    "ActionError",
    "ActionResult",
    "Association",
    "AssociationRejected",
    "AssociationResult",
    "AttributeAccess",
    "CaptureObject",
    "Client",
    "ClockStatus",
    "ConfirmedServiceBarred",
    "ConfirmedServiceError",
    "Conformance",
    "ConnectionFailed",
    "ConnectionLost",
    "CosemAttribute",
    "CosemMethod",
    "Data",
    "DataNotification",
    "DataAccessError",
    "DataAccessResult",
    "Date",
    "DateTime",
    "Deframer",
    "DlmsError",
    "EventNotification",
    "ExceptionResponse",
    "ExceptionResponseError",
    "ExceptionService",
    "ExceptionState",
    "InformationReport",
    "InitiateRequest",
    "InitiateResponse",
    "ListedObject",
    "Obis",
    "ProtocolError",
    "ProviderDiagnostic",
    "Rlre",
    "Rlrq",
    "ScalerUnit",
    "Selection",
    "ServiceErrorResponse",
    "ServiceFailure",
    "ShortNameAssociation",
    "ShortNamedObject",
    "Tag",
    "TcpTransport",
    "Time",
    "Timeout",
    "TransportError",
    "UdpTransport",
    "UsageError",
    "UserDiagnostic",
    "Variable",
    "Wpdu",
    "axdr",
    "by_entry",
    "by_range",
    "decode_apdu",
    "decode_notification",
    "parse_object_list",
]
