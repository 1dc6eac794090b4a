"""This meter: its object list, its quantities and its time. The application calls `build`."""


def build(config, source=None, store=None, log=None):
    """The meter that a configuration describes (see `meter.assembly`, which is
    needed for no more than that).
    """
    from meter.assembly import build

    return build(config, source, store, log)
