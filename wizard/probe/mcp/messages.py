"""The JSON-RPC messages of a handshake, the replies to them, and sentences about failures.

See https://modelcontextprotocol.io/specification.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from wizard import __version__
from wizard.model.handshake import CLIENT_NAME, HandshakeStage
from wizard.model.timeline import Timeline
from wizard.model.wire import describe_unread
from wizard.probe.request import RequestSpec
from wizard.text.display import labelled, safe, summarize_body
from wizard.text.messages import plural, tr

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
LIST_LIMIT_BYTES = 256 << 10
"""The same for the reply to `tools/list`."""
OPENING_ID = 1
"""The id of the request that opens: `initialize` or `server/discover`."""
FOLLOWING_ID = 2
"""The id of the request that follows: `tools/list` or `ping`."""
LISTENING_ID = 3
"""The id of `subscriptions/listen`."""
METHOD_NOT_FOUND = -32601
"""The JSON-RPC error code of an unknown method; since MCP 2026-07-28 its status is 404."""
HEADER_MISMATCH = -32020
"""That of a header which does not repeat the body, or is missing (MCP 2026-07-28, status 400)."""
_MEANINGS = {
    METHOD_NOT_FOUND: tr("the server does not know the method: the path is right"),
    HEADER_MISMATCH: tr(
        "the server says that a header which repeats the body is missing or differs"
    ),
    -32021: tr("the server asks for a capability that this client does not have"),
    -32022: tr("the server does not support this revision"),
}
"""What codes of MCP 2026-07-28 say that their status does not."""
_VERSION = re.compile(r"[A-Za-z0-9._-]{1,40}")
"""Valid protocol versions: the server's choice is sent back in a header."""
_CLIENT = {"name": CLIENT_NAME, "version": __version__}


_META = {
    "io.modelcontextprotocol/protocolVersion": STATELESS_VERSION,
    "io.modelcontextprotocol/clientInfo": _CLIENT,
    "io.modelcontextprotocol/clientCapabilities": {},
}
"""What each request of the stateless revision says of its client."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The reply to our request: a result or an error.

    Attributes:
        size: The size of its JSON text in bytes.
        version: The protocol version agreed on.
        server: The server's name and version.
        error: The error in one sentence; empty for a result.
        code: The error's JSON-RPC code, if it has one.
        has_tools: True if the server's capabilities announce tools.
    """

    size: int = 0
    version: str = ""
    server: str = ""
    error: str = ""
    code: int | None = None
    has_tools: bool = False


def initialize_request(version: str) -> RequestSpec:
    """The POST of `initialize`."""
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": _CLIENT}
    return _post({"jsonrpc": "2.0", "id": OPENING_ID, "method": "initialize", "params": params})


def initialized_request(version: str, session: str = "") -> RequestSpec:
    """The POST of `notifications/initialized`, in the session if there is one."""
    body = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    return _post(body, session_headers(version, session))


def discover_request() -> RequestSpec:
    """The POST of `server/discover`, of the stateless revision."""
    return _stateless_request(OPENING_ID, "server/discover")


def subscribe_request(reply: Reply) -> RequestSpec:
    """The POST of `subscriptions/listen`, of the stateless revision: its answer is a stream that
    begins with an acknowledgement, and goes on until it is closed (MCP 2026-07-28)."""
    wanted = {"toolsListChanged": True} if reply.has_tools else {}
    params = {"notifications": wanted}
    return _stateless_request(LISTENING_ID, "subscriptions/listen", params)


def tools_request(version: str, session: str = "") -> RequestSpec:
    """The POST of `tools/list`, which reads and changes nothing."""
    spec = _following_request("tools/list", version, session)
    return replace(spec, excerpt=LIST_LIMIT_BYTES)


def ping_request(version: str, session: str = "") -> RequestSpec:
    """The POST of `ping`, which every server answers (MCP 2025-11-25, "Ping")."""
    return _following_request("ping", version, session)


def following(reply: Reply, session: str = "") -> tuple[HandshakeStage, RequestSpec]:
    """What is posted last: `tools/list` if the server announces tools, else `ping`."""
    if reply.has_tools:
        return "tools", tools_request(reply.version, session)
    return "ping", ping_request(reply.version, session)


POSTS: Mapping[HandshakeStage, str] = {
    "initialize": "POST",
    "tools": tr("POST of tools/list"),
    "ping": tr("POST of ping"),
}
"""How each request is called in messages."""


def _following_request(method: str, version: str, session: str) -> RequestSpec:
    # A server that reports progress then answers by a stream.
    progress = {"progressToken": FOLLOWING_ID}
    if version >= STATELESS_VERSION:
        return _stateless_request(FOLLOWING_ID, method, meta=progress)
    params = {"_meta": progress}
    body = {"jsonrpc": "2.0", "id": FOLLOWING_ID, "method": method, "params": params}
    return _post(body, session_headers(version, session))


