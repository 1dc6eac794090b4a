"""Configuration: defaults here, a JSON file over them, `key=value` words over that. An
unknown key or a bad value is an error.

Secrets stand in a file of their own, named by the key `secrets`:
`{"reader": "…", "management": "…"}`.
"""

import json

import log

_START_ONLY = True

# Demonstration values, published with the source: whoever runs a meter for
# others to reach replaces them.
_DEMONSTRATION_SECRETS = {"reader": "12345678", "management": "87654321"}
_MANAGEMENT_DEVICE = 1  # wPort of the management logical device
_RESERVED = range(0x02, 0x10)  # server wPorts that the standard keeps for itself (REQUIREMENTS A-14)
_SERVER_WPORTS = ("device2", "broadcast", "event_source")

# key -> (default, lowest, highest) for numbers, (default, words allowed or
# None) for text, (default,) for on/off
_KEYS = {
    "port": (4059, 0, 65535),  # 0: one number that is free on TCP and UDP
    "bind": ("", None),  # numeric addresses, comma between; empty: the board's default
    "start": ("", None),  # simulated time at start, 2026-01-31T12:00:00, UTC; empty: the clock of the machine
    "seed": (1, 0, 0x3FFFFFFF),  # of the simulated household
    "rate": (1, 0, 3600),  # simulated seconds a second
    "backfill_days": (31, 0, 400),  # days of profile captured before READY
    "serial": ("00000001", None),  # eight digits; names, titles and the MAC address are made from it
    "depth": (0, 0, 100000),  # rows of the load profile; 0: the board's limit
    "tariff1_from": (6, 0, 23),  # hour of local time from which tariff 1 counts …
    "tariff1_to": (22, 1, 24),  # … and from which tariff 2 does again; not later than tariff1_from: over midnight
    "device2": (17, 2, 65535),  # wPort of the second logical device
    "broadcast": (127, 0, 65535),  # the All-station wPort; 0: none
    "preestablished": (0, 0, 127),  # client wPort that has pre-established AAs, without any authentication; 0: none
    "multicast": ("", None),  # groups joined from the start: numeric addresses, comma between
    "source": ("simulation", ("simulation", "pulse")),  # of the energy: a simulated household, or the board's S0 input
    "pulses_per_kwh": (1000, 1, 100000),  # of the meter at the S0 input
    "pulse_debounce": (10, 0, 1000),  # milliseconds
    "inactivity": (180, 0, 65535),  # seconds until an idle TCP connection is closed, 0 never
    "udp_inactivity": (180, 1, 65535),  # seconds until an idle AA over UDP ends
    "frame_timeout": (10, 1, 3600),  # seconds between two octets of a WPDU
    # HOST:PORT of a client that the meter connects to, and keeps
    # connected to; empty: it only listens
    "dial": ("", None),
    "dial_pause": (5, 1, 300),  # seconds until it calls again when that failed; twice as long each time, up to 300
    # [udp:]HOST:PORT that the Push setup objects begin with; empty: nothing is
    # pushed until a client says where to
    "push": ("", None),
    "push_interval": (900, 0, 86400),  # seconds of local time between two pushes of the first Push setup, 0 none
    "push_retries": (3, 0, 255),  # attempts after the first one; of pushes, and of events outside an association
    # seconds to the second attempt, twice as long each time; and to the confirmation of a push
    "push_delay": (10, 0, 3600),
    # blocks that destinations of pushes take in one stream; 0: a longer
    # push than an APDU is refused
    "push_window": (0, 0, 63),
    "events": ("", None),  # [udp:]HOST:PORT for events outside an association; empty: they go through associations only
    "event_source": (1, 1, 65535),  # wPorts of an EventNotification outside an association: that of the meter …
    "event_client": (1, 1, 65535),  # … and that of the client
    # what goes out there: EventNotification, or InformationReport
    "event_service": ("notification", ("notification", "report")),
    "compact": ("", None),  # client wPorts, comma between, that get profile buffers as compact-array …
    "null_data": ("", None),  # … or with null-data for what follows from the row before
    # textbook: what the books say and clients of the field need; ctt: the strict readings
    "errors": ("textbook", ("textbook", "ctt")),
    "ntp": ("pool.ntp.org", None),  # server that a board asks for the time; empty: none
    "offline_reset": (30, 0, 7000),  # minutes without a Wi-Fi network until a board resets itself, 0 never
    "watchdog": (True,),  # off: a board that hangs stays so
    "gc": (True,),  # off: no garbage collection after READY, so that heap use can be measured
    "log": ("INFO", log.levels()),  # DEBUG (why a request was dropped, too), INFO, WARN, ERROR or NONE
    "trace": (False,),  # print every request and answer in hexadecimal
    "secrets": ("", None),  # file with the secrets of the clients; empty: the demonstration values
    # where the meter keeps its state: a file on a computer, `flash` on a board; empty: nowhere
    "state": ("", None),
    # when what a file keeps is on the disk for certain: at each checkpoint, or with each record
    "sync": ("checkpoint", ("checkpoint", "always")),
    "checkpoint": (900, 1, 86400),  # seconds between two checkpoints of what changes all the time, as energies do
}


class ConfigError(ValueError):
    """One line that says what is wrong."""


