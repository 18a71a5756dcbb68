"""Which location serves a path, and which ones nearly do.

https://nginx.org/en/docs/http/ngx_http_core_module.html#location; the order of nested and regex
locations follows `ngx_http_core_find_location` in Nginx's source.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from wizard.model.config import Directive
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.nginx.patterns import Match, search
from wizard.text.display import visible

PASS_DIRECTIVES = frozenset({
    "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass",
})  # fmt: skip
"""The directives that pass a request to a backend."""
_REFUSED = re.compile(r"%(?![0-9A-Fa-f]{2})|%00|[\x00-\x20\x7f]")
"""What Nginx refuses in a path; control characters and spaces since 1.21.1."""
_PREFIX_MODIFIERS = ("", "^~")
PredicateTest = Callable[[Directive], bool]
"""Whether the variable of a predicate location is met."""
_REGEX_SIGNS = re.compile(r"^\^|\$$|[.)\]][*+?]|^/.*\(.*\|.*\)|\\[.dws/]")
"""Parts of a regex that stand in no path."""
_OUTRANKED = "it matches {} too, but another location takes precedence"


@dataclass(frozen=True, slots=True)
class LocationChoice:
    """The location that serves a path.

    Attributes:
        chain: The location and those around it, outermost first.
        final: Whether the location ends the search (exact or regex), before outer regexes.
        redirect: Whether Nginx answers with a 301 to the path with a slash.
        match: The match of the last regex location in the chain; None without one.
    """

    chain: tuple[Directive, ...]
    final: bool
    reason: str
    redirect: bool = False
    match: Match | None = None

    def with_nested(self, nested: "LocationChoice | None") -> "LocationChoice":
        """This location with the one nested in it that serves the path, if there is one."""
        if nested is None:
            return self
        chain, match = (*self.chain, *nested.chain), nested.match or self.match
        return LocationChoice(chain, nested.final, nested.reason, nested.redirect, match)


def never(_location: Directive) -> bool:
    """No predicate location serves the request."""
    return False


def modifier_and_path(location: Directive) -> tuple[str, str]:
    """The modifier (`=`, `^~`, `~`, `~*`, `@` or empty) and the path or pattern of a location;
    `location =/x` and `location = /x` are the same."""
    if len(location.args) >= 2:
        return location.args[0], location.args[1]
    text = location.args[0] if location.args else ""
    for modifier in ("@", "=", "^~", "~*", "~"):
        if text.startswith(modifier) and (modifier == "@" or text != modifier):
            return modifier, text.removeprefix(modifier)
    return "", text


def pass_directive(location: Directive) -> Directive | None:
    """The pass directive of the location itself; None if it has none."""
    return next((each for each in location.block or () if each.name in PASS_DIRECTIVES), None)


def normalize_path(path: str, merge_slashes: bool = True) -> str:
    """The path as locations see it; `/` for a path that Nginx refuses."""
    return resolve_path(path, merge_slashes) or "/"


def resolve_path(path: str, merge_slashes: bool = True) -> str | None:
    """The path as locations see it: decoded, with `.` and `..` resolved and slashes merged.

    None if Nginx answers 400: to an invalid escape, a control character, or a path that leads above
    the root (`ngx_http_parse_complex_uri` in Nginx's source).
    """
    path = path.partition("#")[0]
    if not path.startswith("/") or _REFUSED.search(path):
        return None
    decoded = unquote_to_bytes(path).decode("utf-8", "surrogateescape")
    if merge_slashes:
        decoded = re.sub(r"/{2,}", "/", decoded)
    parts: list[str] = []
    for part in decoded.split("/")[1:]:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    ends_in_dot = decoded.endswith(("/.", "/.."))
    return "/" + "/".join([*parts, ""] if ends_in_dot and parts else parts)


def find_location(
    block: Directive, path: str, undecided: list[str], is_met: PredicateTest = never
) -> LocationChoice | None:
    """The location of this server (or location) that serves the path; None if there is none.

    A sentence for each pattern that cannot be evaluated is added to `undecided`. `is_met` tells
    which predicate locations (`location $variable`) serve the request: they come after prefixes
    and regexes, in the order of the config.
    """
    locations = tuple(block.children("location"))
    choice = _exact_or_prefix(locations, path)
    if choice is not None and (choice.final or choice.redirect):
        return choice
    ends_search = choice is not None and modifier_and_path(choice.chain[-1])[0] == "^~"
    if choice is not None:
        choice = choice.with_nested(find_location(choice.chain[-1], path, undecided, is_met))
        if choice.final:
            return choice
    if ends_search:
        return choice
    matching = _first_regex(locations, path, undecided) or _first_predicate(locations, is_met)
    if matching is None:
        return choice
    nested = find_location(matching.chain[-1], path, undecided, is_met)
    return replace(matching.with_nested(nested), final=True)


def _exact_or_prefix(locations: Sequence[Directive], path: str) -> LocationChoice | None:
    """The exact location, else the one with the longest matching prefix."""
    longest: tuple[str, Directive] | None = None
    for location in locations:
        modifier, prefix = modifier_and_path(location)
        if modifier == "=" and prefix == path:
            return LocationChoice((location,), True, "an exact location beats all others")
        is_prefix = modifier in _PREFIX_MODIFIERS and path.startswith(prefix)
        if is_prefix and (longest is None or len(prefix) > len(longest[0])):
            longest = prefix, location
    if (redirect := _slash_redirect(locations, path)) and not (longest and longest[0] == path):
        return redirect
    if longest is None:
        return None
    prefix, location = longest
    reason = f"the longest matching prefix is {visible(prefix, 80)}"
    return LocationChoice((location,), False, reason)


def _slash_redirect(locations: Sequence[Directive], path: str) -> LocationChoice | None:
    """The location `/x/` that makes Nginx answer `/x` with a 301, since it passes requests on;
    `= /x/` precedes others."""
    spellings = [(modifier, f"{path}/") for modifier in (*_PREFIX_MODIFIERS, "=")]
    candidates = [each for each in locations if modifier_and_path(each) in spellings]
    if not any(map(pass_directive, candidates)):
        return None
    location = max(candidates, key=lambda each: modifier_and_path(each)[0] == "=")
    return LocationChoice((location,), True, f"Nginx redirects {visible(path, 80)} to it", True)


def _first_regex(
    locations: Sequence[Directive], path: str, undecided: list[str]
) -> LocationChoice | None:
    """The first regex location that matches."""
    for location in locations:
        modifier, text = modifier_and_path(location)
        if modifier not in ("~", "~*"):
            continue
        found = search(text, path, ignore_case=modifier == "~*")
        if found.problem:
            undecided.append(f"{location.where}: the pattern {visible(text, 80)} {found.problem}")
        elif found.match:
            reason = f"the first regex that matches, {visible(text, 80)}, beats the prefixes"
            return LocationChoice((location,), True, reason, match=found.match)
    return None


def _first_predicate(
    locations: Sequence[Directive], is_met: PredicateTest
) -> LocationChoice | None:
    """The first predicate location whose variable is neither empty nor `0`."""
    for location in locations:
        modifier, text = modifier_and_path(location)
        if modifier == "" and text.startswith("$") and is_met(location):
            return LocationChoice((location,), True, f"{visible(text, 80)} is neither empty nor 0")
    return None


def named_location(server: Directive, name: str) -> Directive | None:
    """The location `@name`; None if the server has none."""
    locations = server.children("location")
    return next((each for each in locations if modifier_and_path(each) == ("@", name)), None)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A location that looks intended for a path and does not serve it.

    Attributes:
        why: The reason in one clause.
        unbuffered: Whether it turns buffering off itself.
        is_dead: Whether it serves no path at all.
    """

    directive: Directive
    why: str
    unbuffered: bool
    is_dead: bool = False

    @property
    def name(self) -> str:
        """The location as written: `location = /sse`."""
        return f"location {visible(' '.join(self.directive.args), 80)}"


def near_misses(resolution: RequestResolution) -> tuple[NearMiss, ...]:
    """The locations of the chosen server that pass requests on and nearly serve the path.

    `/` is never among them: it is intended for all other paths.
    """
    if resolution.server is None:
        return ()
    path = normalize_path(resolution.request.path, resolution.merges_slashes)
    serving = resolution.location
    chain = (*serving.parents, serving.directive) if serving else ()
    return tuple(
        NearMiss(location, why, _turns_buffering_off(location), _is_dead(location))
        for location in _all_locations(resolution.server.directive)
        if not any(location is each for each in chain) and _serves_streams(location)
        if (why := _miss_reason(location, path))
        if serving is None or _is_dead(location) or not _is_more_specific(serving, location, path)
    )


def _is_more_specific(serving: LocationRef, other: Directive, path: str) -> bool:
    """True if the serving location is clearly the intended one: it is exact, or both are prefixes
    and it is not `/`."""
    if serving.modifier == "=":
        return serving.path == path
    both_prefixes = {serving.modifier, modifier_and_path(other)[0]} <= set(_PREFIX_MODIFIERS)
    return both_prefixes and serving.path != "/" and path.startswith(serving.path)


def _all_locations(block: Directive) -> Iterator[Directive]:
    """The locations of a block, with the nested locations."""
    for location in block.children("location"):
        yield location
        yield from _all_locations(location)


def _serves_streams(location: Directive) -> bool:
    """True if the location passes requests on, or is meant to change how that is done."""
    is_meant = _is_dead(location) and _turns_buffering_off(location)
    return is_meant or pass_directive(location) is not None


def _turns_buffering_off(location: Directive) -> bool:
    directives = (each for each in location.block or () if each.name.endswith("_buffering"))
    return any(directive.args == ("off",) for directive in directives)


def _is_dead(location: Directive) -> bool:
    """True for a prefix or exact location that is written like a regex, so that no path is it."""
    modifier, text = modifier_and_path(location)
    is_plain = modifier in (*_PREFIX_MODIFIERS, "=")
    return is_plain and _REGEX_SIGNS.search(text) is not None


def _dead_reason(text: str, path: str) -> str:
    if search(text, path).match is None:
        return ""
    return "it is written like a regex, and without ~ before it no path begins like that"


def _miss_reason(location: Directive, path: str) -> str:
    """Why the location does not serve the path; empty if it does not look intended for it."""
    modifier, text = modifier_and_path(location)
    if _is_dead(location):
        return _dead_reason(text, path)
    if modifier in ("~", "~*"):
        return _pattern_miss_reason(text, path)
    if modifier == "@" or text in ("/", ""):
        return ""
    if modifier != "=" and path.startswith(text):
        return _OUTRANKED.format(visible(path, 80))
    difference = f"{visible(text, 80)} is not {visible(path, 80)}"
    if text.rstrip("/") == path.rstrip("/"):
        return f"{difference}: one ends in a slash"
    return f"{difference}: the case differs" if text.lower() == path.lower() else ""


def _pattern_miss_reason(text: str, path: str) -> str:
    found = search(text, path)
    if found.problem:
        return ""
    if found.match:
        # A short pattern such as `.` or `/` matches most paths and is intended for none.
        return _OUTRANKED.format(visible(path, 80)) if len(text) > 3 else ""
    if search(text, path, ignore_case=True).match:
        return f"the pattern does not match {visible(path, 80)}: the case differs"
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    if search(text, other).match:
        return f"the pattern matches {visible(other, 80)}, not {visible(path, 80)}"
    return ""
