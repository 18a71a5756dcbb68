"""Which linter flags a line that is recommended, and why it is right all the same.

Measured: Gixy-Next 0.9.0 and gixy-ng 0.2.59 on blocks that this package writes; nginx-lint by its
sources. gixy-ng no longer has the rule about buffering, its forks and older releases do.
"""

from wizard.recommend.change import Change

_BUFFERING = (
    "Linters flag this line (Gixy's proxy_buffering_off; NGINX's own list of common mistakes): a "
    "slow client then holds a backend connection. Right for a site, and no loss for this one "
    "path: a stream holds its connection anyway, and is never a full buffer"
)
_URI = (
    "Linters flag a path in proxy_pass (Gixy's proxy_pass_normalized, nginx-lint's "
    "proxy-pass-with-uri): Nginx decodes what it replaces. Here the location is one fixed path, "
    "so nothing that a client writes is decoded"
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
    path = text.partition("://")[2].partition("/")[2].rstrip(';" ')
    return _URI if path else ""


def _note(name: str, value: str) -> str:
    if name.endswith("_buffering") and value == "off":
        return _BUFFERING
    return {"proxy_http_version 1.0": _VERSION, "gzip off": _GZIP}.get(f"{name} {value}", "")
