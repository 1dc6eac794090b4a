"""What the status codes of a Wi-Fi station mean, by driver: `network.WLAN.status()`.

A code is on the way, up, or a failure; an unknown one counts as a failure. `loopback`: whether a
socket can reach the station's own address, so that the listener can be tried.
"""

UP = 1
PENDING = 0
FAILED = -1

# driver -> (codes, loopback); codes: code -> (meaning, word for the log)
PORTS = {
    "cyw43": (
        {
            0: (PENDING, "down"),
            1: (PENDING, "joining"),
            2: (PENDING, "no-address"),
            3: (UP, "up"),
            -1: (FAILED, "failed"),
            -2: (FAILED, "no-network"),
            -3: (FAILED, "wrong-key"),
        },
        False,
    ),
    "esp32": (
        {
            1000: (PENDING, "idle"),
            1001: (PENDING, "joining"),
            1010: (UP, "up"),
            15: (FAILED, "wrong-key"),  # the four-way handshake ran out of time
            200: (FAILED, "no-beacon"),
            201: (FAILED, "no-network"),
            202: (FAILED, "wrong-key"),
            203: (FAILED, "refused"),
            204: (FAILED, "wrong-key"),
            205: (FAILED, "failed"),
            210: (FAILED, "no-network-of-this-security"),
            211: (FAILED, "no-network-of-this-security"),
            212: (FAILED, "too-weak"),
        },
        True,
    ),
}


def meaning(codes, code):
    """(UP, PENDING or FAILED; word) of a status code. Allocates nothing for codes of the table."""
    if code in codes:
        return codes[code]
    return FAILED, "status"
