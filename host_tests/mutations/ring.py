"""Small faults of the rings of rows, of what programs their pages, and
of what is said of corrupt rows.
"""

from __future__ import annotations

from host_tests.mutations.table import Mutation

STORE = "host_tests/store/"

RING = (
    Mutation(
        "crc-of-a-row-not-checked",
        "I-01",
        "store/ring.py",
        "return equal(_seal, 0, page, at + self.size, SEAL) == 1",
        "return True",
        (STORE + "mp_ring.py::test_a_corrupt_row_is_told_and_counted_once[cpython]",),
    ),
    Mutation(
        "crc-without-the-number-of-the-row",
        "I-01",
        "store/ring.py",
        "crc(_seal, 0, _seal, SEAL, 4)",
        "pass",
        (STORE + "mp_ring.py::test_a_row_in_the_place_of_another_is_none[cpython]",),
    ),
    Mutation(
        "read-back-left-out",
        "I-02",
        "store/pages.py",
        "return equal(self._seen, self._start, self._out, self._start, self._end - self._start) == 1",
        "return True",
        (
            STORE + "mp_pages.py::test_a_page_that_does_not_hold_is_noticed[cpython]",
            STORE + "mp_ring_faults.py::a-page-fails-program[cpython]",
        ),
    ),
    Mutation(
        "spare-not-erased",
        "I-07",
        "store/ring.py",
        "if self.pages.erase(self.start + i):",
        "if i >= 0:",
        (STORE + "mp_ring.py::reopened-at-each-row-3[cpython]",),
    ),
    Mutation(
        "blank-sector-not-erased-again",
        "I-07",
        "store/ring.py",
        "if self.pages.erase(self.start + i):",
        "if self.pages.blank(self.start + i, 0, SECTOR) or self.pages.erase(self.start + i):",
        (STORE + "mp_ring_faults.py::weak-cells[cpython]",),
    ),
    Mutation(
        "slot-programmed-twice",
        "I-07",
        "store/ring.py",
        "self.damaged = self._rest",
        "self.damaged = False",
        (STORE + "mp_ring_cuts.py::every-cut[cpython]",),
    ),
    Mutation(
        "rows-of-an-earlier-generation",
        "I-04",
        "store/ring.py",
        "if found and found == generation and get16",
        "if found and get16",
        (STORE + "mp_ring.py::test_emptied_and_shaped_anew[cpython]",),
    ),
    Mutation(
        "corrupt-row-delivered",
        "I-05",
        "cosem/row_plain.py",
        "        if rows.newer == 0:\n            break\n",
        "",
        (STORE + "mp_profile_on_flash.py::corrupt-100-of-1[cpython]",),
    ),
    Mutation(
        "corrupt-row-as-null-data-in-a-compact-array",
        "I-05",
        "cosem/packing.py",
        "if cur.tag != axdr.COMPACT_ARRAY and packing(profile, cur) != NULLS:",
        "if packing(profile, cur) != NULLS:",
        (STORE + "mp_profile_on_flash.py::test_a_compact_array_keeps_its_columns[cpython]",),
    ),
)
