"""Formats of log lines: recognise a line's format, and interpret it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from wizard.logs.access import (
    first_text,
    load_object,
    parse_combined,
    parse_json,
    parse_proxy_manager,
)
from wizard.logs.errors import parse_error
from wizard.logs.parsed_line import ParsedLine
from wizard.text.messages import tr

__all__ = ["ParsedLine", "parse_line"]

_TOOL_PREFIX = re.compile(
    r"^(?:\[pod/\S{1,300}\] )?"  # kubectl logs --prefix
    r"(?:[\w.-]{1,100} +\| )?"  # docker compose logs
    r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[\d.,]{0,10}(?:Z|[+-]\d\d:?\d\d) "  # --timestamps
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,100} [^\s:]{1,100}: )?"  # journalctl, syslog
)
"""The prefixes with which tools print the log lines of other programs."""


def parse_line(text: str) -> ParsedLine:
    """Parse one line; a line of no known format has the kind `text`. Never raises."""
    text = _TOOL_PREFIX.sub("", text, count=1)
    for parse in _PARSERS:
        if (parsed := parse(text)) is not None:
            return parsed
    return ParsedLine("text")


def _parse_object(text: str) -> ParsedLine | None:
    """Parse a JSON object: an entry of an access log, or a line inside it."""
    data = load_object(text)
    return None if data is None else parse_json(data) or _parse_wrapped(data)


def _parse_wrapped(data: Mapping[str, Any]) -> ParsedLine | None:
    """Parse a line of another format inside JSON, as Docker and log shippers store it."""
    inner = first_text(data, "log", "message", "msg").strip()
    parsed = parse_line(inner) if inner and not inner.startswith("{") else None
    return parsed if parsed and parsed.kind != "text" else None


# Backend logs

_DOTNET_CANCELED = "message processing canceled"
_DOTNET_CLIENT = re.compile(r", Client \(([^()]{1,100})\)")


def _parse_dotnet(text: str) -> ParsedLine | None:
    """Parse the MCP .NET SDK's line about a canceled request."""
    if _DOTNET_CANCELED not in text:
        return None
    meaning = tr(
        "the client left, so the backend's request was aborted: a consequence, not a cause"
    )
    if ", Client (" not in text:
        meaning += tr("; no client name in it, so initialize never arrived")
    client = _DOTNET_CLIENT.search(text)
    return ParsedLine("dotnet", "canceled", meaning, client=client[1] if client else "")


def _parse_gunicorn(text: str) -> ParsedLine | None:
    """Parse Gunicorn's line about a worker that was busy with one request for too long."""
    if "WORKER TIMEOUT" not in text:
        return None
    meaning = tr("a worker of the backend was busy for too long and was killed")
    return ParsedLine("text", "worker-timeout", meaning)


_PARSERS: tuple[Callable[[str], ParsedLine | None], ...] = (
    parse_combined,
    parse_error,
    parse_proxy_manager,
    _parse_object,
    _parse_dotnet,
    _parse_gunicorn,
)
