"""Which header lines of a client Nginx takes, in which order.

`ngx_http_parse_header_line` and `ngx_http_process_request_headers` in Nginx's source, for HTTP/2
`ngx_http_v2_state_process_header` and `ngx_http_v2_construct_cookie_header`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from wizard.model.config import Directive, Position
from wizard.model.resolution import Request
from wizard.nginx.servers import ServerChoice, first_server

_ALWAYS_VALID = re.compile("[A-Za-z0-9-]+")
_OF_CONNECTION = frozenset({
    "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade",
})  # fmt: skip
"""Headers that HTTP/2 does not have (RFC 9113, section 8.2.2)."""
_UNIQUE = frozenset({
    "host", "if-modified-since", "if-unmodified-since", "if-match", "if-none-match",
    "content-length", "content-range", "if-range", "transfer-encoding", "expect", "authorization",
    "proxy-authorization",
})  # fmt: skip
"""Headers of which Nginx refuses a second line with 400 (`ngx_http_headers_in`)."""


@dataclass(frozen=True, slots=True)
class ReadHeaders:
    """The client's header lines as Nginx reads them.

    Attributes:
        taken: Those that it takes, in its order.
        ignored: The names of those that it ignores, each with the directive that says so, if any.
        is_chunked: Whether the client sends a body without its length.
        repeated: The name of a header that must not be repeated and is; else empty.
    """

    taken: tuple[tuple[str, str], ...]
    ignored: tuple[tuple[str, Position | None], ...] = ()
    is_chunked: bool = False
    repeated: str = ""


def read_headers(choice: ServerChoice, request: Request) -> ReadHeaders:
    """The header lines that Nginx takes of those of this request."""
    stripped = [(name, value.strip(" ")) for name, value in request.headers]
    lines = _as_http2(request.headers) if request.http == "2" else stripped
    server = first_server(choice, request)
    taken: list[tuple[str, str]] = []
    ignored: list[tuple[str, Position | None]] = []
    for name, value in lines:
        blocks = (server, choice.http)
        if is_valid_name(name, blocks) or _switch(blocks, "ignore_invalid_headers") == "off":
            taken.append((name, value))
        else:
            ignored.append((name, _deciding_line(name, blocks)))
        if name.lower() == "host":
            server = choice.server
    is_chunked = any(name.lower() == "transfer-encoding" for name, _ in request.headers)
    return ReadHeaders(tuple(taken), tuple(ignored), is_chunked, _repeated(taken))


def is_valid_name(name: str, blocks: Sequence[Directive | None]) -> bool:
    """True if Nginx takes the name of a header for valid: letters, digits and hyphens, and
    underscores with `underscores_in_headers`."""
    if _switch(blocks, "underscores_in_headers") == "on":
        name = name.replace("_", "-")
    return _ALWAYS_VALID.fullmatch(name) is not None


def _switch(blocks: Sequence[Directive | None], name: str) -> str:
    directive = _in_force(blocks, name)
    return directive.args[0].lower() if directive and directive.args else ""


def _in_force(blocks: Sequence[Directive | None], name: str) -> Directive | None:
    """The directive of the first of these blocks that has it."""
    return next((each for block in blocks if block for each in block.children(name)), None)


def _deciding_line(name: str, blocks: Sequence[Directive | None]) -> Position | None:
    directive = _in_force(blocks, "underscores_in_headers") if "_" in name else None
    directive = directive or _in_force(blocks, "ignore_invalid_headers")
    return directive.where if directive else None


def _as_http2(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers as Nginx takes them from HTTP/2: names in lower case, cookies in one line at the
    end, and none that belongs to a connection."""
    lines = [(name.lower(), value) for name, value in headers if name.lower() not in _OF_CONNECTION]
    cookies = [value for name, value in lines if name == "cookie"]
    others = [(name, value) for name, value in lines if name != "cookie"]
    return [*others, ("cookie", "; ".join(cookies))] if cookies else others


def _repeated(headers: Sequence[tuple[str, str]]) -> str:
    names = [name.lower() for name, _ in headers]
    return next((name for name in names if name in _UNIQUE and names.count(name) > 1), "")
