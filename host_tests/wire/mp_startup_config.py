"""The configuration: what a key takes, and one clear line for what it does not. The
ranges stand here and nowhere else.
"""

import config
import limits
import meter
from config import ConfigError, parse
from meter import objects

REQ = {
    "serial-*": ("F-32",),
    "device2-*": ("A-14",),
    "broadcast-*": ("A-15",),
    "preestablished-*": ("C-53",),
    "test_secrets_are_those_of_all_clients_or_refused": ("E-50",),
    "test_what_the_meter_refuses": ("C-53", "D-103", "D-104", "F-19", "F-20"),
    "test_no_client_loses_its_associations": ("C-53",),
    "test_reserved_server_wports": ("A-14", "A-17"),
    "tariff1*": ("F-02",),
}


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


def secrets(content):
    """What a secrets file with this content makes of the secrets and of the names of those
    that are published; or the refusal.
    """
    before = config.read
    config.read = lambda path: content
    try:
        parsed = parse(["secrets=file"], "127.0.0.1")
    except ConfigError as e:
        assert "\n" not in str(e)
        return str(e)
    finally:
        config.read = before
    return parsed.secrets, parsed.published


def test_secrets_are_those_of_all_clients_or_refused():
    """A client left out would keep its published secret, and nobody would know."""
    used = {secret for _, _, secret in objects.ASSOCIATIONS + objects.SHORT_NAME_ASSOCIATIONS if secret}
    own = {name: "a secret of " + name for name in used}
    assert secrets(own) == ({name: own[name].encode() for name in used}, [])
    for name in used:
        others = {other: own[other] for other in used if other != name}
        assert secrets(others).startswith("file: no secret for %s; " % name)
        for bad in ("", 12345678, None, ["x"]):
            assert secrets(dict(others, **{name: bad})).startswith("file: secrets are ")
        # one that is published counts as such, whichever client has it
        for published in ("12345678", "87654321"):
            assert secrets(dict(others, **{name: published}))[1] == [name]
    assert secrets({}).startswith("file: no secret for management and reader; ")
    assert secrets(dict(own, guest="a secret")).startswith("file: secrets are ")
    assert parse([], "127.0.0.1").published == sorted(used)


def test_what_the_meter_refuses():
    """What only the object list can show is reported in one line, too."""
    for words, text in (
        ("compact=17", "compact: no client has wPort 17"),
        ("null_data=16,0", "null_data: no client has wPort 0"),
        ("compact=65552", "compact: no client has wPort 65552"),
        ("multicast=239.0.0.1,10.0.0.1", "multicast: '10.0.0.1' is not a numeric multicast address"),
        ("multicast=group", "multicast: 'group' is not a numeric multicast address"),
        ("multicast=fe80::1", "multicast: 'fe80::1' is not a numeric multicast address"),
        (
            "multicast=" + ",".join("239.0.0.%d" % n for n in range(limits.GROUPS + 1)),
            "multicast: more than %d groups" % limits.GROUPS,
        ),
    ):
        try:
            meter.build(parse(["backfill_days=0", words], "127.0.0.1"))
            said = "taken"
        except ValueError as e:
            said = str(e)
        assert said.startswith(text), said


def test_no_client_loses_its_associations():
    """`preestablished` takes every wPort that no client of the board has, and no other; then
    the shorter forms are for it as well.
    """
    for wport in range(1, 128):
        said = ""
        try:
            clients = objects.clients(wport)
            assert [client for client, _, _ in clients].count(wport) == 1
        except ValueError as e:
            said = str(e)
        taken = (
            wport in (1, 16, 32, 48) or limits.SN_CLIENTS > 0 and wport == 64 or limits.SN_CLIENTS > 1 and wport == 80
        )
        assert said == ("preestablished: wPort %d is that of a client with AAs of its own" % wport if taken else ""), (
            wport
        )
    meter.build(parse(["backfill_days=0", "preestablished=100", "compact=100"], "127.0.0.1"))


def test_reserved_server_wports():
    """2 to 15 are reserved: taken, and named so that the start can warn."""
    for word, named in (
        ("device2=2", ["device2=2"]),
        ("device2=15", ["device2=15"]),
        ("device2=16", []),
        ("device2=126", []),
        ("device2=527", []),
        ("broadcast=5", ["broadcast=5"]),
        ("broadcast=0", []),
        ("event_source=1", []),
        ("event_source=9", ["event_source=9"]),
        ("event_client=9", []),
    ):
        assert parse([word], "127.0.0.1").reserved == named, word


def test_an_address_that_stands_twice():
    try:
        parse(["bind=127.0.0.1,::1,127.0.0.1"], "")
        said = "taken"
    except ConfigError as e:
        said = str(e)
    assert said == "bind: 127.0.0.1 stands there twice"


def cases():
    for key, good, bad in (
        ("rate", ("0", "1", "3600"), ("-1", "3601", "1.5", "x", "")),
        ("backfill_days", ("0", "400"), ("-1", "401", "x")),
        ("seed", ("0", "1073741823"), ("-1", "1073741824", "x")),
        ("device2", ("2", "65535"), ("1", "0", "65536", "x")),
        ("broadcast", ("0", "127"), ("1", "17", "65536")),
        ("preestablished", ("0", "100", "127"), ("-1", "128", "x")),
        ("tariff1_from", ("0", "23"), ("24", "-1")),
        ("tariff1_to", ("1", "24"), ("0", "25")),
        ("serial", ("00000000", "12345678"), ("12", "123456789", "1234567x", "", "-1234567")),
        ("errors", ("textbook", "ctt"), ("", "strict")),
        ("gc", ("on", "off"), ("maybe", "1")),
        ("state", ("", "flash", "/tmp/file"), ()),
        ("sync", ("checkpoint", "always"), ("", "never")),
        ("checkpoint", ("1", "900", "86400"), ("0", "86401", "x")),
    ):
        for word in good:
            value = (
                {"on": True, "off": False}.get(word, word)
                if key in ("serial", "errors", "gc", "state", "sync")
                else int(word)
            )
            yield "{}-takes-{}".format(key, word), taken, (key, word, value)
        for word in bad:
            yield "{}-refuses-{}".format(key, word), refused, (key, word)
