"""docs/PROFILE.md: the parts of it that a running meter, the limits of the boards
and the tests say, made from them.

    python -m tools.upkeep.profile            write them anew (meters are started on loopback, the tests
                                       are collected and not run)
    python -m tools.upkeep.profile --check    exit 1 when one of them is not what the code says

A generated part stands between the lines `<!-- begin NAME … -->` and
`<!-- end NAME -->`; everything else is written by hand.
"""
