"""Small faults that the tests have to notice: one line of the firmware
changed so that it breaks one rule.

`old` stands exactly once in its file; when the code moves on, the mutation moves with it. `tests`
are those that name the rule, as few as prove the point.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    """One fault: the text of a firmware file that is replaced, the requirement it
    breaks, and the tests that go red.
    """

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
        "dlms/codec/octets_viper.py",
        "tx[2] = rx[off + 4]\n    tx[3] = rx[off + 5]\n    tx[4] = rx[off + 2]\n    tx[5] = rx[off + 3]",
        "tx[2] = rx[off + 2]\n    tx[3] = rx[off + 3]\n    tx[4] = rx[off + 4]\n    tx[5] = rx[off + 5]",
        (WIRE + "test_wrapper_header.py::test_wports_are_swapped_in_every_kind_of_answer",),
    ),
    Mutation(
        "wports-not-swapped-on-the-short-way",
        "A-04",
        "dlms/ln/fast_viper.py",
        "tx[2] = rx[4]\n    tx[3] = rx[5]\n    tx[4] = rx[2]\n    tx[5] = rx[3]\n    tx[6] = size >> 8",
        "tx[2] = rx[2]\n    tx[3] = rx[3]\n    tx[4] = rx[4]\n    tx[5] = rx[5]\n    tx[6] = size >> 8",
        (WIRE + "test_wrapper_header.py::test_wports_are_swapped_in_every_kind_of_answer",),
    ),
    Mutation(
        "all-that-was-sent-ahead-served-at-once",
        "A-35",
        "net/tcp.py",
        "if n and frame(rx, self.off, n, self.carrier.pdu) != INCOMPLETE:\n            self.wait_more()",
        "if n and frame(rx, self.off, n, self.carrier.pdu) != INCOMPLETE:\n            self.process()",
        (WIRE + "test_turns.py::test_who_sends_ahead_waits_for_himself",),
    ),
    Mutation(
        "work-never-spent",
        "I-73",
        "dlms/codec/work.py",
        "LEFT[0] = LEFT[0] - n if n < LEFT[0] else 0",
        "LEFT[0] = LEFT[0] + 0 * n",
        (FUZZ + "mp_turns.py::test_set_list[micropython]",),
    ),
    Mutation(
        "who-proved-its-secret-yields-its-place",
        "A-32",
        "net/tcp.py",
        "waited >= longest and not proven(c)",
        "waited >= longest",
        ("host_tests/wire/mp_tcp_connection.py::test_who_proved_its_secret_keeps_its_place[micropython]",),
    ),
    Mutation(
        "slow-senders-keep-their-places",
        "A-32",
        "net/tcp.py",
        "waited = max(c.quiet, c.inside)",
        "waited = c.quiet",
        ("host_tests/wire/mp_tcp_connection.py::test_inside_one_wpdu_for_long[micropython]",),
    ),
    Mutation(
        "version-not-checked",
        "A-25",
        "dlms/codec/octets_viper.py",
        "if buf[off] != 0 or buf[off + 1] != 1:\n        return -1",
        "if buf[off] != 0:\n        return -1",
        (WIRE + "test_wrapper_stream.py::test_bad_version_closes_the_connection_without_an_answer",),
    ),
    Mutation(
        "header-not-checked-on-the-short-way",
        "A-25",
        "dlms/ln/fast_viper.py",
        "rx[0] != 0 or rx[1] != 1 or rx[6] << 8 | rx[7] != n - 8 or",
        "rx[7] == 0 or",
        (FUZZ + "mp_poison.py::test_header_is_checked_before_the_fast_path_answers[micropython]",),
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
        "self.carrier.server.abort(self)",
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
        "if link.carrier.stream:",
        "if False:",
        (WIRE + "test_udp_broadcast.py::test_broadcast_over_tcp_is_discarded",),
    ),
    Mutation(
        "preestablished-association-released",
        "C-53",
        "dlms/aa/opening.py",
        "assoc is not None and assoc.preestablished:\n                end =",
        "False:\n                end =",
        (ENGINE + "mp_all_station.py::test_preestablished_cannot_be_released[cpython]",),
    ),
    Mutation(
        "confirmation-of-a-push-answered",
        "D-96",
        "dlms/server.py",
        '"not-awaited")\n            return 0',
        '"not-awaited")\n            return refuse(tx, HEADER, self.errors.no_association)',
        (
            WIRE
            + "test_unsolicited_broadcast.py::test_a_confirmation_of_nothing_is_not_answered_in_a_preestablished_as"
            "sociation[tcp]",
        ),
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
        "continuation-taken-into-another-transfer",
        "D-07",
        "dlms/aa/service_class.py",
        "return t is not None and (t.request.iip ^ iip) & _INVOKE_ID != 0",
        "return False",
        (
            WIRE + "test_udp_losses.py::test_writes_over_a_bad_network_are_whole_or_none",
            WIRE + "test_errors_matrix.py::test_last_block_of_another_write[tcp]",
            ENGINE + "mp_continuations.py::set-tcp[cpython]",
        ),
    ),
    # -- associations
    Mutation(
        "password-without-its-last-octet",
        "E-50",
        "dlms/aa/security.py",
        "equal_time(secret, 0, buf, off, n) == 1",
        "equal_time(secret, 0, buf, off, n - 1) == 1",
        (WIRE + "test_acse_aarq.py::test_wrong_password", ENGINE + "mp_associations.py::test_secrets[cpython]"),
    ),
    Mutation(
        "conformance-as-proposed",
        "C-38",
        "dlms/aa/opening.py",
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
        "dlms/aa/opening.py",
        "aa.room = min(pdu, aa.most)",
        "aa.room = pdu",
        (WIRE + "test_get_sizes.py::test_every_attribute_reads_identically",),
    ),
    Mutation(
        "release-ends-all-associations",
        "B-10",
        "dlms/aa/opening.py",
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
    Mutation(
        "unconfirmed-refusal-answered",
        "D-99",
        "dlms/aa/service_class.py",
        "    if tag not in _CLASSED or",
        "    if True or",
        (
            ENGINE + "mp_service_class.py::test_without_an_association[cpython]",
            ENGINE + "mp_service_class.py::test_too_long[cpython]",
        ),
    ),
    Mutation(
        "unconfirmed-get-on-the-short-way-of-everybody",
        "B-09",
        "dlms/ln/fast_viper.py",
        "rx[10] & 0x40 == 0 and (i >> 24) & 1 == 0:",
        "rx[10] & 0x40 == 0 and i == 0:",
        (WIRE + "test_errors_matrix.py::test_strict_meter_answers_no_unconfirmed_get",),
    ),
    # -- services
    Mutation(
        "any-block-number",
        "D-15",
        "dlms/ln/get.py",
        "t.kind != GET_OUT or not u32_equal(rx, p + 3, t.block):",
        "t.kind != GET_OUT:",
        (
            ENGINE + "mp_get.py::test_wrong_block_number[cpython]",
            ENGINE + "mp_get.py::test_wrong_block_number[micropython]",
        ),
    ),
    Mutation(
        "transfer-outlives-another-request",
        "D-17",
        "dlms/ln/get.py",
        "abandon(aa)\n        return normal(",
        "pass\n        return normal(",
        (ENGINE + "mp_get.py::test_another_request_ends_the_transfer[cpython]",),
    ),
    Mutation(
        "rights-to-read-not-checked",
        "D-11",
        "dlms/ln/get.py",
        "if attr and directory.rows[_ROW * aa.assoc.acc[j] + attr] & 1 == 0:",
        "if attr and aa.assoc.acc[j] < 0:",
        (ENGINE + "mp_get.py::test_refusals[cpython]",),
    ),
    Mutation(
        "rights-to-write-not-checked",
        "D-21",
        "dlms/ln/set.py",
        "j, buf, off)\n    if directory.rows[_ROW * aa.assoc.acc[j] + attr] & 2 == 0:",
        "j, buf, off)\n    if aa.assoc.acc[j] < 0:",
        (WIRE + "test_objects_walk_rights.py::test_write_nothing_that_may_not_be_written",),
    ),
    Mutation(
        "rights-to-write-not-checked-on-the-short-way",
        "D-21",
        "dlms/ln/fast_viper.py",
        "elif rows[i + k] & 2 == 0:",
        "elif rows[i + k] == 0:",
        (ENGINE + "mp_fast_path.py::test_everything_negotiated[micropython]",),
    ),
    Mutation(
        "rights-to-invoke-not-checked-on-the-short-way",
        "D-30",
        "dlms/ln/fast_viper.py",
        "elif rows[i + table[p] + k] == 0:",
        "elif rows[i + k + 1] == 0:",
        (ENGINE + "mp_fast_path.py::test_everything_negotiated[micropython]",),
    ),
    Mutation(
        "polls-on-though-a-task-may-be-due",
        "A-35",
        "net/hot_native.py",
        "                            rounds = 0\n                            handler.received(n)",
        "                            plain = True\n                            handler.received(n)",
        (ENGINE + "mp_twins_hot.py::test_serve_ready_serves_plain_requests[micropython]",),
    ),
    Mutation(
        "transfer-not-given-back",
        "D-17",
        "dlms/long/lending.py",
        "link.carrier.transfers.give(t, link.running)",
        "pass",
        (FUZZ + "test_fuzz_engine.py::test_any_long_sequence_of_requests_leaves_a_serving_meter",),
    ),
    Mutation(
        "list-count-not-bounded-by-the-request",
        "D-94",
        "dlms/ln/get.py",
        "if end - q < _ITS_SELECTOR:",
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
    # -- short names
    Mutation(
        "short-names-between-names",
        "D-53",
        "cosem/short_names.py",
        "if d & _STEP - 1:",
        "if d < 0:",
        (
            ENGINE + "mp_short_names.py::test_every_short_name[cpython]",
            WIRE + "test_short_names_reading.py::test_all_65536_names",
        ),
    ),
    Mutation(
        "methods-of-a-profile-one-too-high",
        "D-53",
        "cosem/short_names.py",
        "(7, 0x58),",
        "(7, 0x60),",
        (WIRE + "test_short_names_writing.py::test_methods",),
    ),
    Mutation(
        "no-fixed-name-of-the-logical-device",
        "D-54",
        "cosem/short_names.py",
        "return _DEVICE_NAME if",
        "return 0 if",
        (ENGINE + "mp_short_names.py::test_fixed_base_names[cpython]",),
    ),
    Mutation(
        "rights-by-short-name-not-checked",
        "D-50",
        "dlms/sn/read.py",
        "if aa.assoc.directory.right(aa.assoc.acc[j], r) & 1 == 0:",
        "if aa.assoc.acc[j] < 0:",
        (ENGINE + "mp_short_names_read.py::test_read_refused[cpython]",),
    ),
    Mutation(
        "any-block-number-of-a-read",
        "D-50",
        "dlms/sn/read.py",
        "t.kind != READ_OUT or get16(rx, p + _NUMBER) != t.block:",
        "t.kind != READ_OUT:",
        (ENGINE + "mp_short_names_read.py::test_wrong_block_number[cpython]",),
    ),
    Mutation(
        "rights-to-write-by-short-name-not-checked",
        "D-51",
        "dlms/sn/write.py",
        "if aa.assoc.directory.right(row, r) & 2 == 0:",
        "if row < 0:",
        (WIRE + "test_short_names_writing.py::test_nothing_is_written_or_invoked_without_a_right",),
    ),
    Mutation(
        "parts-of-a-write-in-any-order",
        "D-51",
        "dlms/sn/variable_access.py",
        "if number != t.block + 1:",
        "if number == 0:",
        (ENGINE + "mp_short_names_write.py::test_wrong_write_blocks[cpython]",),
    ),
    Mutation(
        "unconfirmed-association-reads",
        "B-08",
        "dlms/sn/short_names.py",
        "if not aa.confirmed:\n        return 0",
        "if False:\n        return 0",
        (ENGINE + "mp_short_names_write.py::test_unconfirmed_association[cpython]",),
    ),
    # -- general block transfer and ACCESS
    Mutation(
        "stream-longer-than-the-window",
        "D-84",
        "dlms/long/general_plain.py",
        "now[LEFT] = min(now[WINDOW], now[OWN])",
        "now[LEFT] = now[OWN]",
        (ENGINE + "mp_gbt.py::test_streams_are_as_long_as_the_window[cpython]",),
    ),
    Mutation(
        "acknowledgement-of-what-was-not-sent-taken",
        "D-89",
        "dlms/long/gbt.py",
        "    if block.ack > now[_HIGH]:\n",
        "    if False:\n",
        (ENGINE + "mp_gbt.py::test_acknowledging_what_was_not_sent[cpython]",),
    ),
    Mutation(
        "repeated-from-one-too-late",
        "D-87",
        "dlms/long/general_plain.py",
        "    now[POSITION] = now[i]\n",
        "    now[POSITION] = now[i] + 1\n",
        (ENGINE + "mp_gbt.py::test_every_pattern_of_loss[cpython]",),
    ),
    Mutation(
        "changed-value-sent-again",
        "D-19",
        "dlms/long/general_plain.py",
        "now[i + 3] != digest(tx, raw, end - raw)",
        "False",
        (ENGINE + "mp_gbt.py::test_changed_value_is_not_mixed_with_the_old[cpython]",),
    ),
    Mutation(
        "repeated-request-done-twice",
        "D-87",
        "dlms/long/gbt.py",
        "    if block.n and block.number == 1 and (stream or block.digest != now[_FIRST]):\n"
        "        return states.GBT_UNSENT",
        "    if block.n and block.number == 1:\n        return states.GBT_UNSENT",
        (ENGINE + "mp_gbt_requests.py::test_repeated_request_is_done_once[cpython]",),
    ),
    Mutation(
        "block-of-another-transfer-passed-over",
        "D-87",
        "dlms/long/legs.py",
        "return now[i + 1] != n or equal(t.buf, now[i], buf, off, n) == 0",
        "return now[i + 1] != n",
        (ENGINE + "mp_gbt_strangers.py::test_a_stranger_in_a_request[cpython]",),
    ),
    Mutation(
        "repeated-without-end",
        "D-89",
        "dlms/long/gbt.py",
        "    return now[_REPEATS] > _MOST_REPEATS\n",
        "    return False\n",
        (ENGINE + "mp_gbt_strangers.py::test_no_progress_of_an_answer[cpython]",),
    ),
    Mutation(
        "no-break-on-error",
        "D-43",
        "dlms/ln/access.py",
        "_BREAK = const(0x20)",
        "_BREAK = const(0x02)",
        (ENGINE + "mp_access.py::test_break_on_error[cpython]",),
    ),
    Mutation(
        "no-break-on-error-on-the-short-way",
        "D-43",
        "dlms/ln/items_plain.py",
        "_BREAK = 0x20",
        "_BREAK = 0x02",
        (ENGINE + "mp_access.py::test_break_on_error[cpython]",),
    ),
    Mutation(
        "specifications-never-repeated",
        "D-41",
        "dlms/ln/access.py",
        "t.source = _SPECIFICATIONS if buf[0] & _SELF_DESCRIPTIVE else _COUNT",
        "t.source = _COUNT",
        (ENGINE + "mp_access.py::test_specifications_are_repeated[cpython]",),
    ),
    Mutation(
        "null-data-for-another-value",
        "D-104",
        "cosem/packing.py",
        "return equal(profile.row, at, profile.before, at, size) == 1",
        "return equal(profile.row, at, profile.before, at, 1) == 1",
        (WIRE + "test_profile_packing.py::test_null_data",),
    ),
    # -- objects and metrology
    Mutation(
        "range-without-its-end",
        "D-112",
        "cosem/buffer_selection.py",
        "bound(profile.rows, column, cur.map, HIGHEST, 1) - 1",
        "bound(profile.rows, column, cur.map, HIGHEST, 0) - 1",
        (
            COSEM + "mp_profile_selection.py::test_range_both_ends_included[cpython]",
            WIRE + "test_selective_profile.py::test_range_includes_both_ends",
        ),
    ),
    Mutation(
        "summer-begins-a-minute-late",
        "F-07",
        "cosem/clock.py",
        "return begin <= now < end",
        "return begin < now < end",
        (COSEM + "mp_clock.py::test_dst_begins_and_ends_by_its_rule[cpython]",),
    ),
    Mutation(
        "fractions-of-energy-lost",
        "F-02",
        "meter/integration_plain.py",
        "rest[r] = milli % 1000",
        "rest[r] = 0",
        (COSEM + "mp_metrology.py::test_registers_agree_with_the_source[cpython]",),
    ),
)
