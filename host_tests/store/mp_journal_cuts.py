"""The supply of the journal is cut at every program and every erase, with every kind of damage;
then once more while it recovers. Nothing that was acknowledged is lost, and nothing is half there.
"""

from cut_rig import PLAN, CutFlash, Cuts, Player, settle, value
from flash import PowerCut
from store import keys
from store.health import CORRUPT, FAILED_PROGRAMS, TORN

REQ = {
    "*": ("I-01", "I-02", "I-10"),
    "test_counters*": ("I-13",),
    "test_factory*": ("I-15",),
    "test_first*": ("I-14",),
    "test_what*": ("I-12",),
}
EVERY = 401  # of the cuts in a recovery one in so many; 1 tries them all, in an hour
K = keys.CLEARED


def recover(player):
    """What a meter does after a cut, as far as the journal sees it."""
    player.put(K + 2, value(2, 99, 60))
    player.take()
    settle(player.store)
    player.put(K + 3, value(3, 99, 61))


def cut_everywhere(scenario, flash=None, plan=PLAN):
    flash = flash or CutFlash(plan[0][1])
    player = Player(flash, plan=plan)
    cuts = Cuts(player, EVERY, recover)
    scenario(player)
    flash.probe = None
    player.check()
    player.open()
    player.check()
    print(cuts.cuts, "cuts,", cuts.second, "second cuts")
    assert cuts.cuts > 50 and flash.twice == 0
    return cuts


def puts(player):
    """A segment and a half of records, so that one put has to turn, without any tidying."""
    for version in range(6):
        for key in (1, 2, 3, 4):
            player.put(K + key, value(key, version, 20 + 90 * key))
    player.remove(K + 2)


def test_puts_that_turn_by_themselves():
    cut_everywhere(puts)


def tidied(player):
    """As a meter that is idle between requests: segments are prepared ahead."""
    for version in range(5):
        for key in (1, 2, 3, 4):
            player.put(K + key, value(key, version, 300 if key == 1 else 150))
            player.store.tidy()
    player.remove(K + 4)
    settle(player.store)


def test_puts_with_tidying_between():
    cut_everywhere(tidied)


def changed_while_copied(player):
    """Records that are put and removed while their copies stand in the next segment already."""
    for version in range(3):
        for key in range(8):
            player.put(K + key, value(key, version, 140))
    while player.store.journal.due() and not player.store.journal._copies[K + 3]:
        player.store.tidy()
    player.put(K + 2, value(2, 50, 101))
    player.remove(K + 3)
    player.remove(K + 7)
    player.put(K + 1, value(1, 50, 40))
    settle(player.store)


def test_changes_while_a_segment_is_prepared():
    cut_everywhere(changed_while_copied)


def counted(player):
    for _ in range(12):
        player.take(100)
        player.put(K + 1, value(1, player.used, 300))
        player.store.tidy()


def test_counters_never_go_back():
    cut_everywhere(counted)


def reset(player):
    for key in (20, 21, 40, K, K + 1, K + 2, K + 60):
        player.put(key, value(key, 1, 50))
    player.take(3)
    player.reset()
    player.put(K + 1, value(1, 2, 70))


def test_factory_reset_is_done_or_not():
    cut_everywhere(reset)


def test_first_making_of_a_store():
    """Cut while it is made, a store is made to its end at the next start."""
    flash = CutFlash(PLAN[0][1])
    maker = Maker(flash)
    cuts = Cuts(maker, 1, recover)
    maker.make()
    flash.probe = None
    assert cuts.cuts == 2 * 6
    assert cuts.second > 100


def test_a_blank_segment_is_erased_all_the_same():
    """A sector that an interrupted erase has left reads as blank, and does not hold what is
    programmed there. No segment is made in it before it is erased again.
    """
    player = Player(CutFlash(3))
    for version in range(3):
        for key in range(4):
            player.put(K + key, value(key, version, 150))
    settle(player.store)
    player.flash.weak = {1, 2}
    player.open()
    settle(player.store)
    while player.store.journal.generation < 3:
        assert player.put(K, value(0, player.flash.programs, 150))
        player.store.tidy()
    assert player.store.health.count(FAILED_PROGRAMS) == 0


def test_what_a_cut_leaves_is_not_counted_as_corrupt():
    """It is overwritten with zeros, and the records after it stand."""
    player = Player(CutFlash(3))
    player.put(K, b"one")
    for damage in ("prefix", "bits", "order"):
        for seed in range(5):
            player.flash.cut(0, damage, seed + 1)
            try:
                player.put(K + 1, value(1, seed, 100))
                raise AssertionError("nothing was cut")
            except PowerCut:
                player.flash.power()
            player.open()
            player.check()
            player.allowed = {key: [octets] for key, octets in player.values().items()}
            assert player.put(K + 2, value(2, player.flash.programs, 30))
            player.open()
            player.check()
            assert player.store.health.count(CORRUPT) == player.store.health.count(TORN) == 0


class Maker(Player):
    """A player whose store is not made yet."""

    def open(self):
        pass

    def make(self):
        Player.open(self)
