"""The DLMS/COSEM service on the network: sockets on one port number, TCP and UDP, for every address (REQUIREMENTS A-10, A-11, B-21)."""

import os
import socket

from dlms.association import associations
from dlms.wrapper import HEADER
from net import address
from net.tcp import Connection, Listener
from net.udp import UdpLink, UdpPort, watch

_TRIES = 200  # numbers tried for port 0


class BindError(Exception):
    """One line that says which address or port cannot be had."""


class Service:
    """All sockets of the meter. `most` tells nb_of_sim_conn, read at every accept."""

    def __init__(self, server, limits, queue, log, most):
        self.server = server
        self.queue = queue
        self.log = log
        self.most = most
        self.datagram = limits.DATAGRAM
        self.tx = server.buffer()
        tcp = server.carrier(associations(limits.ALL_ASSOCIATIONS, limits.CONNECTIONS), limits.ASSOCIATIONS, True)
        self.connections = tcp.links = [Connection(tcp, queue, self.tx) for _ in range(limits.CONNECTIONS)]
        pool = associations(limits.ALL_UDP_ASSOCIATIONS, 0)
        room = limits.DATAGRAM - HEADER
        udp = server.carrier(pool, limits.UDP_ASSOCIATIONS, False, room)
        none = server.carrier(pool, 0, False, room)
        self.links = udp.links = none.links = [UdpLink(udp) for _ in range(limits.UDP_LINKS)]
        self.overflow = UdpLink(none)
        self.sockets = []  # (handler, whether TCP, host)
        self.addresses = []
        self.port = 0
        self.outgoing = None  # what goes out unasked, told when the network is gone
        self.multicast = None
        if limits.GROUPS:
            from net.multicast import Multicast

            self.multicast = Multicast(self)

    def start(self, hosts, port):
        """Listen on every host that this machine has; returns the port number. Raises BindError when none or a taken port is among them."""
        if port:
            self.bind(hosts, port)
        else:
            port = self.any_port(hosts)
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
        """`bind`, with a list of (socket, whether TCP, host) that is filled with those which are open."""
        addresses = []
        for host in hosts:
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
        for sock, stream, host in opened:
            name = address.join(host, port)
            if stream:
                handler = Listener(sock, name, self.connections, self.queue, self.log, self.most)
            else:
                handler = UdpPort(sock, name, self.server, self.links, self.overflow, self.datagram, self.queue, self.tx)
            self.sockets.append((handler, stream, host))
        self.addresses = addresses
        self.port = port

    def rebind(self):
        """Open the listening and the UDP sockets anew on the same addresses and number; True when all could be.

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
            self.queue.add(handler.sock, handler)
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

    def used(self):
        """Connections in use."""
        n = 0
        for connection in self.connections:
            if connection.sock is not None:
                n += 1
        return n

    def free(self):
        """A connection that is not in use, None when there are as many as there may be (A-32)."""
        free = None
        for connection in self.connections:
            if connection.sock is None:
                free = connection
        return free if self.used() < self.most() else None

    def watch(self, ms, idle, frame, udp_idle):
        """Close what has been quiet too long; all in milliseconds, called every ms."""
        for connection in self.connections:
            if connection.sock is not None:
                connection.watch(ms, idle, frame)
        watch(self.server, self.links, ms, udp_idle)
