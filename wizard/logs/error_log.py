"""Nginx's error log: the phrases that tell, in Nginx's own words."""

import re

from wizard.logs.said import Said, path_of

_ERROR = re.compile(r"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[(?P<level>\w+)\] (?P<rest>.*)$", re.DOTALL)
_REQUEST = re.compile(r'request: "([^"]{0,2000})"')
_TELLING = (
    (
        "while connecting to upstream",
        "connect-failed",
        "Nginx could not connect to the backend",
    ),
    (
        "while reading response header from upstream",
        "header-timeout",
        "the backend did not begin to answer within proxy_read_timeout",
    ),
    (
        "while reading upstream",
        "read-timeout",
        "the stream was silent for longer than proxy_read_timeout, so Nginx ended it",
    ),
)


_WHATEVER = (
    (
        "while SSL handshaking to upstream",
        "upstream-tls",
        "the TLS handshake with the backend failed",
    ),
    (
        "upstream prematurely closed",
        "premature-close",
        "the backend closed the connection before its answer was complete",
    ),
    (
        "reset by peer) while reading response header from upstream",
        "premature-close",
        "the backend reset the connection instead of answering",
    ),
    (
        "upstream sent no valid HTTP/1.",
        "invalid-answer",
        "what the backend sent is no HTTP answer",
    ),
    (
        "gracefully shutting down",
        "reload",
        "Nginx was reloaded: an old worker ends once its connections have",
    ),
    (
        "limiting connections by zone",
        "limited",
        "Nginx refused it: more connections at once than limit_conn allows",
    ),
    (
        "limiting requests, excess",
        "limited",
        "Nginx refused it: more requests in a row than limit_req allows",
    ),
    (
        "delaying request, excess",
        "delayed",
        "Nginx let it wait: more requests in a row than limit_req allows",
    ),
    (
        "auth request unexpected status",
        "auth-request",
        "the subrequest of auth_request answered neither 2xx nor 401 nor 403, so Nginx answers 500",
    ),
)
"""Phrases that tell by themselves, with their tags."""


def error_line(text: str) -> Said | None:
    """What a line of Nginx's error log says; None if it is none."""
    found = _ERROR.match(text)
    if found is None:
        return None
    rest, request = found["rest"], _REQUEST.search(found["rest"])
    path = path_of(request[1]) if request else ""
    for phrase, tag, meaning in _WHATEVER:
        if phrase in rest:
            return Said("error", tag, meaning, path)
    if (
        "connect() failed" in rest
        # 110 on Linux, 60 on macOS and the BSDs.
        or "upstream timed out (" in rest
        or "no live upstreams" in rest
    ):
        for phrase, tag, meaning in _TELLING:
            if phrase in rest:
                return Said("error", tag, meaning, path)
    return Said("error", path=path)
