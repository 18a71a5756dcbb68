"""Take a request through the phases of Nginx: server, location, rewrites, files and content.

https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files; the order follows
`ngx_http_core_run_phases`, `ngx_http_internal_redirect` and `ngx_http_named_location` in Nginx's
source. No file is looked at: each is taken as missing, since the path of a stream is none.
"""

import posixpath
from dataclasses import dataclass
from typing import Literal

from wizard.model.config import Config, Directive, Position
from wizard.model.resolution import Doubt, ErrorPage, Request
from wizard.nginx.error_pages import (
    has_error_page,
    is_recursive,
    page_for,
    status_after,
    status_of_url,
)
from wizard.nginx.known_directives import doubt_unknown, is_handler, unknown_directives
from wizard.nginx.locations import (
    find_location,
    named_location,
    pass_directive,
    resolve_path,
)
from wizard.nginx.rewrites import apply_rewrites
from wizard.nginx.route import Route
from wizard.nginx.servers import ServerChoice, merges_slashes, switch_value
from wizard.nginx.settings import version_numbers
from wizard.nginx.variables import RequestState
from wizard.text.display import visible
from wizard.text.messages import tr

MAX_REDIRECTS = 10
"""After so many internal redirects Nginx answers 500."""
PREDICATES_SINCE = (1, 31, 5)
"""The version since which `location $variable` is a predicate and not a prefix (CHANGES)."""
_FILE_HANDLERS = frozenset({"stub_status", "empty_gif", "api", "hls", "f4f", "flv", "mp4"})
"""Directives by which Nginx answers a location itself, without looking for a file of that path."""
_Step = Literal["server", "location"] | Directive | None
"""What comes next: the rewrites of the server, the search of a location, a named location, or
nothing more."""


def follow_route(
    config: Config, choice: ServerChoice, request: Request, version: str | None
) -> Route:
    """The route of this request through the chosen server."""
    path = resolve_path(request.path, merges_slashes(choice, request))
    path_or_root, query, method = path or "/", request.query, request.method
    state = RequestState(config, choice.server, request, path_or_root, query, method, version)
    route = Route(state)
    if path is None:
        text = tr("Nginx answers 400 to this path, whatever the config says")
        route.note("refused-path", text)
        return route
    if choice.match is not None:
        state.capture(choice.match)
    walk = _Walk(choice.http, choice.server, version, route)
    walk.follow("server")
    return walk.route


