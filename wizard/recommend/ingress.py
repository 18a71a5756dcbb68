"""The same change as annotations of an ingress controller.

Names and forms of values: kubernetes/ingress-nginx, docs/user-guide/nginx-configuration/
annotations.md; nginx/kubernetes-ingress, internal/configs/annotations.go.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wizard.model.case import Case
from wizard.model.change import SET_DIRECTIVES, Change, by_key
from wizard.model.diagnosis import BlockLine, Recommendation
from wizard.model.target import Style
from wizard.nginx.settings import duration_s
from wizard.recommend.affinity import HASH
from wizard.recommend.dialect import is_virtual_server
from wizard.recommend.from_config import pending
from wizard.recommend.from_observation import message_paths
from wizard.recommend.reasons import changed
from wizard.recommend.settings import HOLDING, ROUTING, changes, message_changes

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
    if is_f5 and is_virtual_server(case.resolution):
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


Form = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One controller's annotations: the prefix, each directive's name and form, the snippet's."""

    prefix: str
    names: dict[str, tuple[str, Form]]
    snippet: str
    snippet_why: str


def _same(value: str) -> str:
    return value


def _seconds(value: str) -> str:
    return f"{duration_s(value) or 0:g}"


def _boolean(value: str) -> str:
    return "False" if value == "off" else "True"


DIALECTS: dict[Style, Dialect] = {
    "ingress-nginx": Dialect(
        "nginx.ingress.kubernetes.io",
        {
            "proxy_buffering": ("proxy-buffering", _same),
            "proxy_read_timeout": ("proxy-read-timeout", _seconds),
            "proxy_connect_timeout": ("proxy-connect-timeout", _seconds),
            "client_max_body_size": ("proxy-body-size", _same),
            "proxy_http_version": ("proxy-http-version", _same),
            "proxy_ssl_server_name": ("proxy-ssl-server-name", _same),
            "proxy_ssl_name": ("proxy-ssl-name", _same),
            "hash": ("upstream-hash-by", lambda value: value.split()[0]),
        },
        "configuration-snippet",
        "needs allow-snippet-annotations in the controller's ConfigMap, which is off by default",
    ),
    "f5": Dialect(
        "nginx.org",
        {
            "proxy_buffering": ("proxy-buffering", _boolean),
            "proxy_read_timeout": ("proxy-read-timeout", _same),
            "proxy_connect_timeout": ("proxy-connect-timeout", _same),
            "client_max_body_size": ("client-max-body-size", _same),
            "limit_req_dry_run": ("limit-req-dry-run", lambda _: "true"),
            "hash": ("lb-method", lambda value: f"hash {value}"),
        },
        "location-snippets",
        "needs -enable-snippets on the controller, which is off by default",
    ),
}
_NOT_IN_SNIPPETS = SET_DIRECTIVES | {"limit_conn", "limit_req_dry_run"}
"""Directives for which the controllers have settings of their own."""


def annotated(case: Case, ids: frozenset[str], style: Style) -> Recommendation:
    """What to write into the Ingress."""
    dialect, wanted = DIALECTS[style], _wanted(case, ids)
    named = tuple(one for one in wanted if one.name in dialect.names)
    rest = tuple(one for one in wanted if one not in named and one.name not in _NOT_IN_SNIPPETS)
    lines = (*_annotations(dialect, named, rest), *_rule(case, ids))
    what = " and ".join(dialect.names[one.name][0] for one in named)
    return Recommendation(
        summary=f"as annotations of the Ingress: {what or 'see what is to adapt'}",
        lines=lines
        or (BlockLine("# no annotation says this: see what is to adapt", "as it says"),),
        adapt=tuple(notes(case, ids, style)),
    )


def _wanted(case: Case, ids: frozenset[str]) -> tuple[Change, ...]:
    found = changes(case, ids)
    found = pending(case.resolution, found) if case.resolution else found
    message = case.message_resolution or case.resolution
    posts = message_changes(case, message, ids)
    found += pending(message, posts) if message else posts
    found += (HASH,) if "no-affinity" in ids else ()
    return tuple(by_key(found).values())


def _annotations(
    dialect: Dialect, named: tuple[Change, ...], rest: tuple[Change, ...]
) -> Iterator[BlockLine]:
    if named or rest:
        yield BlockLine("metadata:", "of the Ingress that holds the path")
        yield BlockLine("  annotations:", "added to those that it has")
    for one in named:
        name, form = dialect.names[one.name]
        yield BlockLine(f'    {dialect.prefix}/{name}: "{form(one.value)}"', changed(one))
    if rest:
        why = f"no annotation of its own; a snippet {dialect.snippet_why}"
        yield BlockLine(f"    {dialect.prefix}/{dialect.snippet}: |", why)
    for one in rest:
        yield BlockLine(f"      {one.text}", changed(one))


def _rule(case: Case, ids: frozenset[str]) -> Iterator[BlockLine]:
    """The path for messages in the Ingress's rule."""
    if not ids & ROUTING:
        return
    found = message_paths(case)
    path = found[0] if found else "/message"
    yield BlockLine(
        "# under spec.rules[].http.paths, with the backend of the stream's path:", "where"
    )
    yield BlockLine(f'- path: "{path}"', "the path that the endpoint event names")
    yield BlockLine("  pathType: Exact", "this path alone")
