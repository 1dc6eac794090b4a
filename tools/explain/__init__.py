"""Octets of WPDUs and APDUs explained: what each one is, its value, and the rule of
docs/REQUIREMENTS.md that it follows.

One description serves `tools.cli decode`, `--trace=explain`, the masking of secrets in traces,
and the sessions of docs/PROFILE.md. Nothing here raises for wrong octets: they are explained as
far as it goes, and the rest is marked.

    parts           Octets (some may be hidden), Part (a node of the description), Cursor
                    (takes octets, leaves parts)
    data            the CHOICE Data
    acse            AARQ, AARE, RLRQ, RLRE; initiate: InitiateRequest,
                    InitiateResponse, ConfirmedServiceError
    services        GET, SET, ACTION; access: ACCESS; short_names: Read,
                    Write; unasked: notifications
    general         general block transfer, ciphered APDUs
    apdus           the table of all of them, and the wrapper
    conversation    blocks joined, answers paired with requests; longvalues: what joined blocks are
    lines           as text and as JSON
    pasted          text to octets; capture, network, streams: packets of a file,
                    segments and datagrams, WPDUs
"""

from .conversation import Conversation, Explained, Joined
from .parts import Octets, Part

__all__ = ["Conversation", "Explained", "Joined", "Octets", "Part"]
