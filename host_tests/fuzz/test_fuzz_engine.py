"""Generated and mutated requests against the whole meter under CPython: no exception, no
endless loop, nothing lost, still serving.

What is checked after every single request stands in `fuzz_rig`, what may be touched
meanwhile in `guarded`. A failing tape is printed shortened; `replay` of this module
plays it again with every octet shown.
"""

from __future__ import annotations

import gc
import tracemalloc

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from host_tests.fuzz.guarded import GuardedRig
from host_tests.fuzz.guarded import fuzz_rig as rigs

BOUNDED = settings(
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
# One session decides about 400 times.
TAPES = st.binary(min_size=0, max_size=600)
SEEDS = st.integers(0, 2**30 - 1)


def play(tape: rigs.Tape, most: int = 8) -> list[bytes]:
    rig = GuardedRig(most=most)
    rig.session(tape)
    return rig.answers


def replay(tape: rigs.Tape) -> None:
    """Play a tape - `rigs.Tape(octets)` or `rigs.seeded(seed, 600)` - and
    print what goes over the wire.
    """

    class Shown(GuardedRig):
        def ask(self, apdu: bytes, source: int, device: int, stream: bool = True) -> bytes:
            print(source, device, "TCP" if stream else "UDP", apdu.hex(" "))
            answer = super().ask(apdu, source, device, stream)
            print("   ", answer.hex(" "))
            return answer

    Shown().session(tape)


@pytest.mark.req("A-52", "D-50", "D-51", "D-17", "D-91", "D-92", "D-93", "D-94", "D-96", "C-26")
@settings(BOUNDED, max_examples=1500)
@example(b"")
@given(TAPES)
def test_any_sequence_of_requests_leaves_a_serving_meter(octets):
    play(rigs.Tape(octets))


@settings(BOUNDED, max_examples=1500)
@given(SEEDS)
def test_any_long_sequence_of_requests_leaves_a_serving_meter(seed):
    play(rigs.seeded(seed, 600))


@pytest.mark.req("C-18")
@settings(BOUNDED, max_examples=300)
@given(SEEDS)
def test_any_sequence_on_a_link_with_few_associations_leaves_a_serving_meter(seed):
    play(rigs.seeded(seed, 600), most=1)


@pytest.mark.req("D-94", "D-96")
@settings(BOUNDED, max_examples=1500)
@given(
    st.binary(max_size=80),
    st.sampled_from((0x60, 0x62, 0xC0, 0xC1, 0xC3, 0xD8, 0)),
    st.sampled_from((1, 2, 3, 4, 5, 6)),
)
def test_any_octets_behind_a_tag_leave_a_serving_meter(octets, tag, choice):
    rig = GuardedRig()
    rig.ask(rigs.aarq(rigs.Tape(b""), 48), 48, 1)
    rig.ask(bytes((tag, choice, 0xC1)) + octets, 48, 1)
    rig.ask(bytes((tag,)) + octets, 48, 1)
    rig.ask(bytes((tag, choice, 0xC1)) + octets, 16, 1)
    rig.serves()


@pytest.mark.req("D-50", "D-51", "D-94")
@settings(BOUNDED, max_examples=1500)
@given(
    st.binary(max_size=80),
    st.sampled_from((0x05, 0x06, 0x16)),
    st.sampled_from((1, 2, 3)),
    st.sampled_from((2, 4, 5, 6, 7)),
)
def test_any_octets_behind_a_short_name_request_leave_a_serving_meter(octets, tag, count, kind):
    rig = GuardedRig()
    rig.ask(rigs.aarq(rigs.Tape(b""), 80), 80, 1)
    rig.ask(bytes((tag, count, kind)) + octets, 80, 1)
    rig.ask(bytes((tag, 1, kind, 0, 0, 1)) + octets, 80, 1)
    rig.ask(bytes((tag,)) + octets, 80, 1)
    rig.ask(bytes((tag, count, kind)) + octets, 48, 1)
    rig.serves()


def test_any_number_of_requests_keeps_no_memory():
    """The same sessions again and again on one meter: after the first
    round its memory does not grow.
    """
    rig = GuardedRig()

    def one_round() -> int:
        for seed in range(40):
            rig.session(rigs.seeded(seed, 300))
            for link in rig.streams + rig.peers:
                rig.server.abort(link)
            rig.answers.clear()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        one_round()
        first = one_round()
        for _ in range(4):
            last = one_round()
    finally:
        tracemalloc.stop()
    # a value of the meter may be longer than it was; a transfer, an association or a row is not
    assert last - first < 4096
