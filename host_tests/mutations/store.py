"""Small faults in the store that the tests have to notice; as `table` has them."""

from __future__ import annotations

from host_tests.mutations.table import Mutation

_STORE = "host_tests/store/"

STORE = (
    Mutation(
        "record-taken-without-its-crc",
        "I-01",
        "store/segments.py",
        "return room(self.n) if self._whole(p) else BAD",
        "return room(self.n)",
        (
            _STORE + "mp_journal.py::test_bad_record_gives_way_to_the_one_before[cpython]",
            _STORE + "mp_journal_cuts.py::test_factory_reset_is_done_or_not[cpython]",
        ),
    ),
    Mutation(
        "record-sealed-without-its-generation",
        "I-10",
        "store/segments.py",
        "crc(self._seeds, 4 * i, self._generations, 4 * i, 4)",
        "pass",
        (_STORE + "mp_journal.py::test_record_of_an_earlier_life_does_not_count[cpython]",),
    ),
    Mutation(
        "counter-not-reserved-ahead",
        "I-13",
        "store/counters.py",
        "add32(self._further, 0, AHEAD)",
        "add32(self._further, 0, 0)",
        (
            _STORE + "mp_journal.py::test_counter_is_reserved_ahead[cpython]",
            _STORE + "mp_journal_cuts.py::test_counters_never_go_back[cpython]",
        ),
    ),
    Mutation(
        "counter-used-before-its-reservation-holds",
        "I-13",
        "store/counters.py",
        "        if not self._journal.put(self._key, self._further, 0, 4):\n            return False\n        copy(",
        "        self._journal.put(self._key, self._further, 0, 4)\n        copy(",
        (_STORE + "mp_journal.py::test_counter_that_cannot_be_reserved[cpython]",),
    ),
    Mutation(
        "counter-goes-on-after-a-lost-reservation",
        "I-13",
        "store/counters.py",
        "if journal.lost:",
        "if False:",
        (_STORE + "mp_journal.py::test_counter_stays_ahead_of_lost_reservations[cpython]",),
    ),
    Mutation(
        "header-written-before-the-copies",
        "I-10",
        "store/journal.py",
        "        self._next = i\n        self._next_end = FIRST\n",
        "        self._next = i\n        self._next_end = FIRST\n        self.segments.commit(i)\n",
        (_STORE + "mp_journal_cuts.py::test_puts_that_turn_by_themselves[cpython]",),
    ),
    Mutation(
        "spare-segment-not-erased",
        "I-10",
        "store/segments.py",
        "        return self.pages.erase(self.first + i)\n",
        "        return True\n",
        (
            _STORE + "mp_journal.py::test_wears_evenly[cpython]",
            _STORE + "mp_journal_cuts.py::test_puts_that_turn_by_themselves[cpython]",
        ),
    ),
    Mutation(
        "blank-segment-taken-for-erased",
        "I-10",
        "store/segments.py",
        "        return self.pages.erase(self.first + i)\n",
        "        return self.pages.blank(self.first + i, 0, SECTOR) or self.pages.erase(self.first + i)\n",
        (_STORE + "mp_journal_cuts.py::test_a_blank_segment_is_erased_all_the_same[cpython]",),
    ),
    Mutation(
        "torn-record-left-as-it-is",
        "I-12",
        "store/journal.py",
        "            self.segments.give_up((self.current << 12) + self.torn, self.end - self.torn)\n",
        "",
        (_STORE + "mp_journal_cuts.py::test_what_a_cut_leaves_is_not_counted_as_corrupt[cpython]",),
    ),
    Mutation(
        "record-not-read-back",
        "I-16",
        "store/pages.py",
        "return equal(self._seen, self._start, self._out, self._start, self._end - self._start) == 1",
        "return True",
        (_STORE + "mp_journal.py::fails-program-1-1[cpython]",),
    ),
    Mutation(
        "unchanged-value-not-compared",
        "I-11",
        "store/segments.py",
        "return self.pages.same(self._sum, 0, 4) and self._stands(p, buf, off)",
        "return True",
        (_STORE + "mp_journal.py::test_limits[cpython]",),
    ),
    Mutation(
        "segment-in-use-erased",
        "I-12",
        "store/journal.py",
        "if i == self.current or self._in_use(i):",
        "if i == self.current:",
        (_STORE + "mp_journal.py::test_bad_copy_is_not_erased_before_it_is_copied[cpython]",),
    ),
    Mutation(
        "removed-while-copied-comes-back",
        "I-10",
        "store/journal.py",
        "                self._next = -1  # what was copied there is removed: it begins anew\n",
        "                pass\n",
        (_STORE + "mp_journal_cuts.py::test_changes_while_a_segment_is_prepared[cpython]",),
    ),
    Mutation(
        "factory-reset-without-its-record",
        "I-15",
        "store/store.py",
        'return self.journal.put(keys.RESET, b"\\x01", 0, 1) and self._clear()',
        "return self._clear()",
        (_STORE + "mp_journal_cuts.py::test_factory_reset_is_done_or_not[cpython]",),
    ),
    Mutation(
        "store-of-another-meter-opened",
        "I-14",
        "store/store.py",
        "            check(self._identity(), wanted)\n",
        "            pass\n",
        (_STORE + "mp_store.py::test_other_serial_number[cpython]",),
    ),
    Mutation(
        "anything-made-a-store",
        "I-14",
        "store/store.py",
        "if sector >= self.journal.count or not segments.begun(sector, keys.IDENTITY, wanted):",
        "if False:",
        (_STORE + "mp_store.py::test_neither_blank_nor_a_store[cpython]",),
    ),
)
