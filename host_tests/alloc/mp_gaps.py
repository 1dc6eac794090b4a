"""Gaps of the heap are closed again while the meter serves: a frame on the heap then
finds room where the search for it begins.

What is counted is how far room for a frame lies from the lowest free octet, which
is where MicroPython begins to look.
"""

import gc

from app import _ADDRESS, _LOOK, _OPENINGS, _TAKEN, App, close_gaps

MICROPYTHON_ONLY = True
_FRAME = 60  # words, more than any frame of a request
_NEAR = 8192  # octets
_HOLES = 400


class Serving:
    """Of an App, what its keep_closed asks for."""

    keep_closed = App.keep_closed

    def __init__(self):
        self.server = self.places = self
        self.openings = self.looked = 0
        gc.collect()
        self.room = close_gaps()


def lowest():
    return id(object()) & _ADDRESS


def distance():
    """Octets from the lowest that is free to room for a frame. The object is asked
    for last: it fills what it finds.
    """
    return (id((0,) * _FRAME) & _ADDRESS) - lowest()


def with_holes():
    """Objects that are kept, with gaps between them once something has been collected."""
    kept = [None] * _HOLES
    for i in range(_HOLES):
        kept[i] = bytearray(32)
        bytearray(32)
    return kept


def closed_after_a_collection(far):
    """Give every other object back and close the gaps that are left, which lead to room that
    is `far` octets away or more before.
    """
    kept = with_holes()
    serving = Serving()
    for i in range(0, _HOLES, 2):
        kept[i] = None
    gc.collect()
    assert distance() >= far
    serving.keep_closed(_LOOK)
    assert lowest() > serving.room
    assert distance() < _NEAR
    assert kept[1] is not None


def test_a_collection_leaves_gaps_that_are_closed():
    closed_after_a_collection(_NEAR)


def test_wherever_the_gaps_lie():
    """More is in use before: gaps and room are in another place each time."""
    for words in range(40, 400, 40):
        before = bytearray(8 * words)
        closed_after_a_collection(0)
        test_what_was_taken_moves_the_room()
        assert len(before) == 8 * words


def test_what_was_taken_moves_the_room():
    serving = Serving()
    before = serving.room
    taken = [bytearray(48) for _ in range(2 * _TAKEN // 48)]
    serving.keep_closed(_LOOK)
    assert serving.room > before
    assert distance() < _NEAR
    assert len(taken) > 0


def test_one_object_given_back_below_the_room_is_a_gap():
    grows = [None] * 4
    kept = with_holes()
    serving = Serving()
    room = serving.room
    grows.extend(kept)  # to another place: the one it had is free
    serving.keep_closed(_LOOK)
    assert serving.room == room
    assert lowest() > room


class Opened:
    def __init__(self, openings):
        self.places = self
        self.openings = openings


def test_the_heap_is_looked_at_rarely():
    serving = Serving()
    serving.room = 0  # it seems that much has been taken
    serving.server = Opened(_OPENINGS - 1)
    serving.keep_closed(_LOOK - 1)
    assert serving.room == 0
    serving.keep_closed(1)
    assert serving.room > 0
    serving.room = 0
    serving.server = Opened(2 * _OPENINGS - 1)
    serving.keep_closed(1)
    assert serving.room > 0
    assert serving.openings == 2 * _OPENINGS - 1
