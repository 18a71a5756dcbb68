"""Nginx's error log: what each message says of a request or of a connection."""

import re

from wizard.logs.parsed_line import ParsedLine, host_name, split_request
from wizard.text.messages import tr

_ERROR = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] (?P<rest>.*)$", re.DOTALL)
_PROXY_END = re.compile(r'^\s{0,5}" while reading PROXY protocol, ')
"""The last line of a broken PROXY protocol header that Nginx 1.22 logs as it came, over several
lines."""
_REQUEST = re.compile(r', request: "([^"]{0,2000})"')
_HOST = re.compile(r', host: "([^"]{1,300})"')
_SERVER = re.compile(r", server: (\S{1,300}?)(?:,|$)")
_MESSAGES = (
    (
        "failed (24: ",
        "no-free-connection",
        tr("a worker of Nginx has reached its limit of open files and connections"),
    ),
    (
        "while SSL handshaking to upstream",
        "upstream-tls",
        tr("the TLS handshake with the backend failed"),
    ),
    (
        "upstream prematurely closed",
        "premature-close",
        tr("the backend closed the connection before its answer was complete"),
    ),
    (
        "reset by peer) while reading response header from upstream",
        "premature-close",
        tr("the backend reset the connection instead of answering"),
    ),
    (
        "reset by peer) while reading upstream",
        "premature-close",
        tr("the backend reset the connection before its answer was complete"),
    ),
    (
        "upstream sent too big header",
        "upstream-header-too-big",
        tr("the response header of the backend does not fit Nginx's buffer"),
    ),
    (
        "upstream sent no valid HTTP/1.",
        "invalid-answer",
        tr("what the backend sent is not an HTTP response"),
    ),
    *(
        (phrase, "invalid-header", tr("Nginx refuses a header of the backend's answer"))
        for phrase in (
            "upstream sent invalid header",
            'upstream sent invalid "Content-Length"',
            "upstream sent duplicate header line",
            'upstream sent unknown "Transfer-Encoding"',
            'upstream sent "Content-Length" and "Transfer-Encoding" headers',
        )
    ),
    *(
        (phrase, "invalid-answer", tr("what the backend sent is not a valid HTTP response"))
        for phrase in (
            "upstream sent invalid ",
            "upstream sent unexpected ",
            "upstream sent unsupported ",
        )
    ),
    (
        "no resolver defined to resolve",
        "resolver-missing",
        tr("Nginx has no resolver for the backend's name"),
    ),
    (
        "could not be resolved (",
        "name-unresolved",
        tr("Nginx's resolver gave no address for the backend's name"),
    ),
    (
        "client sent too long header line",
        "request-header-too-large",
        tr("a header line of the request does not fit Nginx's buffer"),
    ),
    (
        "client sent too large header field",
        "request-header-too-large",
        tr("a header of the request does not fit Nginx's buffer"),
    ),
    (
        "client sent too large request",
        "request-header-too-large",
        tr("the headers of the request do not fit Nginx's buffers"),
    ),
    (
        "client intended to send too large",
        "body-too-large",
        tr("Nginx refused the request: its body is larger than client_max_body_size"),
    ),
    (
        " while reading PROXY protocol",
        "proxy-protocol",
        tr(
            "the connection did not begin with the PROXY protocol header that this listener expects"
        ),
    ),
    (
        'request: "PROXY ',
        "proxy-protocol",
        tr("Nginx read a PROXY protocol header as a request: this listener does not expect one"),
    ),
    (
        "gracefully shutting down",
        "reload",
        tr("Nginx was reloaded: an old worker ends with its last connection"),
    ),
    (
        "limiting connections by zone",
        "limited",
        tr("Nginx refused the request: more connections at once than limit_conn allows"),
    ),
    (
        "limiting requests, excess",
        "limited",
        tr("Nginx refused the request: more requests in a row than limit_req allows"),
    ),
    (
        "delaying request, excess",
        "delayed",
        tr("Nginx delayed the request: more requests in a row than limit_req allows"),
    ),
    (
        "auth request unexpected status",
        "auth-request",
        tr(
            "the subrequest of auth_request answered neither 2xx nor 401 nor 403, so Nginx "
            "answers 500"
        ),
    ),
    (
        "access forbidden by rule",
        "access-denied",
        tr("an access rule of Nginx's config refused the client (deny, or a similar directive)"),
    ),
    (
        "no live upstreams",
        "no-live-peer",
        tr(
            "Nginx asked no server of the upstream: each failed shortly before, or has as many "
            "connections as max_conns allows"
        ),
    ),
    (
        "worker_connections are not enough",
        "no-free-connection",
        tr("a worker of Nginx has as many connections as worker_connections allows"),
    ),
)
"""Phrase, tag and meaning: messages that mean the same in every line."""
_IGNORED = re.compile(r'^[^"]{0,200}upstream sent duplicate header line: .{0,4000}, ignored while ')
"""A header line that stands twice and does no harm, such as `Date`."""
_WHILE = (
    *(
        (
            phrase,
            "while connecting to upstream",
            "connect-failed",
            tr("Nginx could not connect to the backend"),
        )
        # With the address where it fails at once: no permission, no route, no such socket.
        for phrase in ("connect() failed", "connect() to ", "bind(")
    ),
    (
        "upstream timed out (",
        "while connecting to upstream",
        "connect-failed",
        tr("Nginx got no connection to the backend within the connect timeout"),
    ),
    (
        "upstream timed out (",
        "while reading response header",
        "header-timeout",
        tr("the backend did not begin to answer within the read timeout"),
    ),
    (
        "upstream timed out (",
        "while reading upstream",
        "read-timeout",
        tr("the backend sent nothing for as long as the read timeout, so Nginx ended the response"),
    ),
    (
        "upstream timed out (",
        "while proxying upgraded connection",
        "read-timeout",
        tr("nothing came on the WebSocket for as long as the read timeout, so Nginx ended it"),
    ),
)
"""What failed, what Nginx was doing then, tag and meaning.

The number in parentheses is errno, 110 on Linux and 60 on macOS and the BSDs; the words after it
are the C library's."""
_STARTED = ("start worker processes", "reconfiguring", "gracefully shutting down")
"""Messages at level notice with which Nginx starts or reads its config again."""


