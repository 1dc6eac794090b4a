"""What third-party clients are compared with: the meter's configuration, and
the readings of the host client.
"""

from __future__ import annotations

from tools.dlmsclient import Association, ListedObject, parse_object_list

# Simulated time stands still, so that two readings of one value are equal.
SETTINGS = {"start": "2026-03-28T12:00:00", "rate": 0, "seed": 3, "backfill_days": 2}
SECRETS = {16: "", 32: "12345678", 48: "87654321"}
LOAD_PROFILE = "1.0.99.1.0.255"
MOMENTARY = ("0.0.96.128.0.255", "0.0.96.128.2.255", "0.0.96.128.4.255")  # state, open associations, health
_ASSOCIATIONS = "0.0.40.0."
_OF_THE_AA = (5, 8, 11)  # attributes that show what this AA negotiated, and who is calling


def listed(association: Association) -> list[ListedObject]:
    return list(parse_object_list(association.get(15, "0.0.40.0.0.255", 2)))


def readings(association: Association) -> dict[tuple[int, str, int], bytes]:
    """Every attribute that two clients read alike: (class-id, OBIS, attribute) -> encoded value."""
    return {
        (item.class_id, item.instance.dotted, k): association.get(item.class_id, item.instance, k).encode()
        for item in listed(association)
        for k in item.readable
        if item.instance.dotted not in MOMENTARY
        and not (item.instance.dotted.startswith(_ASSOCIATIONS) and k in _OF_THE_AA)
    }