@dataclass
class _Walk:
    """A route with what is needed to take it further.

    Attributes:
        left: The number of internal redirects that are allowed still.
        is_internal: Whether the request was redirected internally: it may enter `internal`
            locations.
        in_error_page: Whether it came through an error page and another one is not allowed.
    """

    http: Directive | None
    server: Directive
    version: str | None
    route: Route
    left: int = MAX_REDIRECTS
    is_internal: bool = False
    in_error_page: bool = False

    def follow(self, step: _Step) -> None:
        """Take the route on from this step, to the one who answers."""
        while step is not None:
            step = self._take(step)
            self.is_internal = True
            self.left -= 1
            if step is not None and self.left < 0:
                text = tr("the rewrites lead in a circle, so Nginx answers 500")
                self.route.note("circle", text)
                self.route.answer((self.server, *self.route.chain)[-1], 500)
                return

    @property
    def _blocks(self) -> tuple[Directive, ...]:
        """All blocks whose directives apply, outermost first."""
        outer = (self.http, self.server) if self.http else (self.server,)
        return (*outer, *self.route.blocks)

    def _take(self, step: _Step) -> _Step:
        route = self.route
        route.inner, route.chain = None, ()
        if step == "server":
            apply_rewrites(self.server, route)
            self.is_internal, route.moved = self.is_internal or route.rewritten, False
            if route.doubt:
                return None
            if route.answered is not None:
                return self._apply_error_page()
            step = "location"
        if isinstance(step, Directive):
            route.chain, route.named = (step,), True
        else:
            self._search()
        if route.doubt:
            return None
        if route.answered is not None:
            return self._apply_error_page()
        return self._serve()

    def _search(self) -> None:
        """Enter the location of the current path, unless it answers right away."""
        route = self.route
        known = len(route.undecided)
        choice = find_location(self.server, route.path, route.undecided, self._predicate)
        # A pattern that PCRE does not accept keeps Nginx from starting; this one may match.
        untried = (each for each in route.undecided[known:] if each.kind == "limit")
        route.doubt = route.doubt or next(untried, None)
        if route.doubt:
            return
        route.chain = choice.chain if choice else ()
        route.reason = choice.reason if choice else ""
        if choice is None:
            return
        if choice.match is not None:
            route.state.capture(choice.match)
        location = choice.chain[-1]
        internal = next(location.children("internal"), None)
        if internal is not None and not self.is_internal:
            route.answer(internal, 404)
        elif choice.redirect:
            route.answer(location, 301)
            path = visible(route.path, 80)
            text = tr(
                "{where}: Nginx redirects {path} to it with a 301", where=location.where, path=path
            )
            route.note("redirect", text)

    def _predicate(self, location: Directive) -> bool:
        """True if a `location $variable` serves the request, or if that is not decided."""
        if self.version is not None and version_numbers(self.version) < PREDICATES_SINCE:
            return False
        value = self.route.state.fill(location.args[0])
        if value is None or (self.version is None and value not in ("", "0")):
            self.route.doubt = _predicate_doubt(location, knows_value=value is not None)
        return value not in ("", "0")

    def _serve(self) -> _Step:
        """Apply the rewrites and try_files of the location, or of the server without one."""
        route = self.route
        block = route.chain[-1] if route.chain else self.server
        if route.chain and (limit := self._limit_except(block)) is not None:
            route.inner = limit
        elif route.chain:
            apply_rewrites(block, route)
        if route.doubt:
            return None
        if route.answered is None and (denial := self._denial()) is not None and not route.moved:
            route.answer(denial, 403)
        if route.answered is not None:
            return self._apply_error_page()
        if route.moved:
            route.moved = False
            return "location"
        # The try_files of a location do not apply inside of its `if` and `limit_except`.
        directive = next(block.children("try_files"), None) if route.inner is None else None
        return self._try_files(directive) if directive and directive.args else self._content()

    def _limit_except(self, location: Directive) -> Directive | None:
        """The `limit_except` block for methods other than those that it names."""
        method = "GET" if self.route.state.method == "HEAD" else self.route.state.method
        blocks = location.children("limit_except")
        return next((b for b in blocks if method not in map(str.upper, b.args)), None)

    def _denial(self) -> Directive | None:
        """The `deny all` that comes before all other rules of access."""
        blocks = tuple(reversed(self._blocks))
        for block in blocks:
            rules = [each for each in block.block or () if each.name in ("allow", "deny")]
            if rules:
                is_denied = (rules[0].name, rules[0].args) == ("deny", ("all",))
                return rules[0] if is_denied and switch_value(blocks, "satisfy") != "any" else None
        return None

    def _try_files(self, directive: Directive) -> _Step:
        """What the last argument of try_files leads to; those before it are taken as missing."""
        route, last = self.route, directive.args[-1]
        if last.startswith("="):
            route.answer(directive, int(last[1:]) if last[1:].isdecimal() else None)
            text = tr(
                "{where}: try_files answers by which files exist; all are taken as missing",
                where=directive.where,
            )
            route.note("files", text)
            return self._apply_error_page()
        target = route.state.fill(last)
        if target is None:
            text = tr(
                "{where}: try_files leads to {last}, whose variables are not known",
                where=directive.where,
                last=visible(last, 60),
            )
            route.doubt = Doubt("variable", text)
            return None
        text = tr(
            "{where}: files are taken as missing, so try_files leads to {target}",
            where=directive.where,
            target=visible(target, 60),
        )
        route.note("files", text)
        reason = tr("try_files leads to {target}", target=visible(target, 60))
        step = self._redirect(target, reason, directive.where)
        if step is None:
            route.answer(directive, 500)
            return self._apply_error_page()
        return step

    def _redirect(self, target: str, reason: str, where: Position) -> _Step:
        """The step to a named location, or to a path with query; None if there is no such one.

        `reason` is why a named location serves the request.
        """
        if not target.startswith("@"):
            path, _, query = target.partition("?")
            self.route.redirected(path, query, where)
            return "server"
        self.route.reason = reason
        return named_location(self.server, target[1:])

    def _content(self) -> _Step:
        """Who answers: a backend, a module that is not known, or Nginx itself from files."""
        route = self.route
        inside = (each for block in route.innermost for each in block.block or ())
        handler = next(filter(is_handler, inside), None)
        if handler is None and route.pass_directive is not None:
            return None
        doubt = doubt_unknown(handler) if handler else self._unknown_answer()
        if doubt is not None:
            route.doubt = doubt
            return None
        location = route.chain[-1] if route.chain else self.server
        if any(each.name in _FILE_HANDLERS for each in location.block or ()):
            return None
        route.status = 404
        return self._apply_error_page()

    def _unknown_answer(self) -> Doubt | None:
        """Why something else than a file may answer; None if nothing suggests it."""
        unknown = unknown_directives(self._blocks)
        if unknown:
            return doubt_unknown(unknown[-1])
        inside = (each for block in self.route.chain[-1:] for each in block.children("if"))
        for directive in inside:
            if pass_directive(directive) is not None:
                text = tr(
                    "{where}: the request is passed on only if this `if` is met",
                    where=directive.where,
                )
                return Doubt("condition", text)
        return self._index_answer()

    def _index_answer(self) -> Doubt | None:
        """An index file of this path that another location passes on, if the file exists."""
        if not self.route.path.endswith("/"):
            return None
        lines = (each for block in reversed(self._blocks) for each in block.children("index"))
        directive = next(lines, None)
        for name in directive.args if directive else ():
            choice = find_location(self.server, posixpath.join(self.route.path, name), [])
            if directive and choice and pass_directive(choice.chain[-1]) is not None:
                text = tr(
                    "{where}: who answers depends on whether {name} exists",
                    where=directive.where,
                    name=visible(name, 60),
                )
                return Doubt("files", text)
        return None

    def _apply_error_page(self) -> _Step:
        """Follow the error page of Nginx's own answer, if a backend answers there; nothing follows.

        An error page that Nginx answers itself changes only the status: the route then ends at what
        caused the error.
        """
        route = self.route
        page = page_for(self._blocks, route.status)
        is_sent = route.answered is None or has_error_page(route.answered)
        if page is None or self.in_error_page or not is_sent:
            return None
        target = route.state.fill(page.target)
        if self.left <= 0:
            route.status = 500
        elif target is None:
            route.status = None
        elif target.startswith(("/", "@")):
            self._follow_error_page(page, target)
        else:
            route.status = status_of_url(page)
        return None

    def _follow_error_page(self, page: ErrorPage, target: str) -> None:
        """Try where the error page leads, and take the route there if a backend answers."""
        route = self.route
        trial = _Walk(self.http, self.server, self.version, route.copy(), self.left - 1, True)
        trial.in_error_page = not is_recursive(self._blocks)
        trial.route.answered = trial.route.status = None
        if target.startswith("/"):
            trial.route.state.method = "GET"
        reason = tr("the error page is {target}", target=visible(target, 60))
        step = trial._redirect(target, reason, page.where)
        trial.follow(step)
        answer = trial.route.answered
        if step is None:
            route.status = 500
        elif trial.route.pass_directive is not None or trial.route.doubt:
            if route.answered is None:
                text = tr(
                    "{where}: files are taken as missing, so the error page leads to {target}",
                    where=page.where,
                    target=visible(target, 60),
                )
                trial.route.note("files", text)
            self.route = trial.route
        elif answer is not None:
            route.status = status_after(page, route.status, answer, trial.route.status)
        else:
            route.status = None


def _predicate_doubt(location: Directive, *, knows_value: bool) -> Doubt:
    """That it is not decided whether a `location $variable` serves the request."""
    since = ".".join(map(str, PREDICATES_SINCE))
    name = visible(" ".join(location.args), 80)
    if knows_value:
        text = tr(
            "{where}: since Nginx {since}, location {name} matches by its variable, and the "
            "version of this Nginx is not known",
            where=location.where,
            since=since,
            name=name,
        )
    else:
        text = tr(
            "{where}: since Nginx {since}, location {name} matches by its variable, whose value "
            "is not known",
            where=location.where,
            since=since,
            name=name,
        )
    return Doubt("variable", text)
