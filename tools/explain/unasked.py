"""DataNotification and its confirmation, EventNotification (REQUIREMENTS D.7)."""

from __future__ import annotations

from ..dlmsclient.notifications import DATA_NOTIFICATION
from .access import date_time, long_invoke_id
from .data import data
from .parts import Cursor
from .services import Notes, descriptor


def data_notification(c: Cursor, notes: Notes) -> None:
    """``0F`` or ``10``: long-invoke-id-and-priority, date-time, and of the first one Data."""
    push = c.peek() == DATA_NOTIFICATION
    rule = "D-61" if push else "D-62"
    notes.name = "DataNotification" if push else "DataNotificationConfirm"
    c.take(1, notes.name, rule=rule)
    long_invoke_id(c)
    date_time(c, rule)
    if push:
        data(c, "notification-body", rule)


def event_notification(c: Cursor, notes: Notes) -> None:
    """``C2``: time, attribute, value."""
    notes.name = "EventNotification"
    c.take(1, notes.name, rule="D-60")
    if c.flag("time", "absent", "follows", "D-60"):
        date_time(c, "D-60")
    notes.targets.append(descriptor(c))
    data(c, "Data")
