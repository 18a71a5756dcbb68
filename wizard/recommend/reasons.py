"""Why a line of the serving location is kept."""

import re

from wizard.recommend.change import Change

_KEPT = (
    (r"auth_|allow|deny|satisfy|limit_except|internal|secure_link", "access control"),
    (r"limit_", "a limit that holds today"),
    (r"if|rewrite|set|return|break", "rewriting, so that the backend gets the same request"),
    (
        r"proxy_set_header|\w+_param",
        "what the backend is told; the set is inherited as a whole or not at all",
    ),
    (r"add_header|expires|more_set_headers", "a header for the client"),
    (r"\w+_ssl_|\w+_ssl$", "TLS towards the backend"),
    (r"\w+_pass$", "the same upstream"),
    (r"include", "the lines it brings"),
    (
        r"proxy_(busy_)?buffers|proxy_busy_|proxy_temp_|proxy_max_temp",
        "unused while nothing is buffered",
    ),
    (r"\w+_connect_timeout", "how long to wait for a connection, nothing more"),
    (r"\w+_timeout", "a timeout that holds today"),
    (r"access_log|error_log", "logging"),
    (r"#", "a comment"),
)


def kept(name: str) -> str:
    """The reason beside a kept line."""
    found = (why for pattern, why in _KEPT if re.match(pattern, name))
    return f"kept: {next(found, 'it holds for this path today')}"


_BUFFERING = (
    "Linters flag this line (Gixy's proxy_buffering_off; NGINX's own list of common mistakes): a "
    "slow client then holds a backend connection. Right for a site, and no loss for this one "
    "path: a stream holds its connection anyway, and is never a full buffer"
)
_URI = (
    "nginx-lint's proxy-pass-with-uri flags a path here, since it replaces what the location "
    "matched. This location is one fixed path, so nothing that a client writes is replaced"
)
_CAPTURED = (
    "Gixy's proxy_pass_normalized flags captures here, since Nginx decodes them: they are as they "
    "were, only the query is added"
)
_VERSION = (
    "Advisors ask for 1.1 and keepalive here: this backend fails with them, and a stream needs a "
    "connection of its own anyway"
)
_GZIP = "Advisors that ask for gzip mean pages and scripts: it stays on for the other paths"


def reason(change: Change) -> str:
    """The reason beside a line, with what a linter says of it."""
    note = _note(change.name, change.value)
    return f"{change.reason}. {note}" if note else change.reason


def of_pass(text: str) -> str:
    """What a linter says of a `proxy_pass`, or nothing."""
    path = text.partition("://")[2].partition("/")[2].rstrip('"; ')
    if not path:
        return ""
    return _CAPTURED if "$" in path.removesuffix("$is_args$args") else _URI


def _note(name: str, value: str) -> str:
    if name.endswith("_buffering") and value == "off":
        return _BUFFERING
    return {"proxy_http_version 1.0": _VERSION, "gzip off": _GZIP}.get(f"{name} {value}", "")
