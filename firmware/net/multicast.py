"""IP multicast: the groups that the IPv4 and IPv6 setup objects name, received over UDP
only (REQUIREMENTS A-63, F-19, F-20).

A socket that is bound to every address (0.0.0.0, ::) receives what is sent to a group once the
group is joined on it. One that is bound to a single address never does; there each group has a
socket of its own, bound to the address of the group. Where the socket receives nothing else than
groups, what comes is never answered (`UdpPort.to_group`).

    socket option, level IPPROTO_IP      IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP     group(4) interface's address(4)
    level IPPROTO_IPV6                   IPV6_JOIN_GROUP, IPV6_LEAVE_GROUP         group(16) interface's index(4),
                                                                  (0: the system chooses)

A port of MicroPython that has not the option, or a network that does not take it, is reported in
the log; the address stays in the object.
"""

import socket
import sys

from net import address
from net.udp import UdpPort

_HAS_V6 = sys.platform in ("linux", "darwin")  # lwIP ports take the option of IPv6 for done, and do nothing
_IPPROTO_IP = 0
_IPPROTO_IPV6 = 41


class Multicast:
    """The groups of a `net.service.Service`, joined on all its UDP sockets of the
    family. Joining and leaving take heap.
    """

    def __init__(self, service):
        self.service = service
        self.groups = []  # addresses, 4 or 16 octets
        self.own = []  # (group, UdpPort) of groups with a socket of their own

    def join(self, group):
        """Receive what is sent to a group from now on, or from when there are sockets on."""
        self.groups.append(group)
        self.enter(group)

    def leave(self, group):
        """Receive it no longer."""
        self.groups.remove(group)
        for port, host in self.ports(group):
            if address.wildcard(host):
                member(port.sock, False, group, host)
        for entry in [entry for entry in self.own if entry[0] == group]:
            self.end(entry)
        self.tell("INFO", "leave", group, "")

    def open(self):
        """The sockets are open: join every group."""
        for group in self.groups:
            self.enter(group)

    def close(self):
        """The sockets are about to be closed; what was joined on them is left with them."""
        for group in self.groups:
            for port, host in self.ports(group):
                if address.wildcard(host) and port.sock is not None:
                    member(port.sock, False, group, host)
        for entry in self.own[:]:
            self.end(entry)

    def ports(self, group):
        """(UdpPort, host) of the group's family."""
        v6 = len(group) == 16
        return [
            (handler, host)
            for handler, stream, host in self.service.sockets
            if not stream and address.is_v6(host) == v6
        ]

    def enter(self, group):
        """Join a group on every socket of its family that there is."""
        for port, host in self.ports(group):
            if port.sock is None:
                continue
            failure = (
                member(port.sock, True, group, host) if address.wildcard(host) else self.open_group(group, port, host)
            )
            self.tell(
                "WARN" if failure else "INFO",
                "not-joined" if failure else "join",
                group,
                " host=%s%s" % (host, failure),
            )

    def open_group(self, group, home, host):
        """Open a socket for the group; returns why not, as `member`."""
        if host == "::1":
            # an index of the loopback interface is not to be had here, and the system
            # would choose another interface
            return " reason=loopback"
        try:
            sock = address.bound(socket.SOCK_DGRAM, text(group), self.service.port)
        except OSError as e:
            return " reason=%d" % e.errno
        service = self.service
        try:
            failure = member(sock, True, group, host)
            if not failure:
                port = UdpPort(
                    sock,
                    home.name,
                    home.server,
                    home.links,
                    home.overflow,
                    service.datagram,
                    service.queue,
                    home.tx,
                    home,
                )
                port.group = True
                self.own.append((group, port))
        except Exception:
            service.queue.discard(sock)
            sock.close()
            raise
        if failure:
            sock.close()
        return failure

    def end(self, entry):
        """Close the socket of a group."""
        self.own.remove(entry)
        sock = entry[1].sock
        self.service.queue.discard(sock)
        sock.close()

    def tell(self, level, event, group, more):
        self.service.log(level, "net", "multicast-" + event, "group=%s%s" % (text(group), more))


def text(group):
    """A group address as text: 239.0.0.1, ff15:0:0:0:0:0:0:1."""
    if len(group) == 4:
        return ".".join([str(octet) for octet in group])
    return ":".join(["%x" % (group[i] << 8 | group[i + 1]) for i in range(0, 16, 2)])


def option(joins, v6):
    """Number of the socket option that joins or leaves a group."""
    if sys.platform == "darwin":
        number = 12
    else:
        number = 20 if v6 else 35
    if not joins:
        number += 1
    if v6:
        return number
    # lwIP has numbers of its own, and says which
    return getattr(socket, "IP_ADD_MEMBERSHIP" if joins else "IP_DROP_MEMBERSHIP", number)


def member(sock, joins, group, host):
    """Make a socket, bound to `host`, a member of a group, or no longer; returns "", or
    ` reason=…` for the log when that cannot be done.
    """
    try:
        if len(group) == 4:
            sock.setsockopt(_IPPROTO_IP, option(joins, False), group + address.ipv4(host))
        elif not _HAS_V6:
            return " reason=not-in-this-port"
        else:
            sock.setsockopt(_IPPROTO_IPV6, option(joins, True), group + bytes(4))
    except OSError as e:
        return " reason=%d" % e.errno
    except (AttributeError, ValueError, TypeError, NotImplementedError):
        return " reason=not-in-this-port"
    return ""
