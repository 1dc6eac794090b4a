"""Addresses and socket options, where MicroPython's ports differ from each other."""

import errno
import os
import socket
import sys

_BACKLOG = 16  # clients that may wait for accept: a burst is accepted or refused at once, and no SYN has to be repeated
_ROOM = 256  # octets, more than a socket and the watching of it take
# lwIP has numbers of its own, and says which; the unix port knows no names.
_TCP = getattr(socket, "IPPROTO_TCP", 6)
_TCP_NODELAY = getattr(socket, "TCP_NODELAY", 1)
_DYNAMIC = 49152  # the first of the 16,384 port numbers that are nobody's
_TRIES = 20  # numbers tried
_IPPROTO_IPV6 = 41
_IPV6_V6ONLY = {"linux": 26, "darwin": 27}.get(sys.platform)  # boards have no such option, and need none


def is_v6(host):
    return ":" in host


def family(host):
    return socket.AF_INET6 if is_v6(host) else socket.AF_INET


def wildcard(host):
    """True when a socket bound to the host receives whatever the machine does."""
    return host == "0.0.0.0" or host == "::"


def covered(host, hosts):
    """Whether the wildcard address of a host's family, and not the host itself, is among the hosts."""
    return not wildcard(host) and ("::" if is_v6(host) else "0.0.0.0") in hosts


def has_v6():
    """True when this machine has IPv6 at all: its loopback address can be bound."""
    try:
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    except (OSError, AttributeError):
        return False
    try:
        sock.bind(resolve("::1", 0))
        return True
    except OSError:
        return False
    finally:
        sock.close()


def reason(e):
    """Why an address cannot be bound, in words."""
    code = e.errno
    if code == errno.EADDRINUSE:
        return "the port is taken; choose another or stop what uses it"
    if code == errno.EACCES:
        return "not permitted"
    return "no such address here (error %d)" % code


def ipv4(host):
    """Four octets of a numeric IPv4 host."""
    return bytes([int(part) for part in host.split(".")])


def in_progress(e):
    """Whether a non-blocking connect has been begun."""
    return e.errno == errno.EINPROGRESS


def resolve(host, port):
    """The socket address of a numeric host and a port, in the form this port of MicroPython takes."""
    return socket.getaddrinfo(host, port)[0][-1]


def text(peer):
    """`address:port` of a peer, whether the port gives a tuple (boards) or
    the octets of a sockaddr (unix).
    """
    if isinstance(peer, tuple):
        return join(peer[0], peer[1])
    family, packed, port = socket.sockaddr(peer)[:3]
    return join(socket.inet_ntop(family, packed), port)


def join(host, port):
    """`host:port`, an IPv6 host in brackets."""
    return "[%s]:%d" % (host, port) if is_v6(host) else "%s:%d" % (host, port)


def reserve():
    """Raise MemoryError here, when there is no room for a socket, and not in the middle of
    making one. What is taken is found again.

    MicroPython loses a connection that it has accepted when there is no room for the object, and
    its poll is not safe any more when there is none for what it registers.
    """
    bytearray(_ROOM)


def no_delay(sock):
    """Send answers at once. A port without the option does that by itself."""
    try:
        sock.setsockopt(_TCP, _TCP_NODELAY, 1)
    except (OSError, AttributeError, ValueError):
        pass


def connected(host, port):
    """A new non-blocking UDP socket that sends to host and port and receives
    from there only. Raises OSError.
    """
    sock = socket.socket(family(host), socket.SOCK_DGRAM)
    try:
        if is_v6(host):
            sock.bind(resolve("::", 0))  # lwIP connects no socket to IPv6 that is not bound to it
        sock.connect(resolve(host, port))
        sock.setblocking(False)
    except Exception:
        sock.close()
        raise
    return sock


def share(sock, on):
    """Let other sockets that want to share it be bound to the port of a socket, or no longer."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1 if on else 0)


def some_port(sock, v6):
    """Bind a socket that is going to connect to some port of all our addresses; returns the
    number, which no platform would report later.
    """
    host = "::" if v6 else "0.0.0.0"
    tries = _TRIES
    while True:
        octets = os.urandom(2)
        port = _DYNAMIC + (octets[0] << 8 & 0x3F00 | octets[1])
        try:
            sock.bind(resolve(host, port))
            return port
        except OSError as e:
            tries -= 1
            if e.errno != errno.EADDRINUSE or not tries:
                raise


def bound(kind, host, port, shared=False):
    """A new non-blocking socket of `kind` bound to host and port. Raises OSError when the
    number is taken or the family is missing.

    SO_REUSEADDR only for TCP: on UDP it would hide that the port is taken, unless it is to be
    `shared` with one of our own. IPV6_V6ONLY, so that both families can listen.
    """
    sock = socket.socket(family(host), kind)
    try:
        if kind == socket.SOCK_STREAM or shared:
            share(sock, True)
        if is_v6(host) and _IPV6_V6ONLY:
            sock.setsockopt(_IPPROTO_IPV6, _IPV6_V6ONLY, 1)
        sock.bind(resolve(host, port))
        if kind == socket.SOCK_STREAM:
            sock.listen(_BACKLOG)
        sock.setblocking(False)
    except Exception:
        sock.close()
        raise
    return sock
