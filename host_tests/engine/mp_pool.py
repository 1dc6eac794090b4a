"""What links share: every link is sure of one, whoever else is greedy (`dlms.aa.pool`)."""

from dlms.aa.pool import Pool

REQ = {"*": ("C-18", "D-17")}


def test_every_link_gets_one_whatever_the_first_one_takes():
    for links in (1, 2, 3, 5):
        for spare in (0, 1, 2):
            pool = Pool(list(range(links + spare)), links)
            held = 0
            while pool.take(held) is not None:
                held += 1
            assert held == 1 + spare
            for _ in range(links - 1):
                assert pool.take(0) is not None
            assert pool.take(0) is None and pool.free == 0


def test_what_is_given_back_can_be_taken():
    pool = Pool(["a", "b", "c"], 2)
    first = pool.take(0)
    second = pool.take(1)
    assert pool.take(2) is None
    pool.give(second, 1)
    assert (pool.free, pool.holders) == (2, 1)
    pool.give(first, 0)
    assert (pool.free, pool.holders) == (3, 0)
    assert sorted([pool.take(0), pool.take(0), pool.take(1)]) == ["a", "b", "c"]


def test_without_links_it_is_first_come_first_served():
    pool = Pool([1, 2, 3], 0)
    assert [pool.take(n) is None for n in range(4)] == [False, False, False, True]
