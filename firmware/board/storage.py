"""Where the meter keeps its state: the device of the store that a configuration and a board give."""

_START_ONLY = True

FLASH = "flash"  # the value of the key `state` on a board
FOLDER = "state"  # of the file system, in MicroPython's own images


def device(limits, config, log):
    """The device for the store, see `store.device_file.FileDevice`; None: the meter keeps nothing,
    because it is not to, or cannot, which the log says. ValueError: `state` names nothing that can
    be used.
    """
    if not config.state:
        return None
    if not limits.HARDWARE:
        from store.device_file import FileDevice

        return FileDevice(config.state, limits.SECTORS, config.sync == "always")
    if config.state != FLASH:
        raise ValueError("state: on a board it is %s or empty, not %r" % (FLASH, config.state))
    if "serial" not in config.given and "state" not in config.given:
        # a store is that of one serial number for ever, and this one is everybody's
        log("WARN", "store", "no-serial", "next=make-provision")
        return None
    try:
        import flashmap
    except ImportError:
        return folder(limits, log)
    blocks = flashmap.store()
    if not flashmap.files:
        # said by _boot.py as well, which USB is too late for
        log("ERROR", "store", "no-file-system", "next=make-provision-new-map")
        return None
    if blocks is None:
        log("ERROR", "store", "no-room", "files=%d of=%d next=make-provision-new-map" % (flashmap.files, flashmap.own))
        return None
    from store.device_flash import FlashDevice

    return FlashDevice(blocks)


def folder(limits, log):
    """The device in the file system of an image that is MicroPython's own, None where that has no
    room for a new one.
    """
    import os

    from store.device_folder import SECTOR, FolderDevice

    new = FOLDER not in os.listdir("/")
    stat = os.statvfs("/")
    if new and stat[0] * stat[3] < limits.SECTORS * SECTOR:
        log("ERROR", "store", "no-room", "free=%d wanted=%d" % (stat[0] * stat[3], limits.SECTORS * SECTOR))
        return None
    return FolderDevice("/" + FOLDER, limits.SECTORS)
