"""One exchange with a node over HTTP: bounded in time and size, its ids checked, repeated where that is harmless."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlsplit

from requests import Response, Session
from requests.exceptions import ConnectionError as Unreachable, RequestException, Timeout
from requests.utils import get_netrc_auth
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, stop_after_delay
from urllib3.exceptions import HTTPError as WireError, NewConnectionError, TimeoutError as WireTimeout
from web3 import HTTPProvider
from web3.types import RPCEndpoint

from dao.errors import ConnectionFailed, NodeTimedOut, OversizedAnswer, RateLimited, RpcError

MAX_ANSWER = 64 * 2**20
"""The longest answer that is read, in bytes after decompression."""

_CHUNK = 64 * 1024
_SHOWN_SEGMENT = 16
"""How long a part of a URL's path may be to be shown: keys of providers are longer."""

_REPEATABLE = frozenset(
    {
        "eth_accounts",
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_estimateGas",
        "eth_feeHistory",
        "eth_getBalance",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getBlockReceipts",
        "eth_getCode",
        "eth_getLogs",
        "eth_getProof",
        "eth_getStorageAt",
        "eth_getTransactionByHash",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
        "eth_maxPriorityFeePerGas",
        # The same signed bytes are one transaction, however often a node gets them.
        "eth_sendRawTransaction",
        "eth_simulateV1",
        "eth_syncing",
    }
)
"""Methods of which a request whose answer was lost may be sent again."""

_BUSY = frozenset({408, 425, 500, 502, 503, 504})
"""HTTP statuses after which the same request may succeed."""

