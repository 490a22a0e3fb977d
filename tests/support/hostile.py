"""A JSON-RPC node that answers whatever a test tells it to, in front of a real one or alone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from threading import Thread
from typing import Any

import urllib3

Answer = Callable[[str, list[Any], Any], Any]
"""From method, parameters and the real node's result (None without one) to the result that is given instead."""


@dataclass
class HostileNode:
    """The server's address, and what it does.

    Args:
        url: Where it answers.
        upstream: The real node, if any.
        result: Makes each result.
        body: Makes the whole HTTP body from the JSON-RPC answer; JSON if None.
        status: The HTTP status.
        methods: Every method that was asked for.
    """

    url: str = ""
    upstream: str | None = None
    result: Answer = lambda method, params, real: real
    body: Callable[[Any], bytes] | None = None
    status: int = 200
    methods: list[str] = field(default_factory=list)

    def answer(self, request: Any) -> Any:
        """The answer to one request or to a batch."""
        if isinstance(request, list):
            return [self.answer(entry) for entry in request]
        self.methods.append(request["method"])
        real: Any = {"jsonrpc": "2.0", "id": request["id"], "result": None}
        if self.upstream is not None:
            real = urllib3.request("POST", self.upstream, json=request, timeout=30).json()
            if "error" in real:
                return real
        changed = self.result(request["method"], request.get("params", []), real["result"])
        return {"jsonrpc": "2.0", "id": request["id"], "result": changed}


@contextmanager
def hostile(upstream: str | None = None) -> Iterator[HostileNode]:
    """Such a node on a free port of 127.0.0.1; it ends with the block."""
    node = HostileNode(upstream=upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body in one packet where they fit, and the next packet at once: nobody waits for an acknowledgement.
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_POST(self) -> None:  # the name that http.server calls
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = node.answer(request)
            body = node.body(answer) if node.body else json.dumps(answer, separators=(",", ":")).encode()
            self.send_response(node.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
            """Says nothing."""

    class Server(ThreadingTCPServer):
        # Not HTTPServer, which looks up its own name.
        daemon_threads = True

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Whoever was killed while it was answered is gone, and that is no error."""
            if not isinstance(sys.exc_info()[1], ConnectionError):
                super().handle_error(request, client_address)

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        node.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield node
        finally:
            server.shutdown()
            thread.join()
