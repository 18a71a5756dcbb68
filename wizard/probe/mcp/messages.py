"""The few JSON-RPC messages that a handshake needs (modelcontextprotocol.io/specification)."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard import __version__
from wizard.model.timeline import Timeline
from wizard.probe.request import RequestSpec
from wizard.text.display import safe, summarize_body

HTTP_SSE_VERSION, STREAMABLE_VERSION, STATELESS_VERSION = "2024-11-05", "2025-11-25", "2026-07-28"
ACCEPT_BOTH = ("Accept", "application/json, text/event-stream")
JSON_CONTENT = ("Content-Type", "application/json")
REPLY_LIMIT = 64 << 10
"""How much of a reply is read, in bytes."""
OUR_ID = 1
NO_METHOD = -32601
"""JSON-RPC: the method does not exist."""
_VERSION = re.compile(r"[A-Za-z0-9._-]{1,40}")
"""What a protocol version may be, since it goes into a header."""
_CLIENT = {"name": "ssewizard", "version": __version__}


def initialize_request(version: str) -> RequestSpec:
    """`initialize`, with id 1."""
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": _CLIENT}
    return _post({"jsonrpc": "2.0", "id": OUR_ID, "method": "initialize", "params": params})


def initialized_request(version: str, session: str = "") -> RequestSpec:
    """`notifications/initialized`, in the session that the server has opened."""
    headers = (("MCP-Protocol-Version", version), *session_header(session))
    return _post({"jsonrpc": "2.0", "method": "notifications/initialized"}, headers)


def discover_request() -> RequestSpec:
    """`server/discover` of the stateless revision, with id 1."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": STATELESS_VERSION,
        "io.modelcontextprotocol/clientInfo": _CLIENT,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = (("MCP-Protocol-Version", STATELESS_VERSION), ("Mcp-Method", "server/discover"))
    body = {"jsonrpc": "2.0", "id": OUR_ID, "method": "server/discover", "params": {"_meta": meta}}
    return _post(body, headers)


def listen_request(version: str, session: str) -> RequestSpec:
    """The optional GET stream, in the session."""
    return RequestSpec(headers=(("MCP-Protocol-Version", version), *session_header(session)))


def delete_request(version: str, session: str) -> RequestSpec:
    """End the session that we have opened."""
    return RequestSpec("DELETE", (("MCP-Protocol-Version", version), *session_header(session)))


def session_header(session: str) -> tuple[tuple[str, str], ...]:
    """The session's header, where there is a session."""
    return (("Mcp-Session-Id", session),) if session else ()


def _post(body: Mapping[str, Any], headers: tuple[tuple[str, str], ...] = ()) -> RequestSpec:
    content = json.dumps(body).encode()
    return RequestSpec("POST", (ACCEPT_BOTH, JSON_CONTENT, *headers), content, excerpt=REPLY_LIMIT)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to our request: what the server says of itself, or its error in one sentence.

    Attributes:
        code: The error's JSON-RPC code, if it has one.
    """

    version: str = ""
    server: str = ""
    error: str = ""
    code: int | None = None


def reply_in(text: str) -> Reply | None:
    """The reply to our id in a JSON text, alone or in a batch; None if the text holds none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    several = body if isinstance(body, list) else [body]
    found = (_reply(one) for one in several if isinstance(one, dict))
    return next((reply for reply in found if reply is not None), None)


def _reply(body: Mapping[str, Any]) -> Reply | None:
    if body.get("jsonrpc") != "2.0":
        return None
    result, error, id_ = body.get("result"), body.get("error"), body.get("id")
    # An error may have lost the id; one with another number belongs to somebody else.
    if isinstance(error, dict) and (id_ == OUR_ID or not isinstance(id_, int)):
        return _error(error)
    if isinstance(id_, bool) or id_ != OUR_ID or not isinstance(result, dict):
        return None
    if not (version := _version(result)):
        return Reply(error="its result names no protocol version that is known here")
    return Reply(version, _server(_info(result)))


def _error(error: Mapping[str, Any]) -> Reply:
    code, said = error.get("code"), error.get("message")
    number = code if isinstance(code, int) else None
    words = said if isinstance(said, str) else "without a message"
    return Reply(
        error=safe(f"{number if number is not None else ''} {words}".strip(), 200), code=number
    )


def _version(result: Mapping[str, Any]) -> str:
    """The version agreed on; of those that a stateless server supports, ours or the newest."""
    several = result.get("supportedVersions")
    listed = several if isinstance(several, list) else [result.get("protocolVersion")]
    known = [one for one in listed if isinstance(one, str) and _VERSION.fullmatch(one)]
    if isinstance(several, list):
        known = [one for one in known if one >= STATELESS_VERSION]
    return STATELESS_VERSION if STATELESS_VERSION in known else max(known, default="")


def _info(result: Mapping[str, Any]) -> object:
    """Who the server says it is: in the result, or in its `_meta` since 2026-07-28."""
    meta = result.get("_meta")
    named = meta.get("io.modelcontextprotocol/serverInfo") if isinstance(meta, dict) else None
    return named or result.get("serverInfo")


def _server(info: object) -> str:
    if not isinstance(info, dict):
        return ""
    words = [word for key in ("name", "version") if isinstance(word := info.get(key), str)]
    return safe(" ".join(words).strip(), 80)


def answered(line: Timeline, what: str) -> str:
    """What came of a request."""
    if line.status is None:
        return f"{what} got no answer: {line.detail or line.ended or 'silence'}"
    said = f"{what} answered {line.status}"
    if 300 <= line.status < 400:
        return f"{said} to {safe(line.header('location') or 'nowhere', 120)}, which is not followed"
    if line.is_event_stream:
        return f"{said} with an event stream, and no reply came over it"
    body = summarize_body(line.excerpt.strip())
    return f"{said}: {body}" if body else said


def no_endpoint(line: Timeline, within: float) -> str:
    """Why a stream has named no endpoint."""
    if line.status is None or not line.is_event_stream:
        return answered(line, "GET")
    if line.ended is not None:
        return "the stream ended before it named an endpoint"
    return f"no endpoint event came within {within:.2g} s"


def no_reply(line: Timeline, taken: int) -> str:
    """Why the POST was taken and the stream holds no reply."""
    if line.ended is not None:
        return f"the POST was taken ({taken}), but the stream ended without a reply"
    return f"the POST was taken ({taken}), but no reply came over the stream"


def elsewhere(url: str) -> str:
    """Why nothing was posted."""
    return f"the endpoint is at another origin, {safe(url, 120)}: nothing was sent there"
