"""The argument of `proxy_pass` in another location, so that the backend gets the same URI."""

import re
from collections.abc import Callable, Iterable

from wizard.model.change import Change
from wizard.model.config import Directive
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.nginx.settings import enclosing_blocks
from wizard.nginx.upstream import PASS_URL, escape_uri
from wizard.text.config_tokens import quote_argument

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


def for_exact_path(directive: Directive, location: LocationRef, path: str) -> str | None:
    """The argument of `proxy_pass` in a location for `path` alone; None if it can stay as it is.

    In a prefix location Nginx replaces the part of the path that matched by the directive's URI
    (ngx_http_proxy_module, `proxy_pass`); in a location of the full path it replaces all of it.
    A URI with variables is sent as written, and a regex location cannot have a fixed URI.
    """
    is_prefix = location.modifier in ("", "^~", "=") and path.startswith(location.path)
    rest = path[len(location.path) :]
    if not is_prefix or not rest or not has_fixed_uri(directive):
        return None
    return quote_argument(directive.args[0] + escape_uri(rest))


def for_many_paths(directive: Directive, location: LocationRef) -> tuple[str, str] | None:
    """The argument of `proxy_pass` in a regex location for paths of this prefix location, and the
    `rewrite` that sends its fixed URI; None if a rewrite cannot send the same.

    A regex location takes no URI (ngx_http_proxy_module, `proxy_pass`).
    """
    origin, uri = _origin_and_uri(directive)
    if location.modifier not in ("", "^~") or re.search(r"[%?#]", uri):
        return None
    prefix = quote_argument(f"^{re.escape(location.path)}(.*)$")
    target = quote_argument(f"{uri}$1")
    return quote_argument(origin.removesuffix(":")), f"{prefix} {target} break"


def has_fixed_uri(directive: Directive) -> bool:
    """True if the `proxy_pass` names a URI without variables."""
    origin, uri = _origin_and_uri(directive)
    return bool(uri) and "$" not in origin + uri


def for_upstream_uri(directive: Directive, path: str, upstream_uri: str) -> str | None:
    """The argument of `proxy_pass` that sends `path` to the same backend as `upstream_uri`.

    None if the directive cannot be read.
    """
    origin, uri = _origin_and_uri(directive)
    if not origin:
        return None
    if upstream_uri == path:
        is_kept = "$request_uri" in uri
        return quote_argument(origin + uri if is_kept else origin.removesuffix(":"))
    # The path of a Unix socket is separated from the URI by a colon.
    separator = ":" if "://unix:" in origin else ""
    query = "$is_args$args" if "$" in origin else ""
    address = origin.removesuffix(":") + separator
    return quote_argument(address + escape_uri(upstream_uri) + query)


def with_query(directive: Directive) -> str | None:
    """The argument of `proxy_pass` that passes the query on; None if it does already.

    With variables Nginx sends the URI as it is written, so without the query
    (ngx_http_proxy_module, `proxy_pass`).
    """
    origin, uri = _origin_and_uri(directive)
    argument = origin + uri
    if not uri or "$" not in argument or _QUERY_VARIABLE.search(argument):
        return None
    return quote_argument(f"{argument}&$args" if "?" in uri else f"{argument}$is_args$args")


def for_fixed_name(directive: Directive, resolution: RequestResolution) -> str | None:
    """The argument of the pass directive with the address that its variables have for the request.

    None if it would send another URI: with variables Nginx sends the URI as it is written, without
    the rest of the path (ngx_http_proxy_module, `proxy_pass`).
    """
    upstream, written = resolution.upstream, directive.args[0]
    url = PASS_URL.fullmatch(written)
    if upstream is None or url is None or "$" in upstream.address:
        return None
    is_whole = url["uri"] == "$request_uri" and not resolution.is_rewritten
    if url["uri"] and not is_whole:
        return None
    scheme = url["scheme"] or _scheme_in_variable(resolution, upstream.address)
    if directive.name in ("proxy_pass", "grpc_pass") and not re.fullmatch(r"\w+", scheme):
        return None
    return quote_argument(f"{scheme}://{upstream.address}" if scheme else upstream.address)


def _scheme_in_variable(resolution: RequestResolution, address: str) -> str:
    """The scheme of the `set` value that names this address without a URI; empty without one."""
    values = (
        line.args[-1] for block in enclosing_blocks(resolution) for line in block.children("set")
    )
    urls = filter(None, map(PASS_URL.fullmatch, values))
    named = (url for url in urls if url["address"] == address and not url["uri"])
    return next((url["scheme"] for url in named if url["scheme"]), "")


_NAME_VARIABLE = "$stream_backend"


def for_name_in_variable(
    directive: Directive, resolution: RequestResolution
) -> tuple[str, str] | None:
    """The arguments of `set` and of the pass directive that put the backend's name into a variable.

    None if Nginx would then send another URI.
    """
    url, location = PASS_URL.fullmatch(directive.args[0]), resolution.location
    if url is None or location is None or "$" in directive.args[0]:
        return None
    host, _, port = url["address"].partition(":")
    uri = url["uri"] or ""
    if uri and location.modifier == "=":
        uri = f"{uri}$is_args$args"
    elif uri and location.modifier in ("", "^~") and uri == location.path:
        uri = ""
    elif uri:
        return None
    scheme = f"{url['scheme']}://" if url["scheme"] else ""
    argument = f"{scheme}{_NAME_VARIABLE}{f':{port}' if port else ''}{uri}"
    return f"{_NAME_VARIABLE} {quote_argument(host)}", quote_argument(argument)


def _origin_and_uri(directive: Directive) -> tuple[str, str]:
    """The two parts of a `proxy_pass` argument; the URI may be empty, and both parts are empty
    if the argument cannot be read."""
    argument = directive.args[0] if directive.args else ""
    url = PASS_URL.fullmatch(argument)
    if directive.name != "proxy_pass" or not url or not url["address"]:
        return "", ""
    scheme, uri = (url["scheme"] or "").lower(), url["uri"] or ""
    if not scheme.startswith(("http", "$")) or uri.startswith(("?", "#")):
        return "", ""
    return argument.removesuffix(uri), uri
