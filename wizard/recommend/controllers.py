"""What else has to be known where something else writes the config."""

from collections.abc import Iterator

from wizard.model import Case
from wizard.recommend.changes import HOLDING, ROUTING
from wizard.recommend.styles import is_virtual_server
from wizard.target import Style

_LOST = "edit the Ingress, not nginx.conf: {} writes that file again"
_HELD = (
    "ingress-nginx has buffering off unless its ConfigMap or an annotation turns it on. Where it "
    "is off and the stream is still held, another proxy in front of it holds it. What remains to "
    "set here is the read timeout, 60 s by default"
)
_WHOLE = (
    "annotations hold for every path of their Ingress: give the stream (and its messages) an "
    "Ingress of its own for the same host"
)
_MERGED = (
    "annotations hold for every path of their Ingress; the F5 controller takes several for one "
    "host only as master and minions (nginx.org/mergeable-ingress-type): put these on the minion "
    "of the stream's path"
)
_VIRTUAL = (
    "this host is a VirtualServer, which takes no annotations: set the same in its upstream: "
    "buffering: false, read-timeout: 3600s, client-max-body-size, lb-method"
)
_RETIRED = "ingress-nginx was retired in March 2026 and gets no more fixes: plan to leave it"
_REGEX = (
    "use-regex or rewrite-target on any Ingress of this host turns all its paths into regexes: "
    "keep such paths on another host, or write the stream's path as a regex that comes first"
)
_EXACT = "pathType: Exact for the stream's path (or nginx.org/path-regex: exact)"
_REWRITE = (
    "the prefix is taken off by rewrite-target (F5: nginx.org/rewrites): without it, or with a "
    "server that knows its own prefix, the messages need no path of their own"
)
_TLS = "ingress-nginx reads proxy-ssl-* only beside proxy-ssl-secret, and backend-protocol: HTTPS"
_LIMITS = {
    "ingress-nginx": "leave limit-connections, limit-rps and limit-rpm off the stream's Ingress; "
    "limit-whitelist exempts clients, not paths",
    "f5": "leave nginx.org/limit-req-* off the stream's minion; for connections remove limit_conn "
    "from the snippet that sets it",
}
_HEADERS = {
    "ingress-nginx": "ingress-nginx sends Connection by a map and sets its headers in every "
    "location: look for a snippet, or connection-proxy-header, that overrides them",
    "f5": "take the service out of nginx.org/websocket-services: the controller then sends no "
    "Connection: upgrade for it. More headers: nginx.org/proxy-set-headers",
}


def notes(case: Case, ids: frozenset[str], style: Style) -> Iterator[str]:
    """One sentence each."""
    is_f5 = style == "f5"
    yield _LOST.format("the controller")
    yield _MERGED if is_f5 else _WHOLE
    if is_f5 and is_virtual_server(case.site):
        yield _VIRTUAL
    if ids & HOLDING and not is_f5:
        yield _HELD
    if "location-miss" in ids:
        yield _EXACT if is_f5 else _REGEX
    if ids & (ROUTING | {"query-dropped"}):
        yield _REWRITE
    if "tls-upstream-mismatch" in ids and not is_f5:
        yield _TLS
    if "limits" in ids:
        yield _LIMITS[style]
    if ids & {"upgrade-hardcoded", "header-inheritance-lost"}:
        yield _HEADERS[style]
    if not is_f5:
        yield _RETIRED