class Config:
    """Every key as an attribute. `parse` leaves the secrets themselves in `secrets`, a list in
    `bind`, a text or None in `start`; and in `reserved` what is to be warned of.
    """

    def __init__(self):
        for key in _KEYS:
            setattr(self, key, _KEYS[key][0])
        self.given = set()  # keys that a file or a word gave
        self.published = []  # names of the clients whose secrets are the published ones
        self.reserved = []  # `key=wPort` of what is to be warned of

    def put(self, key, value):
        """Set one key to a value of its type."""
        if key not in _KEYS:
            raise ConfigError("unknown key %r; known: %s" % (key, " ".join(sorted(_KEYS))))
        rule = _KEYS[key]
        if isinstance(rule[0], bool):
            good = isinstance(value, bool)
            wanted = "on or off"
        elif isinstance(rule[0], int):
            good = isinstance(value, int) and not isinstance(value, bool) and rule[1] <= value <= rule[2]
            wanted = "a number %d to %d" % rule[1:]
        else:
            good = isinstance(value, str) and (rule[1] is None or value in rule[1])
            wanted = "text" if rule[1] is None else " or ".join(rule[1])
        if not good:
            raise ConfigError("%s must be %s, not %r" % (key, wanted, value))
        setattr(self, key, value)
        self.given.add(key)

    def word(self, word):
        """Take one `key=value` of the command line."""
        key, equals, value = word.partition("=")
        if not equals:
            raise ConfigError("%r is not key=value" % word)
        if key in _KEYS and not isinstance(_KEYS[key][0], str):
            if isinstance(_KEYS[key][0], bool):
                value = {"on": True, "true": True, "off": False, "false": False}.get(value, value)
            else:
                try:
                    value = int(value)
                except ValueError:
                    pass  # `put` says what it must be
        self.put(key, value)

    def file(self, path):
        """Take the keys of a JSON file."""
        content = read(path)
        for key in content:
            self.put(key, content[key])

    def load_secrets(self):
        """Replace the name of the secrets file by the secrets: association name -> octets.

        The file names all of them: one left out would be the published one, and nobody would know.
        `published`: names of those that are.
        """
        secrets = _DEMONSTRATION_SECRETS
        names = sorted(secrets)
        if self.secrets:
            secrets = read(self.secrets)
            for name in secrets:
                if name not in names or not isinstance(secrets[name], str) or not secrets[name]:
                    raise ConfigError(
                        "%s: secrets are %s, each a text that is not empty" % (self.secrets, " and ".join(names))
                    )
            missing = [name for name in names if name not in secrets]
            if missing:
                raise ConfigError(
                    "%s: no secret for %s; secrets are %s" % (self.secrets, " and ".join(missing), " and ".join(names))
                )
        self.published = [name for name in names if secrets[name] in _DEMONSTRATION_SECRETS.values()]
        self.secrets = {name: secrets[name].encode() for name in names}


def read(path):
    """The JSON object in a file."""
    try:
        with open(path) as f:
            content = json.load(f)
    except OSError:
        raise ConfigError("cannot read %s" % path)
    except ValueError:
        raise ConfigError("%s is not JSON" % path)
    if not isinstance(content, dict):
        raise ConfigError("%s must hold a JSON object" % path)
    return content


def wports(key, text):
    """The numbers of a text such as "16,48"."""
    try:
        return [int(word) for word in text.split(",") if word.strip()]
    except ValueError:
        raise ConfigError("%s must be client wPorts with commas between, not %r" % (key, text))


def parse(words, bind, backfill=None, state=""):
    """The configuration of a command line: `[--config FILE] [--trace] [key=value …]`.

    bind: the board's default addresses. backfill, state: its defaults of
    `backfill_days` and `state`.
    """
    config = Config()
    config.state = state
    if backfill is not None:
        config.backfill_days = backfill
    overrides = []
    words = list(words)
    while words:
        word = words.pop(0)
        if word == "--trace":
            overrides.append("trace=on")
        elif word == "--config":
            if not words:
                raise ConfigError("--config needs a file")
            config.file(words.pop(0))
        else:
            overrides.append(word)
    for word in overrides:
        config.word(word)
    config.load_secrets()
    if len(config.serial) != 8 or not config.serial.isdigit():
        raise ConfigError("serial must be eight digits, not %r" % config.serial)
    if config.broadcast in (_MANAGEMENT_DEVICE, config.device2):
        raise ConfigError("broadcast: wPort %d is a logical device" % config.broadcast)
    config.compact = wports("compact", config.compact)
    config.null_data = wports("null_data", config.null_data)
    config.start = config.start or None
    config.multicast = [group.strip() for group in config.multicast.split(",") if group.strip()]
    config.bind = [host.strip() for host in (config.bind or bind).split(",")]
    for host in config.bind:
        if config.bind.count(host) > 1:
            raise ConfigError("bind: %s stands there twice" % host)
    config.reserved = reserved(config)
    return config


def reserved(config):
    """`key=wPort` of every key that names a server wPort which is reserved;
    it is taken all the same (A-17).
    """
    return ["%s=%d" % (key, getattr(config, key)) for key in _SERVER_WPORTS if getattr(config, key) in _RESERVED]
