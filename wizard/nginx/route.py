"""The way of a request through server and locations: rewrites, try_files, return, where they can
be decided from the config alone.

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
"""After so many internal redirects Nginx gives up with 500."""
_REDIRECTS = ("http://", "https://", "$scheme")


@dataclass
class Route:
    """Where a request ends up.

    Attributes:
        chain: The locations around the request, outermost first; empty where none matches.
        path: The path as it is now, decoded.
        query: The query as it is now; None where variables decide.
        rewritten: Whether it is no longer the path that the client asked for.
        broken: Whether `rewrite … break` changed it: then proxy_pass replaces no prefix.
        answered: The directive that answers without a backend (`return`), or None.
        doubts: What could not be decided, one sentence each.
    """

    path: str
    query: str | None = ""
    chain: tuple[Directive, ...] = ()
    reason: str = ""
    rewritten: bool = False
    broken: bool = False
    answered: Directive | None = None
    doubts: list[str] = field(default_factory=list)


def follow_route(server: Directive, request: Request, merge_slashes: bool = True) -> Route:
    """The way of this request through this server."""
    path = resolve_path(request.path, merge_slashes)
    if path is None:
        return Route("/", doubts=["Nginx answers 400 to this path, whatever the config says"])
    route = Route(path, request.query)
    _rewrites(server, route)
    for _ in range(MAX_REDIRECTS):
        if route.answered is not None:
            return route
        choice = find_location(server, route.path, route.doubts)
        _enter(route, choice)
        if choice is None or choice.redirect:
            return route
        if not _moves_on(server, route):
            return route
    route.doubts.append("the rewrites lead in a circle; Nginx answers 500")
    return route


def _enter(route: Route, choice: LocationChoice | None) -> None:
    route.chain = choice.chain if choice else ()
    route.reason = choice.reason if choice else ""
    if choice and choice.redirect:
        route.answered = choice.chain[-1]
        route.doubts.append(f"{choice.chain[-1].where}: {choice.reason} with a 301")


def _moves_on(server: Directive, route: Route) -> bool:
    """Whether the location sends the request to another one."""
    location = route.chain[-1]
    moved = _rewrites(location, route)
    if route.answered is not None:
        return False
    return moved or _tries(server, location, route)


def _rewrites(block: Directive, route: Route) -> bool:
    """Follow the rewrite directives of one level, in order; whether another location is due."""
    moved = False
    for line in block.block or ():
        if line.name == "return":
            route.answered = line
        if line.name in ("return", "break"):
            return False
        if line.name == "if":
            _note_if(line, route)
        if line.name == "rewrite" and len(line.args) >= 2:
            ended = _rewrite(line, route)
            if ended:
                return ended == "last"
            moved = moved or ended is not None
    return moved


def _note_if(line: Directive, route: Route) -> None:
    telling = {"return", "rewrite", "proxy_pass", "break"}
    if any(child.name in telling for child in line.block or ()):
        condition = visible(redact_directive("if", line.args), 80)
        route.doubts.append(f"{line.where}: `if {condition}` is taken as not met")


def _rewrite(line: Directive, route: Route) -> str | None:
    """Apply one rewrite: the flag that ends the rewriting of this level, empty for none, None
    where the pattern does not match."""
    flag = line.args[2] if len(line.args) > 2 else ""
    pattern = compile_pattern(line.args[0])
    if pattern is None:
        route.doubts.append(
            f"{line.where}: the pattern {visible(line.args[0], 80)} could not be tried"
        )
        return None
    match = pattern.search(pattern_bytes(route.path))
    if match is None:
        return None
    if flag in ("redirect", "permanent") or line.args[1].startswith(_REDIRECTS):
        route.answered = line
        return flag or "redirect"
    return flag if _replace(line, match, route) else None


def _replace(line: Directive, match: re.Match[bytes], route: Route) -> bool:
    """Put the replacement in place of path and query; False where variables decide the path."""
    target, is_whole = line.args[1].removesuffix("?"), line.args[1].endswith("?")
    before, mark, after = target.partition("?")
    path, query = _substitute(before, match), _substitute(after, match)
    if path is None:
        route.doubts.append(f"{line.where}: the rewritten path depends on variables")
        return False
    route.path, route.rewritten = path, True
    route.broken = route.broken or line.args[2:3] == ("break",)
    if query is None or (route.query is None and not is_whole):
        route.query = None
    elif mark or is_whole:
        # The client's own query follows, unless the replacement ends in a question mark.
        route.query = "&".join(filter(None, (query, "" if is_whole else route.query)))
    return True


def _substitute(text: str, match: re.Match[bytes]) -> str | None:
    """The replacement with its captures; None where it holds another variable."""
    groups = {**{str(i): g or b"" for i, g in enumerate(match.groups(), 1)}, **match.groupdict(b"")}
    try:
        return re.sub(
            r"\$\{?(\w+)\}?",
            lambda found: groups[found[1]].decode("utf-8", "surrogateescape"),
            text,
        )
    except KeyError:
        return None


def _tries(server: Directive, location: Directive, route: Route) -> bool:
    """Whether try_files sends the request on, taking it that no such file exists."""
    line = next(location.children("try_files"), None)
    if line is None or not line.args:
        return False
    last = line.args[-1]
    if last.startswith("@"):
        target = named_location(server, last[1:])
        route.doubts.append(f"{line.where}: taken as falling through to {visible(last, 60)}")
        if target is not None:
            route.chain, route.reason = (target,), f"try_files falls through to {visible(last, 60)}"
        return False
    if last.startswith("=") or "$" in last:
        route.answered = line
        route.doubts.append(f"{line.where}: try_files decides by which files exist")
        return False
    route.path, _, route.query = last.partition("?")
    route.rewritten, route.broken = True, False
    route.doubts.append(f"{line.where}: taken as falling through to {visible(last, 60)}")
    return True
