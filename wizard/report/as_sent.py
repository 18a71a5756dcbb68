"""The request that the backend gets: as JSON, as text, and as differences from the client's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from wizard.model.config import Position
from wizard.model.sent_request import SentHeader, SentRequest
from wizard.report.text import section, wrap
from wizard.text.columns import pad, width
from wizard.text.config_redaction import redact_directive
from wizard.text.display import clauses, safe
from wizard.text.marks import MARKS
from wizard.text.messages import tr
from wizard.text.redaction import is_public_header, redact, redact_header

Headers = Sequence[tuple[str, str]]
_OF_PROTOCOL = frozenset({
    "connection", "content-length", "upgrade", "transfer-encoding", "te", "keep-alive", "expect",
    "proxy-connection", ":authority", "cache-control", "accept-language", "range",
})  # fmt: skip
"""Headers whose value is never secret, beside the public ones."""
_MIN_SECRET_CHARS = 4
"""A shorter value of a client's header is not looked for in others."""


@dataclass(frozen=True, slots=True)
class BackendRequest:
    """What to show of the request that the backend gets.

    Attributes:
        sent: None if there is none to show.
        client: All header lines of the client: their secrets are masked.
        reason: Why there is none, in one sentence; else empty.
    """

    sent: SentRequest | None
    client: Headers
    reason: str = ""


def as_sent_json(request: BackendRequest) -> dict[str, Any] | None:
    """Return the request for JSON (docs/json.md), with secrets masked; None if there is none."""
    sent, client = request.sent, request.client
    if sent is None:
        return None
    return {
        "method": safe(sent.method),
        "uri": None if sent.uri is None else safe(redact(sent.uri)),
        "uri_where": _place(sent.uri_where),
        "http": sent.http,
        "http_where": _place(sent.http_where),
        "headers": [
            {
                "name": safe(header.name),
                "value": None if header.value is None else safe(shown_value(header, client)),
                "written": safe(_redact_literal(header.name, header.written)),
                "set_by": _setter(header),
                "where": _place(header.where),
            }
            for header in sent.headers
        ],
        "has_body": sent.has_body,
        "dropped": [{"name": safe(name), "where": _place(where)} for name, where in sent.dropped],
        "doubts": [safe(doubt) for doubt in sent.doubts],
    }


def as_sent_text(request: BackendRequest) -> str:
    """Return the request as text, each line with what decides it; the reason if there is none."""
    sent, client = request.sent, request.client
    if sent is None:
        return wrap(
            tr("what the backend gets: not shown, since {reason}", reason=safe(request.reason)),
            "",
            "  ",
        )
    uri = tr("(not decided)") if sent.uri is None else redact(sent.uri)
    version = f"HTTP/{sent.http}: {origin_text(sent.http_where)}"
    rows = [_row(f"{sent.method} {uri} HTTP/{sent.http}", clauses((str(sent.uri_where), version)))]
    rows += [_row(header_text(header, client), origin_of(header)) for header in sent.headers]
    dropped = (_row(name, origin_text(where)) for name, where in sent.dropped)
    parts = [
        section(tr("What the backend gets"), rows),
        section(tr("Not passed on"), dropped),
        "".join(wrap(tr("but: {doubt}", doubt=safe(doubt)), "  ", "    ") for doubt in sent.doubts),
    ]
    return "".join(parts)


def shown_value(header: SentHeader, client: Headers) -> str:
    """Return the value of a header as it may be shown: credentials of the client and of the config
    are masked; `(not decided)` if it is not known."""
    value, name = header.value, header.name
    if value is None:
        return tr("{value} (not decided)", value=_redact_literal(name, header.written)).strip()
    if header.is_client:
        return value if name.lower() in _OF_PROTOCOL else redact_header(name, value)
    if any(secret in value for secret in _secrets(client)):
        return MARKS.mark(value)
    return _redact_literal(name, value)


