"""Configuration on the file system of a board, put there by `make provision`.

    config.json    keys of the configuration
    secrets.json   {"reader": "…", "management": "…"}, the secrets of the clients, all of them
    wifi.json      {"ssid": "…", "key": "…", "hostname": "…"}; without a key
                   the network is an open one

Each may be missing: the meter then runs with the defaults, with the demonstration
secrets (it says so), without Wi-Fi.
"""

import json
import os

_START_ONLY = True

CONFIG = "config.json"
SECRETS = "secrets.json"
WIFI = "wifi.json"
_WIFI_KEYS = ("ssid", "key", "hostname")


def exists(path):
    try:
        os.stat(path)
        return True
    except OSError:
        return False


def words():
    """The command line of a board: what stands in its files."""
    line = []
    if exists(CONFIG):
        line += ["--config", CONFIG]
    if exists(SECRETS):
        line.append("secrets=" + SECRETS)
    return line


def wifi():
    """The access to the Wi-Fi network: dict with ssid, key and hostname, None when there is
    none. ValueError says what is wrong.
    """
    if not exists(WIFI):
        return None
    try:
        with open(WIFI) as f:
            content = json.load(f)
    except (OSError, ValueError):
        raise ValueError(WIFI + " is not JSON")
    if not isinstance(content, dict) or not content.get("ssid"):
        raise ValueError(WIFI + " must hold an ssid")
    for key in content:
        if key not in _WIFI_KEYS or not isinstance(content[key], str):
            raise ValueError("%s: keys are %s, each a text" % (WIFI, ", ".join(_WIFI_KEYS)))
    return {key: content.get(key, "") for key in _WIFI_KEYS}
