"""`proxy_pass` in a location of another name: the backend must get the same URI as before."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

from wizard.model.change import Change
from wizard.model.config import Directive
from wizard.model.resolution import LocationRef
from wizard.text.config_tokens import quote_argument

_WITH_URI = re.compile(r"(https?://(?:unix:[^:]*:|[^/]+))(/.*)", re.IGNORECASE | re.DOTALL)
_ORIGIN = re.compile(
    r"(?P<origin>(?:https?|\$\{?\w+\}?)://(?:unix:[^:]*:?|[^/$]+|\$\{?(?!request_uri|uri)\w+\}?)+)"
    r"(?P<uri>(?:/|\$\{?(?:request_uri|uri)\b).*)?",
    re.IGNORECASE | re.DOTALL,
)
_QUERY_VARIABLE = re.compile(r"\$\{?(args|query_string|request_uri|is_args)\b")


def replace_passes(
    passes: Iterable[Directive], argument_of: Callable[[Directive], str | None], reason: str
) -> list[Change]:
    """Changes that give pass directives another argument; none where that is None."""
    return [
        Change(directive.name, argument, reason, if_present=True)
        for directive in passes
        if (argument := argument_of(directive))
    ]


def escape_uri(path: str) -> str:
    """A decoded path as Nginx would send it upstream (`ngx_escape_uri`), without variables."""
    return quote(path, safe="/!&'()*+,-.:;=@_~[]")


def for_exact_path(directive: Directive, location: LocationRef, path: str) -> str | None:
    """The argument of `proxy_pass` in a location for `path` alone; None if it can stay as it is.

    In a prefix location the part of the path that matched is replaced by the URI given
    (ngx_http_proxy_module, `proxy_pass`); in a location of the full path all of it would be.
    With variables the URI is taken as it stands, and in a regex location there can be none.
    """
    written = _argument(directive)
    parts = _WITH_URI.fullmatch(written)
    is_prefix = location.modifier in ("", "^~", "=") and path.startswith(location.path)
    if directive.name != "proxy_pass" or not parts or "$" in written or not is_prefix:
        return None
    rest = path[len(location.path) :]
    return quote_argument(parts[1] + parts[2] + escape_uri(rest)) if rest else None


def has_fixed_uri(directive: Directive) -> bool:
    """True if the `proxy_pass` names a URI without variables."""
    written = _argument(directive)
    return "$" not in written and _WITH_URI.fullmatch(written) is not None


def for_upstream_uri(directive: Directive, path: str, upstream_uri: str) -> str | None:
    """The argument of `proxy_pass` that sends `path` to the same backend as `upstream_uri`.

    None if the directive cannot be read.
    """
    parts = _ORIGIN.fullmatch(_argument(directive))
    if directive.name != "proxy_pass" or not parts:
        return None
    origin, given = parts["origin"], parts["uri"] or ""
    if upstream_uri == path:
        same = given if "$request_uri" in given else ""
        return quote_argument(origin.removesuffix(":") + same)
    query = "$is_args$args" if "$" in origin else ""
    return quote_argument(origin + escape_uri(upstream_uri) + query)


def with_query(directive: Directive) -> str | None:
    """The argument of `proxy_pass` that passes the query on; None if it does already.

    With variables Nginx sends the URI as it is written, so without the query
    (ngx_http_proxy_module, `proxy_pass`).
    """
    written = _argument(directive)
    parts = _ORIGIN.fullmatch(written)
    if directive.name != "proxy_pass" or not parts or not parts["uri"] or "$" not in written:
        return None
    has_query = _QUERY_VARIABLE.search(written) is not None
    return None if has_query else quote_argument(f"{written}$is_args$args")


def _argument(directive: Directive) -> str:
    return directive.args[0] if directive.args else ""