def _stateless_request(
    message_id: int,
    method: str,
    params: Mapping[str, Any] | None = None,
    meta: Mapping[str, Any] | None = None,
) -> RequestSpec:
    """A request with the headers that each has; `Mcp-Name` is for methods that name a thing."""
    params = {**(params or {}), "_meta": {**_META, **(meta or {})}}
    body = {"jsonrpc": "2.0", "id": message_id, "method": method, "params": params}
    headers = (("MCP-Protocol-Version", STATELESS_VERSION), ("Mcp-Method", method))
    return _post(body, headers)


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


def reply_in(text: str, message_id: int = OPENING_ID) -> Reply | None:
    """Return the reply to a request in a JSON text, alone or in a batch; None if it has none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    messages = body if isinstance(body, list) else [body]
    candidates = (_parse_reply(item, message_id) for item in messages if isinstance(item, dict))
    reply = next((reply for reply in candidates if reply is not None), None)
    return reply and replace(reply, size=len(text.encode("utf-8", "replace")))


def _parse_reply(message: Mapping[str, Any], expected_id: int) -> Reply | None:
    if message.get("jsonrpc") != "2.0":
        return None
    result, error, message_id = message.get("result"), message.get("error"), message.get("id")
    # An error may lack the id (null); one with another number is the reply to another request.
    is_ours = message_id == expected_id or not isinstance(message_id, int)
    if isinstance(error, dict) and is_ours:
        return _parse_error(error)
    if isinstance(message_id, bool) or message_id != expected_id or not isinstance(result, dict):
        return None
    return _parse_opening(result) if message_id == OPENING_ID else Reply()


def _parse_opening(result: Mapping[str, Any]) -> Reply:
    """The reply to `initialize` or `server/discover`."""
    if not (version := _version_of(result)):
        return Reply(error=tr("its result names no valid protocol version"))
    capabilities = result.get("capabilities")
    has_tools = isinstance(capabilities, dict) and capabilities.get("tools") is not None
    return Reply(version=version, server=_server_of(result), has_tools=has_tools)


def _parse_error(error: Mapping[str, Any]) -> Reply:
    code = number if isinstance(number := error.get("code"), int) else None
    text = message if isinstance(message := error.get("message"), str) else tr("without a message")
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
        why = describe_unread(timeline.wire) or timeline.detail or timeline.ended
        return tr("{request} got no answer: {why}", request=request, why=why or tr("silence"))
    answer = tr("{request} answered {status}", request=request, status=timeline.status)
    if 300 <= timeline.status < 400:
        location = safe(timeline.header("location") or tr("nowhere"), 120)
        return tr(
            "{request} answered {status} with a redirect to {location}, which is not followed",
            request=request,
            status=timeline.status,
            location=location,
        )
    if timeline.is_event_stream:
        return tr(
            "{request} answered {status} with an event stream, and no reply came over it",
            request=request,
            status=timeline.status,
        )
    body = summarize_body(timeline.excerpt.strip())
    code = code_of(timeline)
    meaning = None if code is None else _MEANINGS.get(code)
    answer = labelled(answer, body) if body else answer
    return tr("{text} ({note})", text=answer, note=meaning) if meaning else answer


def code_of(timeline: Timeline) -> int | None:
    """The JSON-RPC code of the error that an answer's body is; None if it is none."""
    ids = (OPENING_ID, FOLLOWING_ID, LISTENING_ID)
    replies = (reply_in(timeline.excerpt, message_id) for message_id in ids)
    return next((reply.code for reply in replies if reply and reply.error), None)


def describe_error(reply: Reply, stage: HandshakeStage) -> str:
    """That `tools/list`, which the server has announced, fails there, in one sentence; else empty.

    Not that the method is unknown, nor that a `ping` fails: these were answers.
    """
    is_failure = stage == "tools" and bool(reply.error) and reply.code != METHOD_NOT_FOUND
    return (
        tr("the server answers tools/list with an error: {error}", error=reply.error)
        if is_failure
        else ""
    )


def describe_missing_endpoint(timeline: Timeline, timeout_s: float) -> str:
    """Why a stream has named no endpoint, in one sentence."""
    if timeline.status is None or not timeline.is_event_stream:
        return describe_answer(timeline, "GET")
    if timeline.ended is not None:
        return tr("the stream ended before it named an endpoint")
    return tr("no endpoint event came within {timeout_s:.2g} s", timeout_s=timeout_s)


def describe_missing_reply(stream: Timeline, status: int, request: str = "POST") -> str:
    """Why the POST was accepted with that status, but the stream has no whole reply."""
    if stream.ended is not None:
        return tr(
            "the {request} was accepted ({status}), but the stream ended without a reply",
            request=request,
            status=status,
        )
    if stream.pending:
        return tr(
            "the {request} was accepted ({status}), but the reply came over the stream without its "
            "end ({begun} of it)",
            request=request,
            status=status,
            begun=plural(stream.pending, "byte"),
        )
    return tr(
        "the {request} was accepted ({status}), but no reply came over the stream",
        request=request,
        status=status,
    )
