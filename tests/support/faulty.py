"""A proxy in front of a real node that fails as networks do: late, cut off, too much, mixed up, or not at all."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Event, Thread
from typing import Any

import urllib3


class Exchange:
    """One request that arrived, and the means to answer it."""

    def __init__(self, handler: BaseHTTPRequestHandler, request: Any, proxy: Faulty) -> None:
        self._handler = handler
        self._proxy = proxy
        self.request = request
        self.path = handler.path
        self.headers = handler.headers

    @property
    def methods(self) -> list[str]:
        """The methods that are asked for."""
        entries = self.request if isinstance(self.request, list) else [self.request]
        return [entry["method"] for entry in entries]

    def real(self) -> Any:
        """What the real node answers."""
        return urllib3.request("POST", self._proxy.upstream, json=self.request, timeout=30).json()

    def send(self, body: bytes | Any, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        """Answers with `body`, which is made JSON where it is no bytes."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.head(status, {"Content-Length": str(len(data)), **(headers or {})})
        self.write(data)

    def head(self, status: int, headers: dict[str, str]) -> None:
        """Sends the status and the headers alone."""
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def write(self, data: bytes) -> None:
        """Sends a part of the body."""
        self._handler.wfile.write(data)
        self._handler.wfile.flush()

    def drop(self) -> None:
        """Resets the connection."""
        self._handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._handler.connection.close()
        self._handler.close_connection = True


Fault = Callable[[Exchange], None]


def fine(exchange: Exchange) -> None:
    """No fault."""
    exchange.send(exchange.real())


@dataclass
class Faulty:
    """The proxy's address, and what it does.

    Args:
        upstream: The real node.
        url: Where the proxy answers.
        plan: The faults of the next requests, in order; afterwards, and in `others`, there is none.
        only: Where given, only requests for these methods meet the plan.
        seen: Every method that was asked for.
        reached: Set when a fault was met.
    """

    upstream: str
    url: str = ""
    plan: list[Fault] = field(default_factory=list)
    always: Fault | None = None
    only: tuple[str, ...] = ()
    seen: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    reached: Event = field(default_factory=Event)

    def fault(self, exchange: Exchange) -> Fault:
        """What happens to this request."""
        self.seen += exchange.methods
        self.times.append(time.monotonic())
        if self.only and not set(self.only) & set(exchange.methods):
            return fine
        if self.plan:
            self.reached.set()
            return self.plan.pop(0)
        return self.always or fine


def late(seconds: float) -> Fault:
    """Nothing for a while."""

    def fault(exchange: Exchange) -> None:
        time.sleep(seconds)
        exchange.drop()

    return fault


def dribbling(exchange: Exchange) -> None:
    """A byte now and then, so that no single read takes long."""
    exchange.head(200, {"Content-Length": "1000"})
    for _ in range(200):
        exchange.write(b" ")
        time.sleep(0.05)


def status(code: int, **headers: str) -> Fault:
    """An HTTP status with a page for people."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda exchange: exchange.send(b"<html>busy</html>", status=code, headers=named)


def dropped(exchange: Exchange) -> None:
    """The connection is reset before the answer."""
    exchange.drop()


def cut_off(exchange: Exchange) -> None:
    """The answer ends in its middle."""
    data = json.dumps(exchange.real()).encode()
    exchange.head(200, {"Content-Length": str(len(data)), "Connection": "close"})
    exchange.write(data[: len(data) // 2])
    exchange.drop()


def forwarded_then(fault: Fault) -> Fault:
    """The real node gets the request; its answer is lost."""

    def after(exchange: Exchange) -> None:
        exchange.real()
        fault(exchange)

    return after


@contextmanager
def faulty(upstream: str) -> Iterator[Faulty]:
    """Such a proxy on a free port of 127.0.0.1; it ends with the block."""
    proxy = Faulty(upstream=upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body leave separately; without this, the second waits for the first to be acknowledged.
        disable_nagle_algorithm = True

        def do_POST(self) -> None:  # the name that http.server calls
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            exchange = Exchange(self, request, proxy)
            try:
                proxy.fault(exchange)(exchange)
            except OSError:
                # Whoever asked is gone.
                self.close_connection = True

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            """Says nothing."""

    class Server(ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A connection that was reset on purpose is no error."""

        def shutdown_request(self, request: Any) -> None:
            """As the library has it, also for a socket that is closed already."""
            try:
                super().shutdown_request(request)
            except OSError:
                request.close()

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
