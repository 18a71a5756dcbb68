"""`proxy_pass` in a location of another name: the backend must get the same URI as before."""

import re

from wizard.model.config import Directive
from wizard.model.resolution import LocationRef
from wizard.recommend.config_text import uri, word

_WITH_URI = re.compile(r"(https?://(?:unix:[^:]*:|[^/]+))(/.*)", re.IGNORECASE | re.DOTALL)
_ORIGIN = re.compile(
    r"(?P<origin>(?:https?|\$\{?\w+\}?)://(?:unix:[^:]*:?|[^/$]+|\$\{?(?!request_uri|uri)\w+\}?)+)"
    r"(?P<uri>(?:/|\$\{?(?:request_uri|uri)\b).*)?",
    re.IGNORECASE | re.DOTALL,
)
_CARRIES = re.compile(r"\$\{?(args|query_string|request_uri|is_args)\b")


def moved(directive: Directive, location: LocationRef, path: str) -> str | None:
    """The `proxy_pass` to write for `path` alone; None where it can stay as it stands.

    In a prefix location the part of the path that matched is replaced by the URI given
    (ngx_http_proxy_module, `proxy_pass`); in a location of the full path all of it would be.
    With variables the URI is taken as it stands, and in a regex location there can be none.
    """
    written = directive.args[0] if directive.args else ""
    parts = _WITH_URI.fullmatch(written)
    prefix = location.modifier in ("", "^~", "=") and path.startswith(location.path)
    if directive.name != "proxy_pass" or not parts or "$" in written or not prefix:
        return None
    rest = path[len(location.path) :]
    return f"proxy_pass {word(parts[1] + parts[2] + uri(rest))};" if rest else None


def has_uri(directive: Directive) -> bool:
    """Whether a fixed URI stands in the `proxy_pass`."""
    written = directive.args[0] if directive.args else ""
    return "$" not in written and _WITH_URI.fullmatch(written) is not None


def redirected(directive: Directive, path: str, upstream_uri: str) -> str | None:
    """The `proxy_pass` that sends `path` to the same backend as `upstream_uri`; None where the
    line cannot be read."""
    written = directive.args[0] if directive.args else ""
    parts = _ORIGIN.fullmatch(written)
    if directive.name != "proxy_pass" or not parts:
        return None
    origin, given = parts["origin"], parts["uri"] or ""
    if upstream_uri == path:
        same = given if "$request_uri" in given else ""
        return f"proxy_pass {word(origin.removesuffix(':') + same)};"
    query = "$is_args$args" if "$" in origin else ""
    return f"proxy_pass {word(origin + uri(upstream_uri) + query)};"


def with_query(directive: Directive) -> str | None:
    """The `proxy_pass` that passes the query on; None where it does already.

    With variables Nginx sends the URI as it is written, so without the query
    (ngx_http_proxy_module, `proxy_pass`).
    """
    written = directive.args[0] if directive.args else ""
    parts = _ORIGIN.fullmatch(written)
    if directive.name != "proxy_pass" or not parts or not parts["uri"] or "$" not in written:
        return None
    return None if _CARRIES.search(written) else f"proxy_pass {word(f'{written}$is_args$args')};"
