"""The few JSON-RPC messages that a handshake needs (modelcontextprotocol.io/specification)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wizard import __version__
from wizard.probe import Ask
from wizard.text import safe

LEGACY, STREAMABLE, STATELESS = "2024-11-05", "2025-11-25", "2026-07-28"
BOTH = ("Accept", "application/json, text/event-stream")
JSON = ("Content-Type", "application/json")
REPLY_LIMIT = 64 << 10
"""How much of a reply is read, in bytes."""
_CLIENT = {"name": "ssewizard", "version": __version__}


def initialize(version: str) -> Ask:
    """`initialize`, with id 1."""
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": _CLIENT}
    return _post({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})


def initialized(version: str, session: str = "") -> Ask:
    """`notifications/initialized`, in the session that the server has opened."""
    headers = (("MCP-Protocol-Version", version), *session_header(session))
    return _post({"jsonrpc": "2.0", "method": "notifications/initialized"}, headers)


def discover() -> Ask:
    """`server/discover` of the stateless revision, with id 1."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientInfo": _CLIENT,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    headers = (("MCP-Protocol-Version", STATELESS), ("Mcp-Method", "server/discover"))
    body = {"jsonrpc": "2.0", "id": 1, "method": "server/discover", "params": {"_meta": meta}}
    return _post(body, headers)


def delete(version: str, session: str) -> Ask:
    """End the session that we have opened."""
    return Ask("DELETE", (("MCP-Protocol-Version", version), *session_header(session)))


def session_header(session: str) -> tuple[tuple[str, str], ...]:
    """The session's header, where there is a session."""
    return (("Mcp-Session-Id", session),) if session else ()


def _post(body: Mapping[str, Any], headers: tuple[tuple[str, str], ...] = ()) -> Ask:
    content = json.dumps(body).encode()
    return Ask("POST", (BOTH, JSON, *headers), content, excerpt=REPLY_LIMIT)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to our request: what the server says of itself, or its error in one sentence."""

    version: str = ""
    server: str = ""
    error: str = ""


def reply_in(text: str) -> Reply | None:
    """The reply to our id in a JSON text; None if the text holds none."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0":
        return None
    if isinstance(error := body.get("error"), dict):
        return Reply(error=safe(f"{error.get('code')} {error.get('message')}", 200))
    result = body.get("result")
    if body.get("id") != 1 or not isinstance(result, dict):
        return None
    return Reply(_version(result), _server(_info(result)))


def _version(result: Mapping[str, Any]) -> str:
    several = result.get("supportedVersions")
    first = several[0] if isinstance(several, list) and several else STATELESS
    return safe(str(result.get("protocolVersion") or first), 40)


def _info(result: Mapping[str, Any]) -> object:
    """Who the server says it is: in the result, or in its `_meta` since 2026-07-28."""
    meta = result.get("_meta")
    named = meta.get("io.modelcontextprotocol/serverInfo") if isinstance(meta, dict) else None
    return named or result.get("serverInfo")


def _server(info: object) -> str:
    if not isinstance(info, dict):
        return ""
    return safe(f"{info.get('name', '')} {info.get('version', '')}".strip(), 80)
