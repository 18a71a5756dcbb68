"""The same change as annotations of an ingress controller.

Names and forms of values: kubernetes/ingress-nginx, docs/user-guide/nginx-configuration/
annotations.md; nginx/kubernetes-ingress, internal/configs/annotations.go.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wizard.conclusion import BlockLine, Recommendation
from wizard.model import Case
from wizard.nginx.units import duration_s
from wizard.recommend.balance import balance
from wizard.recommend.change import SETS, Change, by_key
from wizard.recommend.changes import ROUTING, changes, message_changes
from wizard.recommend.controllers import notes
from wizard.recommend.linters import reason
from wizard.recommend.observed import posted
from wizard.recommend.work import pending
from wizard.target import Style

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
_LEFT = frozenset({"limit_conn", "limit_req_dry_run"})
"""What a snippet is no place for: the controllers have words of their own for it."""


def annotated(case: Case, ids: frozenset[str], style: Style) -> Recommendation:
    """What to write into the Ingress."""
    dialect, wanted = DIALECTS[style], _wanted(case, ids)
    named = tuple(one for one in wanted if one.name in dialect.names)
    rest = tuple(one for one in wanted if one not in named and one.name not in SETS | _LEFT)
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
    found = pending(case.site, found) if case.site else found
    message = case.message_site or case.site
    posts = message_changes(case, message, ids)
    found += pending(message, posts) if message else posts
    found += (balance(case.site).change,) if "no-affinity" in ids else ()
    return tuple(by_key(found).values())


def _annotations(
    dialect: Dialect, named: tuple[Change, ...], rest: tuple[Change, ...]
) -> Iterator[BlockLine]:
    if named or rest:
        yield BlockLine("metadata:", "of the Ingress that holds the path")
        yield BlockLine("  annotations:", "added to those that it has")
    for one in named:
        name, form = dialect.names[one.name]
        yield BlockLine(f'    {dialect.prefix}/{name}: "{form(one.value)}"', reason(one))
    if rest:
        why = f"no annotation of its own; a snippet {dialect.snippet_why}"
        yield BlockLine(f"    {dialect.prefix}/{dialect.snippet}: |", why)
    for one in rest:
        yield BlockLine(f"      {one.text}", reason(one))


def _rule(case: Case, ids: frozenset[str]) -> Iterator[BlockLine]:
    """The path for messages in the Ingress's rule."""
    if not ids & ROUTING:
        return
    found = posted(case)
    path = found[0] if found else "/message"
    yield BlockLine(
        "# under spec.rules[].http.paths, with the backend of the stream's path:", "where"
    )
    yield BlockLine(f'- path: "{path}"', "the path that the endpoint event names")
    yield BlockLine("  pathType: Exact", "this path alone")
