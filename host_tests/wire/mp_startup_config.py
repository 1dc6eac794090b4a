"""The configuration: what a key takes, and one clear line for what it does not. The ranges stand here and nowhere else."""

from config import ConfigError, parse

REQ = {"serial-*": ("F-32",), "device2-*": ("A-14",), "broadcast-*": ("A-15",), "tariff1*": ("F-02",)}


def taken(key, word, value):
    assert getattr(parse([key + "=" + word], "127.0.0.1"), key) == value


def refused(key, word):
    try:
        parse([key + "=" + word], "127.0.0.1")
        text = "taken"
    except ConfigError as e:
        text = str(e)
    assert text.startswith(key) and "\n" not in text, text


def test_unknown_key():
    try:
        parse(["prot=4059"], "127.0.0.1")
        text = "taken"
    except ConfigError as e:
        text = str(e)
    assert "'prot'" in text and "port" in text


def cases():
    for key, good, bad in (
        ("rate", ("0", "1", "3600"), ("-1", "3601", "1.5", "x", "")),
        ("backfill_days", ("0", "400"), ("-1", "401", "x")),
        ("seed", ("0", "1073741823"), ("-1", "1073741824", "x")),
        ("device2", ("2", "65535"), ("1", "0", "65536", "x")),
        ("broadcast", ("0", "127"), ("1", "17", "65536")),
        ("tariff1_from", ("0", "23"), ("24", "-1")),
        ("tariff1_to", ("1", "24"), ("0", "25")),
        ("serial", ("00000000", "12345678"), ("12", "123456789", "1234567x", "", "-1234567")),
        ("errors", ("textbook", "ctt"), ("", "strict")),
        ("gc", ("on", "off"), ("maybe", "1")),
    ):
        for word in good:
            value = {"on": True, "off": False}.get(word, word) if key in ("serial", "errors", "gc") else int(word)
            yield "{}-takes-{}".format(key, word), taken, (key, word, value)
        for word in bad:
            yield "{}-refuses-{}".format(key, word), refused, (key, word)
