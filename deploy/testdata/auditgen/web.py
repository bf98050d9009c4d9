"""A small web application with a connection pool, and the people who visit it.

One page of each application builds its SQL by pasting the request's parameter into it. That is the hole sqlmap finds.
"""

import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Pool:
    """A few long-lived connections from one or two application servers, renewed every few hours."""

    LIFETIME = 4 * 3600

    def __init__(self, sim, connect, addresses, size):
        self._sim, self._connect = sim, connect
        self._slots = [_Slot(a) for a in addresses for _ in range(size)]
        self._next = 0
        self._lock = threading.Lock()

    def slot(self):
        """A connection, locked by the caller's with statement."""
        with self._lock:
            slot = self._slots[self._next % len(self._slots)]
            self._next += 1
        return slot.opened(self._sim, self._connect, self.LIFETIME)


class _Slot:
    def __init__(self, address):
        self.address, self.connection, self.until = address, None, 0.0
        self.lock = threading.Lock()

    def opened(self, sim, connect, lifetime):
        with self.lock:
            if self.connection is not None and (sim.now() > self.until or getattr(self.connection, "broken", False)):
                self.connection.close()
                self.connection = None
            if self.connection is None:
                self.connection = connect(self.address)
                self.until = sim.now() + lifetime * sim.random.uniform(0.7, 1.3)
        return self

    def __enter__(self):
        self.lock.acquire()
        return self.connection

    def __exit__(self, *_):
        self.lock.release()


class App:
    """Serves pages: functions of (connection, parameters) that return text. A database error shows as page 500."""

    def __init__(self, pool, pages, database_error):
        app = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                params = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
                status, text = app._page(url.path, params)
                body = f"<html><body>{text}</body></html>".encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._pool, self._pages, self._database_error = pool, pages, database_error
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _page(self, path, params):
        page = self._pages.get(path)
        if page is None:
            return 404, "no such page"
        with self._pool.slot() as connection:
            try:
                return 200, page(connection, params)
            except self._database_error as e:
                return 500, f"ERROR:  {e}"

    def get(self, path, **params):
        """What a visitor's browser does."""
        url = self.url + path + ("?" + urllib.parse.urlencode(params) if params else "")
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as e:
            if e.code != 500:
                raise
            return ""


def visits(sim, times, session):
    """One actor for all visitors: session() is a generator that yields pauses between its pages, in seconds."""
    for t in times:
        yield t
        sim.add_at(t, _visit(sim, session()))


def _visit(sim, session):
    t = sim.now()
    for pause in session:
        t = max(t, sim.now()) + pause
        yield t