def parse_error(text: str) -> ParsedLine | None:
    """Parse a line of Nginx's error log."""
    match = _ERROR.match(text)
    if match is None and not _PROXY_END.match(text):
        return None
    rest = match["rest"] if match else text
    tag, meaning = _tag_of(rest)
    request = _REQUEST.search(rest)
    method, path, _ = split_request(request[1]) if request else ("", "", "")
    if method == "PROXY":
        method = path = ""
    host, server = _HOST.search(rest), _SERVER.search(rest)
    name = host_name(host[1]) if host else host_name(server[1]) if server and path else ""
    port = None if path or server is None else _port(server[1])
    return ParsedLine("error", tag, meaning, path, method=method, host=name, port=port)


def is_start(text: str) -> bool:
    """True for a line that tells that Nginx starts, or reads its config again."""
    return "[notice]" in text and any(phrase in text for phrase in _STARTED)


_PENDING = (
    "subrequest-pending",
    tr(
        "the client left while Nginx still waited for a subrequest, so Nginx had not asked the "
        "backend yet"
    ),
)


def _tag_of(rest: str) -> tuple[str, str]:
    """The tag and the meaning of a message; empty if it is no failure.

    Nginx closes the upstream connection of a client that has left; whatever it then reads there
    (`closed too (104: Connection reset by peer)`) is a consequence.
    """
    if "client prematurely closed connection" in rest:
        return _PENDING if "subrequest: " in rest else ("", "")
    if _IGNORED.match(rest):
        return "", ""
    for phrase, tag, meaning in _MESSAGES:
        if phrase in rest:
            return tag, meaning
    for phrase, doing, tag, meaning in _WHILE:
        if phrase in rest and doing in rest:
            return tag, meaning
    return "", ""


def _port(server: str) -> int | None:
    """The port of a listener's address, as in `0.0.0.0:443`."""
    digits = server.rpartition(":")[2]
    return int(digits) if digits.isdigit() and len(digits) < 6 else None
