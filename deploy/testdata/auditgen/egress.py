"""Gives clients addresses of their own: connections leave from a chosen address of 127.0.0.0/8.

Database clients cannot choose where they connect from, so each simulated host has a small TCP forwarder: clients connect
to it, and it connects to the server from the host's address. That is the client address in the logs.
"""

import contextlib
import socket
import threading
import time


class Egress:
    def __init__(self, address, server_port):
        self.address = address
        self._server = ("127.0.0.1", server_port)
        self._pairs = set()
        self._listener = socket.create_server((address, 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            client, _ = self._listener.accept()
            try:
                server = socket.create_connection(self._server, source_address=(self.address, 0))
            except OSError:
                client.close()
                continue
            pair = _Pair(client, server, self._pairs.discard)
            self._pairs.add(pair)
            pair.start()

    def settle(self):
        """Waits until the server has ended every session that its client has left, and so has logged its end."""
        for pair in list(self._pairs):
            pair.settle()


class _Pair:
    def __init__(self, client, server, forget):
        self._client, self._server, self._forget = client, server, forget
        self._ended = threading.Event()
        for s in (client, server):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start(self):
        threading.Thread(target=self._up, daemon=True).start()
        threading.Thread(target=self._down, daemon=True).start()

    def _up(self):
        _pump(self._client, self._server)

    def _down(self):
        _pump(self._server, self._client)
        self._ended.set()
        self._forget(self)

    def settle(self):
        deadline = time.monotonic() + 30
        while (what := self._waiting()) is not None:
            if what == b"":
                self._ended.wait(30)
                return
            if time.monotonic() > deadline:  # what the client sent last is still on its way: mostly its good-bye
                return
            time.sleep(0.0005)

    def _waiting(self):
        """What the client sent and is not forwarded yet: b"" if it has left, None if there is nothing."""
        try:
            return self._client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except OSError:
            return b""


def _pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
