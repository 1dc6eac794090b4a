"""The addresses of this machine, where its platform reports them: Linux does in /proc.
MicroPython's sockets have no getsockname.

    /proc/net/fib_trie   "  |-- 192.0.2.2", and in the next line "/32 host LOCAL"
                         of an address of our own
    /proc/net/if_inet6   address(32 digits) index prefix scope flags interface
    /proc/net/tcp, tcp6  number: local:port remote:port …; an address as words of the
                         machine's byte order, in hexadecimal
"""

import binascii
import socket
import sys

_LINK_LOCAL = 0x20  # scope of an IPv6 address
_UNUSABLE = 0x48  # flags: tentative, found to be somebody else's
_PIECE = 4096  # octets of a list of connections that are read at once
_PIECES = 64  # … and how often: some 1,700 connections
_LINE = 128  # octets, more than the addresses of a connection take in it


def addresses(v6):
    """The unicast addresses of a family as texts, a link-local one with its interface; None
    where the platform does not report them.
    """
    if sys.platform != "linux":
        return None
    try:
        with open("/proc/net/if_inet6" if v6 else "/proc/net/fib_trie") as lines:
            return _ipv6(lines) if v6 else _ipv4(lines)
    except OSError:
        return None


def _ipv4(lines):
    found = []
    text = ""
    for line in lines:
        words = line.split()
        if words[0] == "|--":
            text = words[1]
        elif words == ["/32", "host", "LOCAL"] and text not in found:
            found.append(text)
    return found


def _ipv6(lines):
    found = []
    for line in lines:
        digits, _, _, scope, flags, interface = line.split()
        if int(flags, 16) & _UNUSABLE == 0:
            text = socket.inet_ntop(socket.AF_INET6, binascii.unhexlify(digits))
            found.append("%s%%%s" % (text, interface) if int(scope, 16) == _LINK_LOCAL else text)
    return found


def of_connection(port, peer):
    """Our address of the TCP connection between our port and a peer's socket address, as text;
    "" where the platform does not report it, or has so many connections that finding it would
    delay other clients.

    The connections that were closed lately are in the list as well. Line by line 7,000 of them
    took 2.5 s at every accept.
    """
    if sys.platform != "linux" or isinstance(peer, tuple):
        return ""
    family, packed, peer_port = socket.sockaddr(peer)[:3]
    sought = ":%04X %s:%04X " % (port, _words(packed), peer_port)
    text = ""
    try:
        with open("/proc/net/tcp6" if family == socket.AF_INET6 else "/proc/net/tcp") as file:
            for _ in range(_PIECES):
                piece = file.read(_PIECE)
                text = text[-_LINE:] + piece
                at = text.find(sought)
                if at >= 0:
                    found = binascii.unhexlify(text[at - 2 * len(packed) : at])
                    return socket.inet_ntop(family, binascii.unhexlify(_words(found)))
                if not piece:
                    break
    except OSError:
        pass
    return ""


def _words(packed):
    """An address as the kernel prints it, or back: each four octets a
    number of the machine's byte order.
    """
    text = ""
    for i in range(0, len(packed), 4):
        word = packed[i : i + 4]
        text += binascii.hexlify(bytes(reversed(word)) if sys.byteorder == "little" else word).decode().upper()
    return text
