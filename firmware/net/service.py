"""The DLMS/COSEM service on the network: sockets on one port number, TCP and UDP, for every
address (REQUIREMENTS A-10, A-11, B-21).
"""

import os
import socket

from dlms.codec.wrapper import HEADER
from dlms.aa.association import associations
from net import address, local
from net.tcp import Connection, Listener, place
from net.udp import UdpLink, UdpPort, watch

_TRIES = 200  # numbers tried for port 0
_UNICAST = 64  # addresses that get a socket of their own, at the most
_PAUSE = 1000  # milliseconds from one look for new addresses to the next


class BindError(Exception):
    """One line that says which address or port cannot be had."""


class Service:
    """All sockets of the meter. `most` returns nb_of_sim_conn, read at every accept."""

    def __init__(self, server, limits, queue, log, most):
        self.server = server
        self.queue = queue
        self.log = log
        self.most = most
        self.datagram = limits.DATAGRAM
        tcp = server.carrier(associations(limits.ALL_ASSOCIATIONS, limits.CONNECTIONS), limits.ASSOCIATIONS, True)
        tcp.server, tcp.queue, tcp.tx = server, queue, server.buffer(limits.DATAGRAM)
        self.connections = tcp.links = [Connection(tcp) for _ in range(limits.CONNECTIONS)]
        pool = associations(limits.ALL_UDP_ASSOCIATIONS, 0)
        room = limits.DATAGRAM - HEADER
        udp = server.carrier(pool, limits.UDP_ASSOCIATIONS, False, room)
        none = server.carrier(pool, 0, False, room)
        self.links = udp.links = none.links = [UdpLink(udp) for _ in range(limits.UDP_LINKS)]
        self.overflow = UdpLink(none)
        self.sockets = []  # (handler, whether TCP, host)
        self.unicast = {}  # address -> UdpPort, of addresses that a wildcard address stands for
        self.looked = 0  # milliseconds since these were looked for
        self.level = "INFO"  # of the line about requests that are left without an answer
        self.own = None  # function: the IPv4 address of a board
        self.addresses = []
        self.port = 0
        self.outgoing = None  # what sends pushes and events; it hears when the network is gone
        self.multicast = None
        if limits.GROUPS:
            from net.multicast import Multicast

            self.multicast = Multicast(self)

    def start(self, hosts, port):
        """Listen on every host that this machine has; returns the port number. Raises BindError
        when none or a taken port is among them.
        """
        if port:
            self.bind(hosts, port)
        else:
            port = self.any_port(hosts)
        self.spread()
        if self.multicast is not None:
            self.multicast.open()
        return port

    def any_port(self, hosts):
        """Find one number that is free on TCP and UDP for every host."""
        for _ in range(_TRIES):
            octets = os.urandom(2)
            port = 20000 + (octets[0] << 8 | octets[1]) % 40000
            try:
                self.bind(hosts, port)
                return port
            except BindError as e:
                last = e
        raise last

    def bind(self, hosts, port):
        """Open all sockets, or none."""
        opened = []
        try:
            self.open(hosts, port, opened)
        except Exception:
            self.sockets = []
            for sock, _, _ in opened:
                self.queue.discard(sock)
                sock.close()
            raise

    def open(self, hosts, port, opened):
        """`bind`, with a list of (socket, whether TCP, host) that is
        filled with those which are open.
        """
        addresses = []
        for host in hosts:
            if address.covered(host, hosts):
                addresses.append(host)  # over TCP by the wildcard address, over UDP with a socket of its own
                continue
            try:
                opened.append((address.bound(socket.SOCK_STREAM, host, port), True, host))
                opened.append((address.bound(socket.SOCK_DGRAM, host, port), False, host))
                addresses.append(host)
            except OSError as e:
                if address.is_v6(host) and len(hosts) > 1 and not address.has_v6():
                    self.log("WARN", "net", "no-ipv6", "host=%s" % host)
                    continue
                raise BindError("cannot listen on %s: %s" % (address.join(host, port), address.reason(e)))
        if not opened:
            raise BindError("cannot listen on %s: there is no IPv6 here" % address.join(hosts[0], port))
        self.addresses = addresses
        self.port = port
        for sock, stream, host in opened:
            name = self.named(host)
            if stream:
                handler = Listener(sock, name, self.connections, self.queue, self.log, self.most)
                handler.locate = self.located if address.wildcard(host) else None
            else:
                handler = self.udp_port(sock, name)
            self.sockets.append((handler, stream, host))

    def udp_port(self, sock, name):
        """What serves a bound UDP socket; datagrams take turns with the TCP connections in one
        transmit buffer.
        """
        tx = self.connections[0].carrier.tx
        return UdpPort(sock, name, self.server, self.links, self.overflow, self.datagram, self.queue, tx)

    # -- local addresses ---------------------------------------------------------------------------

    def named(self, host, port=0):
        """`address:port` of this end for the log: of a wildcard address the one that a board has."""
        own = self.own() if self.own is not None and host == "0.0.0.0" else None
        return address.join(own or host, port or self.port)

    def located(self, peer, remote, port=0):
        """`address:port` of this end of a TCP connection with the socket address `peer`, `remote`
        as text; port: another than the meter's.

        Where the platform does not report the address it is the wildcard address of the family.
        """
        port = port or self.port
        found = local.of_connection(port, peer)
        return address.join(found, port) if found else self.named("::" if remote.startswith("[") else "0.0.0.0", port)

    def spread(self):
        """Give a UDP socket of its own to every local address that a wildcard address stands
        for, as far as they are known (A-65).

        What is left to the socket of the wildcard address is sent to groups, or to
        addresses that it does not know.
        """
        self.looked = 0
        for handler, stream, host in self.sockets:
            if stream or not address.wildcard(host) or handler.sock is None:
                continue
            v6 = address.is_v6(host)
            wanted = [text for text in self.addresses if address.is_v6(text) == v6 and not address.wildcard(text)]
            found = local.addresses(v6)
            if found is not None:
                wanted += found
                handler.group = True
            elif self.named(host) == address.join(host, self.port):
                self.log(
                    "WARN",
                    "net",
                    "one-udp-socket",
                    "host=%s answers leave from the address that the network chooses" % host,
                )
            if wanted:
                address.share(handler.sock, True)
                for text in wanted:
                    if text not in self.unicast and len(self.unicast) < _UNICAST:
                        self.open_unicast(text)
                address.share(handler.sock, False)  # whoever else asks for the port shall not get it

    def open_unicast(self, host):
        """Open the UDP socket of one local address beside that of the wildcard address."""
        try:
            sock = address.bound(socket.SOCK_DGRAM, host, self.port, True)
        except OSError as e:
            self.log("WARN", "net", "no-udp-socket", "host=%s error=%d" % (host, e.errno))
            return
        try:
            address.share(sock, False)
            name = address.join(host, self.port)
            self.unicast[host] = self.udp_port(sock, name)
        except Exception:
            self.queue.discard(sock)
            sock.close()
            raise

    def look_again(self, ms):
        """Somebody who wants an answer may have sent to an address that is new: look for
        those, once a second at the most.
        """
        self.looked += ms
        if self.looked >= _PAUSE:
            for handler, stream, _ in self.sockets:
                if not stream and handler.unheard:
                    handler.unheard = False
                    n = len(self.unicast)
                    self.spread()
                    if n == len(self.unicast):
                        self.log(
                            self.level,
                            "net",
                            "unanswered",
                            "host=%s to a group, or to an address without a socket" % handler.name,
                        )
                        self.level = "DEBUG"  # said once

    def rebind(self):
        """Open the listening and the UDP sockets anew on the same addresses and
        number; True when all could be.

        For boards whose network went away and came back. Connections go on, AAs too.
        """
        self.close_sockets()
        for handler, stream, host in self.sockets:
            try:
                handler.sock = address.bound(socket.SOCK_STREAM if stream else socket.SOCK_DGRAM, host, self.port)
            except OSError as e:
                self.log("ERROR", "net", "rebind", "host=%s reason=%s" % (host, address.reason(e).replace(" ", "-")))
                self.close_sockets()
                return False
            handler.name = self.named(host)
            self.queue.add(handler.sock, handler)
        self.spread()
        if self.multicast is not None:
            self.multicast.open()
        return True

    def close_sockets(self):
        """Listen no longer."""
        if self.multicast is not None:
            self.multicast.close()
        for handler, _, _ in self.sockets:
            if handler.sock is not None:
                self.queue.discard(handler.sock)
                handler.sock.close()
                handler.sock = None
        for host in self.unicast:
            self.queue.discard(self.unicast[host].sock)
            self.unicast[host].sock.close()
        self.unicast.clear()

    def drop(self, reason):
        """End every connection and every AA over UDP: the network that carried them is gone."""
        for connection in self.connections:
            if connection.sock is not None:
                connection.close(reason)
        for link in self.links:
            if link.n:
                self.server.abort(link)
        if self.outgoing is not None:
            self.outgoing.drop()

    @property
    def accepts(self):
        """Connections that clients have opened since the start, modulo 2**29."""
        n = 0
        for handler, stream, _ in self.sockets:
            if stream:
                n += handler.accepts
        return n & 0x1FFFFFFF

    @property
    def refused(self):
        """Clients refused since the start because all places were taken, modulo 2**29."""
        n = 0
        for handler, stream, _ in self.sockets:
            if stream:
                n += handler.refused
        return n & 0x1FFFFFFF

    def used(self):
        """Connections in use."""
        n = 0
        for connection in self.connections:
            if connection.sock is not None:
                n += 1
        return n

    def place(self):
        """A connection for what the meter dials, None when there is none (A-32)."""
        return place(self.connections, self.most())

    def quiet(self):
        """Whether nobody was being answered since `watch` was called last. Allocates nothing."""
        for connection in self.connections:
            if connection.sock is not None and (connection.active or connection.out != connection.out_end):
                return False
        for link in self.links:
            if link.served or link.streaming is not None:
                return False
        return True

    def watch(self, ms, idle, frame, udp_idle):
        """Close what has been quiet too long; all in milliseconds, called every ms."""
        for connection in self.connections:
            if connection.sock is not None:
                connection.watch(ms, idle, frame)
        watch(self.server, self.links, ms, udp_idle)
        if self.unicast:
            self.look_again(ms)
