"""No answer of the meter moves: every family of the corpus, and generated sessions,
against the digests kept in digests.json.

The same digests hold in MicroPython, where viper functions answer, and in CPython, where their
plain twins do. A change of behaviour that is meant writes them anew,
`python -m host_tests.answers`, in the commit that makes it; any other change leaves them.
"""

import json
import sys

HERE = __file__.replace("\\", "/").rpartition("/")[0]
for _folder in ("alloc", "fuzz", "answers"):
    sys.path.append(HERE.rpartition("/")[0] + "/" + _folder)

from corpus import FAMILIES  # noqa: E402
from engine_peer import Digest, EnginePeer  # noqa: E402

REQ = {"*": ("D-10", "D-20", "D-30")}
SESSIONS = 200  # generated ones
PART = 50


def family(name):
    """The digest of a family, and how many requests it took."""
    peer = EnginePeer()
    FAMILIES[name](peer, peer.objects)
    return peer.digest.text(), peer.digest.requests


def sessions(first):
    """The digest of generated sessions, PART of them."""
    from fuzz_rig import Rig, seeded

    digest = Digest()
    for seed in range(first, first + PART):
        rig = Rig()
        rig.session(seeded(seed, 500))
        digest.exchange(bytes((seed >> 8, seed & 255)), rig.answers[:255])
    return digest.text(), digest.requests


def everything():
    """name -> function and argument, of all that has a digest."""
    found = {}
    for name in FAMILIES:
        found[name] = (family, name)
    for first in range(0, SESSIONS, PART):
        found["sessions from %d" % first] = (sessions, first)
    return found


def same(name, function, argument):
    with open(HERE + "/digests.json") as f:
        kept = json.load(f)
    got = list(function(argument))
    assert got == kept[name], "%s: %s, kept is %s" % (name, got, kept[name])


def cases():
    every = everything()
    for name in sorted(every):
        yield "answers-" + name.replace(" ", "-"), same, (name,) + every[name]
