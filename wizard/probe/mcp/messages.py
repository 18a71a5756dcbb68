"""The JSON-RPC messages of a handshake, the replies to them, and sentences about failures.

See https://modelcontextprotocol.io/specification.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard import __version__
from wizard.model.timeline import Timeline
from wizard.probe.request import RequestSpec
from wizard.text.display import safe, summarize_body

HTTP_SSE_VERSION = "2024-11-05"
"""The revision of HTTP+SSE."""
STREAMABLE_VERSION = "2025-11-25"
"""The newest revision of Streamable HTTP with sessions."""
STATELESS_VERSION = "2026-07-28"
"""The first revision without sessions."""
ACCEPT_BOTH = ("Accept", "application/json, text/event-stream")
JSON_CONTENT = ("Content-Type", "application/json")
REPLY_LIMIT_BYTES = 64 << 10
"""How many bytes of a reply are read."""
MESSAGE_ID = 1
"""The id of our request: `initialize` or `server/discover`."""
METHOD_NOT_FOUND = -32601
"""The JSON-RPC error code of an unknown method."""
_VERSION = re.compile(r"[A-Za-z0-9._-]{1,40}")
"""Valid protocol versions: the server's choice is sent back in a header."""
_CLIENT = {"name": "ssewizard", "version": __version__}


def initialize_request(version: str) -> RequestSpec:
    """The POST of `initialize`."""
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": _CLIENT}
    return _post({"jsonrpc": "2.0", "id": MESSAGE_ID, "method": "initialize", "params": params})


def initialized_request(version: str, session: str = "") -> RequestSpec:
    """The POST of `notifications/initialized`, in the session if there is one."""
    body = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    return _post(body, session_headers(version, session))


def discover_request() -> RequestSpec:
    """The POST of `server/discover`, of the stateless revision."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": STATELESS_VERSION,
        "io.modelcontextprotocol/clientInfo": _CLIENT,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = (("MCP-Protocol-Version", STATELESS_VERSION), ("Mcp-Method", "server/discover"))
    body = {"jsonrpc": "2.0", "id": MESSAGE_ID, "method": "server/discover"}
    return _post({**body, "params": {"_meta": meta}}, headers)


def listen_request(version: str, session: str) -> RequestSpec:
    """The GET of the optional stream, in the session."""
    return RequestSpec(headers=session_headers(version, session))


def delete_request(version: str, session: str) -> RequestSpec:
    """The DELETE of the session."""
    return RequestSpec("DELETE", session_headers(version, session))


def session_headers(version: str, session: str) -> tuple[tuple[str, str], ...]:
    """The headers that name the protocol version and, if there is one, the session."""
    session_id = (("Mcp-Session-Id", session),) if session else ()
    return (("MCP-Protocol-Version", version), *session_id)


def _post(body: Mapping[str, Any], headers: tuple[tuple[str, str], ...] = ()) -> RequestSpec:
    headers = (ACCEPT_BOTH, JSON_CONTENT, *headers)
    return RequestSpec("POST", headers, json.dumps(body).encode(), excerpt=REPLY_LIMIT_BYTES)


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to our request: a result or an error.

    Attributes:
        version: The protocol version agreed on.
        server: The server's name and version.
        error: The error in one sentence; empty for a result.
        code: The error's JSON-RPC code, if it has one.
    """

    version: str = ""
    server: str = ""
    error: str = ""
    code: int | None = None


def reply_in(text: str) -> Reply | None:
    """Return the reply to our request in a JSON text, alone or in a batch; None if it has none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    messages = body if isinstance(body, list) else [body]
    replies = (_parse_reply(message) for message in messages if isinstance(message, dict))
    return next((reply for reply in replies if reply is not None), None)


def _parse_reply(message: Mapping[str, Any]) -> Reply | None:
    if message.get("jsonrpc") != "2.0":
        return None
    result, error, message_id = message.get("result"), message.get("error"), message.get("id")
    # An error may lack the id (null); one with another number is the reply to another request.
    is_ours = message_id == MESSAGE_ID or not isinstance(message_id, int)
    if isinstance(error, dict) and is_ours:
        return _parse_error(error)
    if isinstance(message_id, bool) or message_id != MESSAGE_ID or not isinstance(result, dict):
        return None
    if not (version := _version_of(result)):
        return Reply(error="its result names no valid protocol version")
    return Reply(version, _server_of(result))


def _parse_error(error: Mapping[str, Any]) -> Reply:
    code = number if isinstance(number := error.get("code"), int) else None
    text = message if isinstance(message := error.get("message"), str) else "without a message"
    prefix = "" if code is None else code
    return Reply(error=safe(f"{prefix} {text}".strip(), 200), code=code)


def _version_of(result: Mapping[str, Any]) -> str:
    """The version agreed on; of several that a stateless server supports, ours or the newest."""
    supported, oldest = result.get("supportedVersions"), STATELESS_VERSION
    if not isinstance(supported, list):
        supported, oldest = [result.get("protocolVersion")], ""
    texts = [text for text in supported if isinstance(text, str) and _VERSION.fullmatch(text)]
    versions = [text for text in texts if text >= oldest]
    return STATELESS_VERSION if STATELESS_VERSION in versions else max(versions, default="")


def _server_of(result: Mapping[str, Any]) -> str:
    """The server's name and version: in the result, since 2026-07-28 in its `_meta`."""
    meta = result.get("_meta")
    info = meta.get("io.modelcontextprotocol/serverInfo") if isinstance(meta, dict) else None
    info = info or result.get("serverInfo")
    if not isinstance(info, dict):
        return ""
    words = [word for key in ("name", "version") if isinstance(word := info.get(key), str)]
    return safe(" ".join(words).strip(), 80)


def describe_answer(timeline: Timeline, request: str) -> str:
    """How a request (`GET`, `POST`) was answered, in one sentence."""
    if timeline.status is None:
        return f"{request} got no answer: {timeline.detail or timeline.ended or 'silence'}"
    answer = f"{request} answered {timeline.status}"
    if 300 <= timeline.status < 400:
        location = safe(timeline.header("location") or "nowhere", 120)
        return f"{answer} to {location}, which is not followed"
    if timeline.is_event_stream:
        return f"{answer} with an event stream, and no reply came over it"
    body = summarize_body(timeline.excerpt.strip())
    return f"{answer}: {body}" if body else answer


def describe_missing_endpoint(timeline: Timeline, timeout_s: float) -> str:
    """Why a stream has named no endpoint, in one sentence."""
    if timeline.status is None or not timeline.is_event_stream:
        return describe_answer(timeline, "GET")
    if timeline.ended is not None:
        return "the stream ended before it named an endpoint"
    return f"no endpoint event came within {timeout_s:.2g} s"


def describe_missing_reply(stream: Timeline, status: int) -> str:
    """Why the POST was accepted with that status, but the stream has no reply."""
    if stream.ended is not None:
        return f"the POST was accepted ({status}), but the stream ended without a reply"
    return f"the POST was accepted ({status}), but no reply came over the stream"
