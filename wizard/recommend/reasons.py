"""Reasons: why a line is in a block, why a commonly advised one is not, what linters flag."""

import re
from collections.abc import Iterable

from wizard.model.change import Change
from wizard.nginx.locations import PASS_DIRECTIVES
from wizard.text.messages import tr

_KEPT = {
    r"auth_|allow|deny|satisfy|limit_except|internal|secure_link": tr("access control"),
    r"limit_": tr("a limit in force today"),
    r"if|rewrite|set|return|break": tr("rewriting, so that the backend gets the same request"),
    r"proxy_set_header|\w+_param": tr(
        "a header for the backend; such a set is inherited as a whole or not at all"
    ),
    r"add_header|expires|more_set_headers": tr("a header for the client"),
    r"\w+_ssl_|\w+_ssl$": tr("TLS towards the backend"),
    r"\w+_pass$": tr("the same upstream"),
    r"include": tr("the lines it brings"),
    r"proxy_(busy_)?buffers|proxy_busy_|proxy_temp_|proxy_max_temp": tr(
        "unused while nothing is buffered"
    ),
    r"\w+_connect_timeout": tr("how long to wait for a connection, nothing more"),
    r"\w+_timeout": tr("a timeout in force today"),
    r"access_log|error_log": "logging",
    r"#": "a comment",
}
"""By the beginning of a directive's name, why a line with it stays; the first match counts."""


def reason_to_keep(name: str) -> str:
    """The reason beside a kept line."""
    reasons = (reason for pattern, reason in _KEPT.items() if re.match(pattern, name))
    return tr("kept: {reasons}", reasons=next(reasons, tr("it applies to this path today")))


_BUFFERING = tr(
    "Linters flag this line (Gixy's proxy_buffering_off; NGINX's own list of common "
    "mistakes): a slow client then holds a backend connection. Right for a site, and no "
    "loss for this one path: a stream holds its connection anyway, and never fills a "
    "buffer"
)
_URI = tr(
    "nginx-lint's proxy-pass-with-uri flags a path here, since it replaces what the "
    "location matched. This location serves one path alone, so nothing that a client writes "
    "is replaced"
)
_CAPTURED = tr(
    "Gixy's proxy_pass_normalized flags captures here, since Nginx decodes them: they "
    "are as they were, only the query is added"
)
_VERSION = tr(
    "Advisors ask for 1.1 and keepalive here: this backend fails with them, and a stream "
    "needs a connection of its own anyway"
)
_GZIP = tr("Advisors that ask for gzip mean pages and scripts: it stays on for the other paths")


def reason_of(change: Change) -> str:
    """The reason beside a changed line, with what linters say of it."""
    return ". ".join(filter(None, (change.reason, _linter_note(change))))


def _linter_note(change: Change) -> str:
    if change.if_present and change.name in PASS_DIRECTIVES:
        return _proxy_pass_note(change.value)
    if change.name.endswith("_buffering") and change.value == "off":
        return _BUFFERING
    return {"proxy_http_version 1.0;": _VERSION, "gzip off;": _GZIP}.get(change.text, "")


def _proxy_pass_note(value: str) -> str:
    path = value.partition("://")[2].partition("/")[2].rstrip('"; ')
    if not path:
        return ""
    return _CAPTURED if "$" in path.removesuffix("$is_args$args") else _URI


_USUAL = {
    "proxy_set_header X-Accel-Buffering no;": tr(
        "it does nothing in Nginx: X-Accel-Buffering is a response header, set by the "
        "backend; as a request header it merely reaches the backend"
    ),
    "proxy_connect_timeout 3600s;": tr(
        "it has nothing to do with streaming, cannot usually exceed 75 s, and makes a dead "
        "peer hang the client; a few seconds are right"
    ),
    "proxy_cache off;": tr("it is the default; only needed where a cache is inherited"),
    "proxy_http_version 1.1;": tr(
        "not required by event streams, and the default since Nginx 1.29.7"
    ),
    "proxy_set_header Connection '';": tr(
        "it only serves upstream keepalive, and a proxy_set_header here drops every one of "
        "the outer levels"
    ),
    "gzip off;": tr("with buffering off each flush passes through gzip at once"),
}
"""Lines that are often advised, and why they are not needed. Verified on Nginx 1.22.1 and 1.31.3;
see docs/incident.md."""


def omitted_lines(
    statements: Iterable[tuple[str, ...]], prefix: str = "proxy"
) -> tuple[tuple[str, str], ...]:
    """The commonly advised lines that are not among the statements (name, arguments), with why.

    Lines of ngx_http_proxy_module are left out if directives of another prefix apply.
    """
    present = {_usual_key(statement) for statement in statements}
    usual = {line: why for line, why in _USUAL.items() if prefix == "proxy" or line[:6] != "proxy_"}
    keys = {line: _usual_key(line.rstrip(";").split()) for line in usual}
    return tuple((line, why) for line, why in usual.items() if keys[line] not in present)


def _usual_key(words: Iterable[str]) -> str:
    """The key by which lines are compared: the directive, and for a header its name."""
    name, *args = words
    return f"{name} {args[0].lower()}" if name == "proxy_set_header" and args else name
