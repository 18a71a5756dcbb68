"""Which linter flags a line that is recommended, and why it is right all the same.

Measured on the diffs that the tests apply: Gixy-Next 0.9.0 flags proxy_buffering off and nothing
else that they add; gixy-ng 0.2.59 no longer does (older ones did), but a proxy_pass with captures,
which is written anew where its query was lost. nginx-lint's rules are taken from its sources.
"""

from wizard.recommend.change import Change

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
