"""STAND-IN for `rp2`: the flash, as the file system sees it."""

import standin_state


def Flash():
    return standin_state.flash
