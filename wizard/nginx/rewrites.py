"""The directives of the rewrite module in one block, applied in order to a route.

https://nginx.org/en/docs/http/ngx_http_rewrite_module.html
"""

import re
from urllib.parse import quote

from wizard.model.config import Directive
from wizard.nginx.conditions import evaluate
from wizard.nginx.locations import PASS_DIRECTIVES
from wizard.nginx.patterns import pattern_doubt, search
from wizard.nginx.route import Route
from wizard.nginx.variables import MAX_VALUE_CHARS
from wizard.text.config_redaction import redact_directive
from wizard.text.display import visible
from wizard.text.messages import tr

_ABSOLUTE_URLS = ("http://", "https://", "$scheme")
"""A replacement that begins like this makes `rewrite` answer with a redirect."""
_REDIRECTS = {"redirect": 302, "permanent": 301}
_ROUTING = frozenset({"return", "rewrite", "break", *PASS_DIRECTIVES})
"""Directives by which an `if` can change who answers."""


def apply_rewrites(block: Directive, route: Route) -> bool:
    """Apply the rewrites of one block; True if one of them ends those of the outer block too."""
    for directive in block.block or ():
        name, args = directive.name, directive.args
        if name == "return" and args:
            route.answer(directive, int(args[0]) if args[0].isdecimal() else 302)
            return True
        if name == "break":
            route.broken, route.moved = route.broken or route.moved, False
            return True
        if name == "set" and len(args) == 2:
            value = route.state.fill(args[1])
            route.state.assign(args[0].lstrip("$"), value, directive.where)
        is_end = (name == "if" and _apply_if(directive, route)) or (
            name == "rewrite" and len(args) >= 2 and _apply_rewrite(directive, route)
        )
        if is_end:
            return True
    return False


def _apply_if(directive: Directive, route: Route) -> bool:
    """Apply the rewrites of an `if` whose condition is met; True if they end all others.

    Inside a location its other directives apply as well. One that is not decided counts as not
    met, and what it sets as not decided.
    """
    condition = evaluate(directive.args, route.state)
    if condition.is_met is None or condition.tests_files:
        _note_if(directive, route, is_met=bool(condition.is_met))
    if condition.is_met is None:
        for each in directive.children("set"):
            name = each.args[0].lstrip("$") if each.args else ""
            route.state.assign(name, None, each.where)
    if not condition.is_met:
        return False
    if route.chain:
        route.inner = directive
    return apply_rewrites(directive, route)


def _note_if(directive: Directive, route: Route, *, is_met: bool) -> None:
    """Record an `if` that could change the route as undecided."""
    if any(child.name in _ROUTING for child in directive.block or ()):
        condition = visible(redact_directive("if", directive.args), 80)
        route.conditions.append(directive)
        place = str(directive.where)
        if is_met:
            text = tr(
                "{place}: `if {condition}` is taken as met: every file is taken as missing",
                place=place,
                condition=condition,
            )
        else:
            text = tr(
                "{place}: `if {condition}` is taken as not met", place=place, condition=condition
            )
        route.note("files" if is_met else "condition", text)


def _apply_rewrite(directive: Directive, route: Route) -> bool:
    """Apply one `rewrite`; True if its flag ends the others."""
    regex, replacement, *flags = directive.args
    flag = flags[0] if flags else ""
    found = search(regex, route.path)
    if found.problem:
        route.state.captures = None
        doubt = pattern_doubt(directive.where, regex, found.problem)
        route.undecided.append(doubt)
        # A pattern that PCRE does not accept keeps Nginx from starting; this one may match.
        route.doubt = route.doubt or (doubt if doubt.kind == "limit" else None)
        return route.doubt is not None
    if found.match is None:
        route.state.captures = ()
        return False
    route.state.capture(found.match)
    if flag in _REDIRECTS or replacement.startswith(_ABSOLUTE_URLS):
        route.answer(directive, _REDIRECTS.get(flag, 302))
        route.rewritten = True
        return True
    if not _replace(directive, route):
        return False
    route.moved = flag != "break"
    route.broken = route.broken or flag == "break"
    return flag in ("last", "break")


def _replace(directive: Directive, route: Route) -> bool:
    """Replace path and query; False if variables that are not decided make up the path."""
    state, replacement = route.state, directive.args[1]
    drops_query = replacement.endswith("?")
    new_path, mark, new_query = replacement.removesuffix("?").partition("?")
    path, query = state.fill(new_path), _fill_query(new_query, route)
    state.changed_by = directive.where
    if path is None:
        state.knows_path = False
        text = tr(
            "{where}: the rewritten path has variables whose value is not known",
            where=directive.where,
        )
        route.note("variable", text)
        return False
    state.path, route.rewritten = path, True
    if query is None or (state.query is None and not drops_query):
        state.query = None
    elif mark or drops_query:
        # The client's own query is appended, unless the replacement ends in a question mark.
        joined = "&".join(filter(None, (query, "" if drops_query else state.query)))
        state.query = joined if len(joined) <= MAX_VALUE_CHARS else None
    return True


def _fill_query(text: str, route: Route) -> str | None:
    """The query with its variables filled in; groups are escaped if the request's path was."""
    state, path = route.state, route.state.request.path
    if not re.search("[%+]", path):
        return state.fill(text)
    captures = state.captures or ()
    state.captures = tuple(quote(each, safe="/:;,=!$'()*@~[]-._") for each in captures)
    query, state.captures = state.fill(text), captures
    return query
