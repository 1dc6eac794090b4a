"""What the server sends of its own accord: EventNotification and DataNotification
(REQUIREMENTS D-60 to D-62, B-16 to B-18).

    C2 01 0C date-time(12) descriptor(9) Data                   EventNotificationRequest
    0F long-invoke-id(4) 0C date-time(12) Data                  DataNotification
    10 long-invoke-id(4) date-time(length, 0 or 12 octets)      DataNotificationConfirm, from the client

Long-invoke-id-and-priority: bits 0 to 23 number, bit 30 confirmed, bit 31 priority (REQUIREMENTS
D-03). Each writer returns the offset of the Data, which the caller writes.
"""

from micropython import const

from dlms.codec.octets import copy, get16, put16

EVENT_NOTIFICATION = const(0xC2)  # as `dlms.codec.tags.EVENT_NOTIFICATION`
DATA_NOTIFICATION = const(0x0F)  # as `dlms.codec.tags.DATA_NOTIFICATION`
DATA_NOTIFICATION_CONFIRM = const(0x10)  # as `dlms.codec.tags.DATA_NOTIFICATION_CONFIRM`
INVOKE_IDS = const(0xFFFFFF)  # the numbers of a long-invoke-id, modulo this and one
_CONFIRMED = const(0x40)  # bit 30, in the first of the four octets
_TIME = const(12)  # octets of a date-time
DATA_HEAD = const(18)  # octets of a DataNotification in front of its Data
EVENT_HEAD = const(24)  # octets of an EventNotification in front of its Data


def data_notification(buf, off, invoke_id, confirmed, time, at):
    """Write the head of a DataNotification: invoke_id 0 … 2**24-1, the date-time of time[at:at+12]."""
    buf[off] = DATA_NOTIFICATION
    buf[off + 1] = _CONFIRMED if confirmed else 0
    buf[off + 2] = invoke_id >> 16
    put16(buf, off + 3, invoke_id)
    buf[off + 5] = _TIME
    copy(buf, off + 6, time, at, _TIME)
    return off + DATA_HEAD


def event_notification(buf, off, time, at, class_id, name, attribute):
    """Write the head of an EventNotification about an attribute, with the
    date-time of time[at:at+12].
    """
    buf[off] = EVENT_NOTIFICATION
    buf[off + 1] = 1
    buf[off + 2] = _TIME
    copy(buf, off + 3, time, at, _TIME)
    put16(buf, off + 15, class_id)
    copy(buf, off + 17, name, 0, 6)
    buf[off + 23] = attribute
    return off + EVENT_HEAD


def is_confirmed(buf, off):
    """Whether the APDU at off is a DataNotification that asks for a confirmation."""
    return buf[off] == DATA_NOTIFICATION and buf[off + 1] & _CONFIRMED != 0


def invoke_id(buf, off):
    """The number of the DataNotification, or of the confirmation, at off."""
    return buf[off + 2] << 16 | get16(buf, off + 3)


def is_confirmation(buf, off, end):
    """True when buf[off:end] is a whole DataNotificationConfirm."""
    n = end - off
    return (n == 6 and buf[off + 5] == 0 or n == 6 + _TIME and buf[off + 5] == _TIME) and buf[
        off
    ] == DATA_NOTIFICATION_CONFIRM


def no_confirm(link, buf, off, end):
    """Where nothing is pushed, nothing can be confirmed (D-96)."""
    return False
