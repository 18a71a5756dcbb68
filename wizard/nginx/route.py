"""The route of a request through server and locations: `rewrite`, `try_files` and `return`, as far
as the config alone decides them.

https://nginx.org/en/docs/http/ngx_http_rewrite_module.html
https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files
"""

import re
from dataclasses import dataclass, field

from wizard.model.config import Directive
from wizard.model.resolution import Request
from wizard.nginx.locations import LocationChoice, find_location, named_location, resolve_path
from wizard.nginx.patterns import compile_pattern, pattern_bytes
from wizard.text.config_redaction import redact_directive
from wizard.text.display import visible

MAX_REDIRECTS = 10
"""After so many internal redirects Nginx answers 500."""
_ABSOLUTE_URLS = ("http://", "https://", "$scheme")
"""A replacement that begins like this makes `rewrite` answer with a redirect."""
_REWRITING_DIRECTIVES = frozenset({"return", "rewrite", "proxy_pass", "break"})


@dataclass
class Route:
    """Where a request ends up.

    Attributes:
        path: The current path, decoded.
        query: None if variables decide it.
        chain: The locations around the request, outermost first; empty if none matches.
        reason: Why the last location was chosen, in one sentence.
        rewritten: Whether the path differs from the request's.
        broken: Whether `rewrite … break` changed the path; proxy_pass then replaces no prefix.
        answered: The directive that answers without a backend (`return`).
        undecided: What the config does not decide, one sentence each.
    """

    path: str
    query: str | None = ""
    chain: tuple[Directive, ...] = ()
    reason: str = ""
    rewritten: bool = False
    broken: bool = False
    answered: Directive | None = None
    undecided: list[str] = field(default_factory=list)


def follow_route(server: Directive, request: Request, merge_slashes: bool = True) -> Route:
    """The route of this request through this server."""
    path = resolve_path(request.path, merge_slashes)
    if path is None:
        return Route("/", undecided=["Nginx answers 400 to this path, whatever the config says"])
    route = Route(path, request.query)
    _apply_rewrites(server, route)
    for _ in range(MAX_REDIRECTS):
        if route.answered is not None:
            return route
        choice = find_location(server, route.path, route.undecided)
        _enter(route, choice)
        if choice is None or choice.redirect or not _leaves_location(server, route):
            return route
    route.undecided.append("the rewrites lead in a circle; Nginx answers 500")
    return route


def _enter(route: Route, choice: LocationChoice | None) -> None:
    route.chain = choice.chain if choice else ()
    route.reason = choice.reason if choice else ""
    if choice and choice.redirect:
        route.answered = choice.chain[-1]
        route.undecided.append(f"{choice.chain[-1].where}: {choice.reason} with a 301")


def _leaves_location(server: Directive, route: Route) -> bool:
    """Apply its rewrites and try_files; true if another location must then be searched."""
    location = route.chain[-1]
    is_rewritten = _apply_rewrites(location, route)
    if route.answered is not None:
        return False
    return is_rewritten or _apply_try_files(server, location, route)


def _apply_rewrites(block: Directive, route: Route) -> bool:
    """Apply the rewrites of one block in order; true if another location must be searched."""
    is_rewritten = False
    for directive in block.block or ():
        if directive.name == "return":
            route.answered = directive
        if directive.name in ("return", "break"):
            return False
        if directive.name == "if":
            _note_if(directive, route)
        if directive.name == "rewrite" and len(directive.args) >= 2:
            flag = _apply_rewrite(directive, route)
            if flag:
                return flag == "last"
            is_rewritten = is_rewritten or flag is not None
    return is_rewritten


def _note_if(directive: Directive, route: Route) -> None:
    """Record an `if` that could change the route as undecided: its condition counts as false."""
    if any(child.name in _REWRITING_DIRECTIVES for child in directive.block or ()):
        condition = visible(redact_directive("if", directive.args), 80)
        route.undecided.append(f"{directive.where}: `if {condition}` is taken as not met")


def _apply_rewrite(directive: Directive, route: Route) -> str | None:
    """Apply one rewrite and return its flag, which ends the rewrites of the block (empty without a
    flag); None if the pattern does not match."""
    regex, replacement, *flags = directive.args
    flag = flags[0] if flags else ""
    pattern = compile_pattern(regex)
    if pattern is None:
        reason = f"the pattern {visible(regex, 80)} could not be tried"
        route.undecided.append(f"{directive.where}: {reason}")
        return None
    match = pattern.search(pattern_bytes(route.path))
    if match is None:
        return None
    if flag in ("redirect", "permanent") or replacement.startswith(_ABSOLUTE_URLS):
        route.answered = directive
        return flag or "redirect"
    return flag if _replace(directive, match, route) else None


def _replace(directive: Directive, match: re.Match[bytes], route: Route) -> bool:
    """Replace path and query; False if variables decide the path."""
    replacement = directive.args[1]
    drops_query = replacement.endswith("?")
    new_path, mark, new_query = replacement.removesuffix("?").partition("?")
    path, query = _substitute(new_path, match), _substitute(new_query, match)
    if path is None:
        route.undecided.append(f"{directive.where}: the rewritten path depends on variables")
        return False
    route.path, route.rewritten = path, True
    route.broken = route.broken or directive.args[2:3] == ("break",)
    if query is None or (route.query is None and not drops_query):
        route.query = None
    elif mark or drops_query:
        # The client's own query is appended, unless the replacement ends in a question mark.
        route.query = "&".join(filter(None, (query, "" if drops_query else route.query)))
    return True


def _substitute(text: str, match: re.Match[bytes]) -> str | None:
    """The text with its captures filled in; None if it has another variable."""
    groups = {**{str(i): g or b"" for i, g in enumerate(match.groups(), 1)}, **match.groupdict(b"")}
    values = {name: value.decode("utf-8", "surrogateescape") for name, value in groups.items()}
    try:
        return re.sub(r"\$\{?(\w+)\}?", lambda variable: values[variable[1]], text)
    except KeyError:
        return None


def _apply_try_files(server: Directive, location: Directive, route: Route) -> bool:
    """Apply try_files as if no file exists; true if another location must be searched."""
    directive = next(location.children("try_files"), None)
    if directive is None or not directive.args:
        return False
    last = directive.args[-1]
    falls_through = f"{directive.where}: taken as falling through to {visible(last, 60)}"
    if last.startswith("@"):
        target = named_location(server, last[1:])
        route.undecided.append(falls_through)
        if target is not None:
            route.chain, route.reason = (target,), f"try_files falls through to {visible(last, 60)}"
        return False
    if last.startswith("=") or "$" in last:
        route.answered = directive
        route.undecided.append(f"{directive.where}: try_files decides by which files exist")
        return False
    route.path, _, route.query = last.partition("?")
    route.rewritten, route.broken = True, False
    route.undecided.append(falls_through)
    return True