_TOO_MANY = 429

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait for a node, and how often to ask it.

    Args:
        timeout: Seconds for one answer, from its first byte to its last.
        attempts: How often one request is sent at most.
        pause: Seconds before the second attempt; doubled before each further one.
        longest: The longest pause in seconds, whatever the node asks for.
    """

    timeout: float = 30
    attempts: int = 5
    pause: float = 0.25
    longest: float = 8


class Transport(HTTPProvider):
    """web3's HTTP provider with bounds. Every failure is a ChainError."""

    def __init__(self, url: str, patience: Patience) -> None:
        super().__init__(url, exception_retry_configuration=None)
        self.shown = shown_url(url)
        self._url = url
        self._patience = patience

    @cached_property
    def _http(self) -> Session:
        """What requests go through, with what the environment says of proxies, certificates and netrc.

        It is read once for the node's address: requests by itself walks the environment and looks for files before each
        request, which takes longer than a node on this machine takes to answer.
        """
        session = Session()
        settings = session.merge_environment_settings(self._url, {}, None, None, None)
        session.proxies, session.verify, session.cert = settings["proxies"], settings["verify"], settings["cert"]
        session.auth = get_netrc_auth(self._url)
        session.trust_env = False
        return session

    def ask(self, method: str, params: Sequence[Any], *, decode: Callable[[bytes], Any] = json.loads) -> Any:
        """The JSON-RPC answer to one request.

        Args:
            method: What is asked.
            params: Its parameters.
            decode: Makes a mapping with `id`, and `result` or `error`, of a body; ValueError where that is none. For
                answers so large that a general decoder is too slow for them.

        Raises:
            ConnectionFailed: No answer, also after the attempts that are harmless.
            RpcError: No JSON-RPC, or too much of it.
        """
        request = self.encode_rpc_request(RPCEndpoint(method), list(params))
        (wanted,) = _ids(request)

        def once() -> Any:
            answer = self._exchange(request, method, decode)
            if not isinstance(answer, dict) or not answer:
                raise self._no_rpc("another body")
            # A node that could not read the request cannot name it either.
            found = answer.get("id")
            unread = found is None and answer.get("error") is not None
            if not unread and not (_is_id(found) and found == wanted):
                raise _other_ids(method, [wanted], [found])
            _require_rate(answer)
            return answer

        return self._patiently(once, repeatable=method in _REPEATABLE)

    def ask_all(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """The JSON-RPC answers to a batch, in the order of the requests. Raises like `ask`."""
        request = self.encode_batch_rpc_request([(RPCEndpoint(method), list(params)) for method, params in requests])
        wanted = _ids(request)

        def once() -> list[Any]:
            answers = self._exchange(request, requests[0][0], json.loads)
            if isinstance(answers, dict) and answers.get("error") is not None:
                _require_rate(answers)
                return [answers]
            if not isinstance(answers, list) or not all(isinstance(answer, dict) for answer in answers):
                raise self._no_rpc("no list of answers")
            found = [answer.get("id") for answer in answers]
            by_id = {identity: answer for identity, answer in zip(found, answers, strict=True) if _is_id(identity)}
            if len(found) != len(wanted) or set(by_id) != set(wanted):
                raise _other_ids("a batch", wanted, found)
            for answer in answers:
                _require_rate(answer)
            return [by_id[identity] for identity in wanted]

        return self._patiently(once, repeatable=all(method in _REPEATABLE for method, _ in requests))

    def _patiently(self, once: Callable[[], T], *, repeatable: bool) -> T:
        patience = self._patience

        def again(error: BaseException) -> bool:
            # A request that was refused for its rate was not carried out, whatever it asks for.
            return isinstance(error, RateLimited) or (repeatable and isinstance(error, _Passing))

        def pause(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.after if isinstance(error, RateLimited) else 0
            return float(min(max(patience.pause * 2 ** (state.attempt_number - 1), asked), patience.longest))

        attempts = Retrying(
            stop=stop_after_attempt(patience.attempts) | stop_after_delay(2 * patience.timeout),
            wait=pause,
            retry=retry_if_exception(again),
            reraise=True,
        )
        try:
            return attempts(once)
        except _Passing as error:
            raise error.failure from None

    def _exchange(self, request: bytes, method: str, decode: Callable[[bytes], Any]) -> Any:
        """The decoded body of one HTTP exchange."""
        body = self._body(request, method)
        try:
            return decode(body)
        except (ValueError, RecursionError):
            raise self._no_rpc("another body") from None

    def _body(self, request: bytes, method: str) -> bytes:
        timeout = self._patience.timeout
        deadline = time.monotonic() + timeout
        try:
            # No redirect is followed: another address is for whoever configured this one to decide.
            with self._http.post(
                self._url,
                data=request,
                headers=self.get_request_headers(),
                timeout=timeout,
                stream=True,
                allow_redirects=False,
            ) as response:
                self._require_ok(response)
                return self._read(response, deadline, method)
        except Timeout:
            raise _Passing(self._timed_out(method)) from None
        except Unreachable as error:
            if _refused(error):
                # Nobody listens: that does not pass within seconds.
                raise self._no_answer("connection refused, or no such host") from None
            raise _Passing(self._no_answer("the connection was lost")) from None
        except (RequestException, ValueError) as error:
            raise self._no_answer(type(error).__name__) from None

    def _read(self, response: Response, deadline: float, method: str) -> bytes:
        body = bytearray()
        try:
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                body += chunk
                if len(body) > MAX_ANSWER:
                    raise OversizedAnswer(
                        f"{method} was answered with too much",
                        expected=f"at most {MAX_ANSWER // 2**20} MiB",
                        found="more",
                        remedy="ask another node; where it is about logs, a node that limits their number",
                    )
                if time.monotonic() > deadline:
                    raise _Passing(self._timed_out(method))
        except WireTimeout:
            raise _Passing(self._timed_out(method)) from None
        except (WireError, OSError):
            raise _Passing(self._no_answer("the connection was lost")) from None
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and not response.headers.get("Content-Encoding") and len(body) < int(length):
            raise _Passing(self._no_answer("the connection was lost"))
        return bytes(body)

    def _require_ok(self, response: Response) -> None:
        status = response.status_code
        if status == _TOO_MANY:
            raise RateLimited(
                f"the node at {self.shown} refuses further requests for now",
                found=f"HTTP status {status}",
                remedy="wait, or take a node with a higher limit (--rpc)",
                after=_seconds(response.headers.get("Retry-After")),
            )
        if status == 200:
            return
        failure = ConnectionFailed(
            f"{self.shown} does not answer as a node",
            expected="JSON-RPC with HTTP status 200",
            found=f"HTTP status {status} {response.reason}".rstrip(),
            remedy="check that --rpc is the address of a JSON-RPC node, with its path and key",
        )
        raise _Passing(failure) if status in _BUSY else failure

    def _timed_out(self, method: str) -> NodeTimedOut:
        return NodeTimedOut(
            f"the node at {self.shown} does not answer {method} in time",
            expected=f"an answer within {self._patience.timeout:g} s",
            remedy="try again, or take another node (--rpc)",
        )

    def _no_answer(self, found: str) -> ConnectionFailed:
        return ConnectionFailed(
            f"the node at {self.shown} does not answer",
            found=found,
            remedy="check --rpc, or start a local node with `dao node start`",
        )

    def _no_rpc(self, found: str) -> RpcError:
        return RpcError(
            f"the node at {self.shown} answered with no JSON-RPC",
            expected="JSON-RPC",
            found=f"HTTP status 200 with {found}",
            remedy="check that --rpc is the address of a JSON-RPC node, with its path and key",
        )


class _Passing(Exception):
    """A failure that may pass by itself."""

    def __init__(self, failure: ConnectionFailed) -> None:
        super().__init__(failure.what)
        self.failure = failure


def shown_url(url: str) -> str:
    """`url` as it may be shown: without user and password, and with long parts of its path and its query left out.

    Providers put their keys there.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "an address that is no URL"
    if not parts.scheme or not host:
        return url if len(url) < _SHOWN_SEGMENT else url[:_SHOWN_SEGMENT] + "…"
    host = f"[{host}]" if ":" in host else host
    path = "/".join(part if len(part) < _SHOWN_SEGMENT else "…" for part in parts.path.split("/"))
    return f"{parts.scheme}://{host}{port}{path.rstrip('/')}{'?…' if parts.query else ''}"


def _ids(request: bytes) -> list[int]:
    document = json.loads(request)
    return [int(entry["id"]) for entry in (document if isinstance(document, list) else [document])]


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _other_ids(what: str, wanted: Sequence[int], found: Sequence[Any]) -> RpcError:
    return RpcError(
        f"{what} was answered with the answer to something else",
        expected=f"the id {wanted[0]}" if len(wanted) == 1 else f"the ids {wanted[0]} to {wanted[-1]}, each once",
        found=", ".join(str(identity)[:20] for identity in found[:10]) or "none",
        remedy="a proxy mixes answers up, or this is no node: take another (--rpc)",
    )


def _require_rate(answer: Mapping[str, Any]) -> None:
    """Raises RateLimited where the node says so in JSON-RPC instead of HTTP."""
    error = answer.get("error")
    if not isinstance(error, dict):
        return
    message = str(error.get("message", "")).lower()
    if error.get("code") == _TOO_MANY or "too many requests" in message or "rate limit" in message:
        raise RateLimited(
            "the node refuses further requests for now",
            found=str(error.get("message"))[:200],
            remedy="wait, or take a node with a higher limit (--rpc)",
        )


def _refused(error: Unreachable) -> bool:
    """Whether no connection could be made at all."""
    cause = error.args[0] if error.args else None
    return isinstance(getattr(cause, "reason", cause), NewConnectionError)


def _seconds(text: str | None) -> float:
    """What a Retry-After header says in seconds; 0 where it names a date or nothing."""
    return float(text) if text and text.isdecimal() and len(text) < 6 else 0