def header_text(header: SentHeader, client: Headers) -> str:
    """Return a header line as it may be shown."""
    return f"{header.name}: {shown_value(header, client)}"


def origin_of(header: SentHeader) -> str:
    """Return what sets a header: `file:line`, the client, or Nginx by default."""
    return tr("the client's") if header.is_client else origin_text(header.where)


def origin_text(where: Position | None) -> str:
    """Return the line that decides something, or that Nginx does by default."""
    return tr("Nginx by default") if where is None else str(where)


@dataclass(frozen=True, slots=True)
class RequestChange:
    """A line in which the backend's request differs from the client's.

    Attributes:
        sign: `+` added, `-` dropped, `~` changed.
        text: The line as it may be shown; of a changed one before and after an arrow.
        origin: What makes the difference: `file:line`, or Nginx by default.
    """

    sign: Literal["+", "-", "~"]
    text: str
    origin: str


def request_changes(
    sent: SentRequest, first_line: tuple[str, str, str], client: Headers
) -> list[RequestChange]:
    """Return in what the backend's request differs from the client's.

    Args:
        first_line: Method, URI and HTTP version of the client.
        client: All header lines of the client.
    """
    return [*_line_changes(sent, first_line), *_header_changes(sent, client)]


def _line_changes(sent: SentRequest, first_line: tuple[str, str, str]) -> Iterator[RequestChange]:
    method, uri, version = first_line
    now = (sent.method, uri if sent.uri is None else sent.uri)
    if (method, uri) != now or sent.uri is None:
        shown = tr("(not decided)") if sent.uri is None else redact(sent.uri)
        before = f"{method} {redact(uri)}" if sent.method != method else redact(uri)
        after = f"{sent.method} {shown}" if sent.method != method else shown
        yield RequestChange("~", f"{before} → {after}", origin_text(sent.uri_where))
    if version != sent.http:
        text = f"HTTP/{version} → HTTP/{sent.http}"
        yield RequestChange("~", text, origin_text(sent.http_where))


def _header_changes(sent: SentRequest, client: Headers) -> Iterator[RequestChange]:
    dropped = dict(sent.dropped)
    for header in sent.headers:
        name = header.name.lower().replace(":authority", "host")
        before = [value for key, value in client if key.lower() == name]
        text = header_text(header, client)
        if not header.is_client and not before:
            yield RequestChange("+", text, origin_of(header))
        elif not header.is_client and header.value not in before:
            own = SentHeader(header.name, before[0], is_client=True)
            old, new = header_text(own, client), shown_value(header, client)
            yield RequestChange("~", f"{old} → {new}", origin_of(header))
    for name, value in client:
        if name.lower() in dropped:
            text = header_text(SentHeader(name, value, is_client=True), client)
            yield RequestChange("-", text, origin_text(dropped[name.lower()]))


def _secrets(client: Headers) -> list[str]:
    """Return the values of the client's headers that may be secret."""
    return [
        value
        for name, value in client
        if not is_public_header(name)
        and name.lower() not in _OF_PROTOCOL
        and len(value) >= _MIN_SECRET_CHARS
    ]


def _redact_literal(name: str, value: str) -> str:
    """Return a value that the config writes, with every credential in it masked."""
    return redact_directive("proxy_set_header", (name, value)).removeprefix(name).lstrip(" ")


def _setter(header: SentHeader) -> str:
    return "client" if header.is_client else "nginx" if header.where is None else "config"


def _place(where: Position | None) -> str | None:
    return None if where is None else safe(str(where))


def _row(text: str, origin: str) -> str:
    """Return a line and its origin in columns; a long one gets a line of its own."""
    text, origin = safe(text, 300), safe(origin)
    if width(text) <= 44 and width(origin) <= 32:
        return f"  {pad(text, 44)} {origin}\n"
    return wrap(text, "  ", "    ") + wrap(origin, " " * 6, " " * 6)
