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
        "self.server.abort(self.link)",
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
    Mutation(
        "broadcast-to-the-first-device-alone",
        "A-60",
        "dlms/all_station.py",
        "for device in server.wports:",
        "for device in server.wports[:1]:",
        (
            WIRE + "test_udp_broadcast.py::test_broadcast_is_done_in_every_device_and_nobody_answers",
            ENGINE + "mp_all_station.py::test_reaches_every_device_with_an_unconfirmed_aa[cpython]",
        ),
    ),
    Mutation(
        "broadcast-reaches-confirmed-associations",
        "A-60",
        "dlms/all_station.py",
        "if aa is not None and (not aa.confirmed or aa.assoc.preestablished):",
        "if aa is not None:",
        (
            WIRE + "test_udp_broadcast.py::test_broadcast_reaches_the_devices_with_an_unconfirmed_association_alone",
            ENGINE + "mp_all_station.py::test_does_not_reach_a_confirmed_aa[cpython]",
        ),
    ),
    Mutation(
        "confirmed-services-in-a-broadcast",
        "A-61",
        "dlms/all_station.py",
        "return serve if unconfirmed(rx, p, end) else None",
        "return serve",
        (ENGINE + "mp_all_station.py::test_preestablished_is_there[cpython]",),
    ),
    Mutation(
        "broadcast-over-tcp",
        "A-62",
        "dlms/all_station.py",
        "work = None if link.stream else choose(",
        "work = choose(",
        (WIRE + "test_udp_broadcast.py::test_broadcast_over_tcp_is_discarded",),
    ),
    Mutation(
        "preestablished-association-released",
        "C-53",
        "dlms/server.py",
        "return self.refuse(tx, HEADER, self.errors.release_refused) if link.stream else 0",
        "pass",
        (ENGINE + "mp_all_station.py::test_preestablished_cannot_be_released[cpython]",),
    ),
    Mutation(
        "confirmation-of-a-push-answered",
        "D-96",
        "dlms/server.py",
        "self.confirm(link, rx, off + HEADER, off + n)\n            end = 0",
        "self.confirm(link, rx, off + HEADER, off + n)\n            end = self.idle(link, 0, tx)",
        (WIRE + "test_unsolicited_broadcast.py::test_a_confirmation_of_nothing_is_not_answered_in_a_preestablished_association[tcp]",),
    ),
    Mutation(
        "event-told-to-the-first-client-of-a-connection",
        "B-16",
        "net/notifier.py",
        "if aa.assoc.client == self.client and aa.assoc.server == self.device and takes(aa, n):",
        "if aa.confirmed:",
        (WIRE + "test_unsolicited_broadcast.py::test_both_clients_on_a_connection_that_the_meter_opened",),
    ),
    Mutation(
        "group-not-left",
        "A-63",
        "net/multicast.py",
        "        for entry in [entry for entry in self.own if entry[0] == group]:",
        "        for entry in []:",
        (WIRE + "test_udp_multicast.py::test_group_is_joined_and_left_at_once",),
    ),
    Mutation(
        "late-datagram-taken-into-another-transfer",
        "A-45",
        "dlms/server.py",
        "return t is not None and not aa.link.stream and (t.iip ^ iip) & 0x0F != 0",
        "return False",
        (WIRE + "test_udp_losses.py::test_writes_over_a_bad_network_are_whole_or_none",),
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
        "if attr and acc[attr] & 1 == 0:",
        "if attr and acc[attr] < 0:",
        (ENGINE + "mp_get.py::test_refusals[cpython]",),
    ),
    Mutation(
        "rights-to-write-not-checked",
        "D-21",
        "dlms/set.py",
        "if aa.acc[j][attr] & 2 == 0:",
        "if aa.acc[j][attr] < 0:",
        (WIRE + "test_objects_walk_rights.py::test_write_nothing_that_may_not_be_written",),
    ),
    Mutation(
        "transfer-not-given-back",
        "D-17",
        "dlms/server.py",
        "link.transfers.give(t, link.held)",
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
    # -- what is sent unasked
    Mutation(
        "event-without-its-application-addresses",
        "B-18",
        "net/sender.py",
        "put16(self.box.buf, FIRST + 4, source.client)",
        "put16(self.box.buf, FIRST + 4, source.source)",
        (WIRE + "test_unsolicited_events.py::test_the_application_addresses_are_configurable",),
    ),
    Mutation(
        "events-in-every-association",
        "C-37",
        "net/notifier.py",
        "aa.conformance & EVENT_NOTIFICATION != 0",
        "True",
        (WIRE + "test_unsolicited_events.py::test_an_association_without_event_notification_hears_nothing[not-negotiated]",),
    ),
    Mutation(
        "any-confirmation-confirms",
        "D-62",
        "net/sender.py",
        "and invoke_id(buf, off) == invoke_id(self.box.buf, APDU)",
        "",
        (WIRE + "mp_senders.py::test_confirmation_over_the_right_connection_only[cpython]",),
    ),
    Mutation(
        "confirmation-not-asked-for",
        "D-62",
        "dlms/notification.py",
        "buf[off + 1] = _CONFIRMED if confirmed else 0",
        "buf[off + 1] = 0",
        (COSEM + "mp_push_setup.py::test_a_push_is_a_data_notification[cpython]",),
    ),
    Mutation(
        "push-lost-with-its-connection",
        "D-63",
        "net/sender.py",
        "return self.connection.sock is not self.peer",
        "return self.connection.sock is None",
        (WIRE + "mp_senders.py::test_tcp_connection_that_now_serves_another_is_lost[cpython]",),
    ),
    Mutation(
        "first-attempt-is-the-last",
        "F-17",
        "net/sender.py",
        "if self.attempt > self.source.retries():",
        "if self.attempt >= self.source.retries():",
        (WIRE + "mp_senders.py::test_udp_refused_by_the_network_is_tried_again_then_given_up[cpython]",),
    ),
    Mutation(
        "window-never-closes",
        "F-17",
        "cosem/window.py",
        "return begun and not over",
        "return begun",
        (COSEM + "mp_push_setup.py::window-daily[cpython]",),
    ),
    Mutation(
        "a-line-that-ended-stays-down",
        "B-20",
        "net/tcp.py",
        "owner.closed()",
        "pass",
        (WIRE + "test_dial_out.py::test_the_manager_dials_again_however_the_connection_ends[fin]",),
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
