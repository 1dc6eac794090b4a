"""Small faults that the tests have to notice: one line of the firmware changed so that it breaks one rule.

`old` stands exactly once in its file; when the code moves on, the mutation moves with it. `tests` are those that name the
rule, as few as prove the point.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """One fault: the text of a firmware file that is replaced, the requirement it breaks, and the tests that go red."""

    name: str
    req: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]


WIRE = "host_tests/wire/"
ENGINE = "host_tests/engine/"
COSEM = "host_tests/cosem/"
FUZZ = "host_tests/fuzz/"

MUTATIONS = (
    # -- wrapper and transports
    Mutation(
        "wports-not-swapped",
        "A-04",
        "dlms/wrapper.py",
        "copy(tx, 2, rx, off + 4, 2)\n    copy(tx, 4, rx, off + 2, 2)",
        "copy(tx, 2, rx, off + 2, 2)\n    copy(tx, 4, rx, off + 4, 2)",
        (WIRE + "test_wrapper_header.py::test_wports_are_swapped_in_every_kind_of_answer",),
    ),
    Mutation(
        "wports-not-swapped-on-the-short-way",
        "A-04",
        "dlms/short_viper.py",
        "tx[2] = rx[4]\n    tx[3] = rx[5]\n    tx[4] = rx[2]\n    tx[5] = rx[3]",
        "tx[2] = rx[2]\n    tx[3] = rx[3]\n    tx[4] = rx[4]\n    tx[5] = rx[5]",
        (WIRE + "test_wrapper_header.py::test_wports_are_swapped_in_every_kind_of_answer",),
    ),
    Mutation(
        "version-not-checked",
        "A-25",
        "dlms/octets_viper.py",
        "if buf[off] != 0 or buf[off + 1] != 1:\n        return -1",
        "if buf[off] != 0:\n        return -1",
        (WIRE + "test_wrapper_stream.py::test_bad_version_closes_the_connection_without_an_answer",),
    ),
    Mutation(
        "header-not-checked-on-the-short-way",
        "A-25",
        "dlms/short_viper.py",
        "if rx[7] != 13 or rx[1] != 1 or rx[0] | rx[6] != 0:",
        "if rx[7] == 0:",
        (FUZZ + "mp_poison.py::test_header_is_checked_before_the_short_way_answers[micropython]",),
    ),
    Mutation(
        "oversize-drained-short",
        "A-27",
        "net/tcp.py",
        "self.drain = HEADER + get16(rx, 6)",
        "self.drain = get16(rx, 6)",
        (WIRE + "test_wrapper_oversize.py::test_in_one_piece",),
    ),
    Mutation(
        "lost-connection-keeps-its-associations",
        "A-33",
        "net/tcp.py",
        "self.server.abort(self)",
        "pass",
        (WIRE + "test_tcp_end.py::test_associations_end_with_the_connection",),
    ),
    Mutation(
        "datagram-length-not-checked",
        "A-40",
        "net/udp.py",
        "if n < HEADER or get16(data, 6) + HEADER != n:",
        "if n < HEADER:",
        (WIRE + "test_udp_datagrams.py::test_length_field_that_does_not_fit",),
    ),
    Mutation(
        "datagram-version-not-checked",
        "A-42",
        "net/udp.py",
        "if size != n and size != TOO_LONG:",
        "if size == 0:",
        (WIRE + "test_udp_datagrams.py::test_bad_version_is_dropped_and_nothing_ends",),
    ),
    # -- associations
    Mutation(
        "password-without-its-last-octet",
        "E-50",
        "dlms/security.py",
        "equal_time(secret, 0, buf, off, n) == 1",
        "equal_time(secret, 0, buf, off, n - 1) == 1",
        (WIRE + "test_acse_aarq.py::test_wrong_password", ENGINE + "mp_associations.py::test_secrets[cpython]"),
    ),
    Mutation(
        "conformance-as-proposed",
        "C-38",
        "dlms/server.py",
        "aa.conformance = aarq.conformance & assoc.conformance",
        "aa.conformance = aarq.conformance",
        (
            ENGINE + "mp_associations.py::test_negotiation[cpython]",
            WIRE + "test_acse_aarq.py::test_lowest_level",
        ),
    ),
    Mutation(
        "client-pdu-size-ignored",
        "C-17",
        "dlms/server.py",
        "room = aarq.max_pdu",
        "room = self.pdu",
        (WIRE + "test_get_sizes.py::test_every_attribute_reads_identically",),
    ),
    Mutation(
        "release-ends-all-associations",
        "B-10",
        "dlms/server.py",
        "self.close(link, i)\n        return acse.rlre",
        "self.abort(link)\n        return acse.rlre",
        (WIRE + "test_links_associations.py::test_release_in_any_order",),
    ),
    Mutation(
        "unconfirmed-association-answered",
        "D-99",
        "dlms/server.py",
        "return end if aa.confirmed else 0",
        "return end",
        (ENGINE + "mp_errors.py::test_unconfirmed_association[cpython]",),
    ),
    # -- services
    Mutation(
        "any-block-number",
        "D-15",
        "dlms/get.py",
        "if not u32_equal(rx, p + 3, t.block):",
        "if t.block < 0:",
        (ENGINE + "mp_get.py::test_wrong_block_number[cpython]", ENGINE + "mp_get.py::test_wrong_block_number[micropython]"),
    ),
    Mutation(
        "transfer-outlives-another-request",
        "D-17",
        "dlms/get.py",
        "server.abandon(aa)\n        end = normal(",
        "end = normal(",
        (ENGINE + "mp_get.py::test_another_request_ends_the_transfer[cpython]",),
    ),
    Mutation(
        "rights-to-read-not-checked",
        "D-11",
        "dlms/get.py",
        "if attr and aa.directory.rows[ROW * aa.acc[j] + attr] & 1 == 0:",
        "if attr and aa.acc[j] < 0:",
        (ENGINE + "mp_get.py::test_refusals[cpython]",),
    ),
    Mutation(
        "rights-to-write-not-checked",
        "D-21",
        "dlms/set.py",
        "j, buf, off)\n    if aa.directory.rows[ROW * aa.acc[j] + attr] & 2 == 0:",
        "j, buf, off)\n    if aa.acc[j] < 0:",
        (WIRE + "test_objects_walk_rights.py::test_write_nothing_that_may_not_be_written",),
    ),
    Mutation(
        "transfer-not-given-back",
        "D-17",
        "dlms/server.py",
        "link.carrier.transfers.give(t, link.held)",
        "pass",
        (FUZZ + "test_fuzz_engine.py::test_any_long_sequence_of_requests_leaves_a_serving_meter",),
    ),
    Mutation(
        "list-count-not-bounded-by-the-request",
        "D-94",
        "dlms/get.py",
        "if end - q < 10:",
        "if end - q < 1:",
        (FUZZ + "mp_poison.py::cut-get-list[cpython]",),
    ),
    Mutation(
        "repeated-columns-not-counted",
        "D-112",
        "cosem/buffer_selection.py",
        "room -= columns.encoded_length(column)",
        "room -= 0",
        (FUZZ + "mp_poison.py::test_columns_asked_for_again_and_again_stay_inside_an_element[micropython]",),
    ),
    # -- objects and metrology
    Mutation(
        "range-without-its-end",
        "D-112",
        "cosem/buffer_selection.py",
        "_bound(profile, cur, HIGHEST, 1) - 1",
        "_bound(profile, cur, HIGHEST, 0) - 1",
        (
            COSEM + "mp_profile_selection.py::test_range_both_ends_included[cpython]",
            WIRE + "test_selective_profile.py::test_range_includes_both_ends",
        ),
    ),
    Mutation(
        "summer-begins-a-minute-late",
        "F-07",
        "cosem/clock.py",
        "return self._begin <= now < self._end",
        "return self._begin < now < self._end",
        (COSEM + "mp_clock.py::test_dst_begins_and_ends_by_its_rule[cpython]",),
    ),
    Mutation(
        "fractions-of-energy-lost",
        "F-02",
        "meter/metrology.py",
        "self._rest[i] = milli",
        "self._rest[i] = 0",
        (COSEM + "mp_metrology.py::test_registers_agree_with_the_source[cpython]",),
    ),
)
