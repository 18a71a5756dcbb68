"""Which location serves a path.

https://nginx.org/en/docs/http/ngx_http_core_module.html#location; the order of nested and regex
locations follows `ngx_http_core_find_location` in Nginx's source.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from wizard.model.config import Directive
from wizard.model.resolution import Doubt
from wizard.nginx.patterns import Match, pattern_doubt, search
from wizard.text.display import visible
from wizard.text.messages import tr

PASS_DIRECTIVES = frozenset({
    "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass",
})  # fmt: skip
"""The directives that pass a request to a backend."""
_REFUSED = re.compile(r"%(?![0-9A-Fa-f]{2})|%00|[\x00-\x20\x7f]")
"""What Nginx refuses in a path; control characters and spaces since 1.21.1."""
PREFIX_MODIFIERS = ("", "^~")
PredicateTest = Callable[[Directive], bool]
"""Whether the variable of a predicate location is met."""


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
    raw = unquote_to_bytes(path.encode("utf-8", "surrogateescape"))
    decoded = raw.decode("utf-8", "surrogateescape")
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
    block: Directive, path: str, undecided: list[Doubt], is_met: PredicateTest = never
) -> LocationChoice | None:
    """The location of this server (or location) that serves the path; None if there is none.

    A doubt for each pattern that cannot be evaluated is added to `undecided`. `is_met` tells
    which predicate locations (`location $variable`) serve the request: they come after prefixes
    and regexes, in the order of the config.
    """
    index = _index_of(block)
    choice = _exact_or_prefix(index, path)
    if choice is not None and (choice.final or choice.redirect):
        return choice
    ends_search = choice is not None and modifier_and_path(choice.chain[-1])[0] == "^~"
    if choice is not None:
        choice = choice.with_nested(find_location(choice.chain[-1], path, undecided, is_met))
        if choice.final:
            return choice
    if ends_search:
        return choice
    matching = _first_regex(index, path, undecided) or _first_predicate(index, is_met)
    if matching is None:
        return choice
    nested = find_location(matching.chain[-1], path, undecided, is_met)
    return replace(matching.with_nested(nested), final=True)


@dataclass(frozen=True, slots=True)
class _Index:
    """The locations of one block by what they are written as; of several alike the first.

    Attributes:
        prefixes: The locations that match every path which begins with their path.
        lengths: The lengths of these paths, the longest first.
        regexes: In the order of the config, as the `predicates` (`location $variable`) are.
    """

    exact: Mapping[str, Directive]
    prefixes: Mapping[str, Directive]
    lengths: tuple[int, ...]
    named: Mapping[str, Directive]
    regexes: tuple[Directive, ...]
    predicates: tuple[Directive, ...]


_indexes: dict[int, tuple[Directive, _Index]] = {}
"""The indexes of blocks with many locations, by the block's identity."""
_MAX_INDEXES, _MANY = 8, 100


def _index_of(block: Directive) -> _Index:
    """The index of this block; that of a large block is kept for the next request."""
    kept = _indexes.get(id(block))
    if kept is not None and kept[0] is block:
        return kept[1]
    index = _make_index(block)
    if len(block.block or ()) >= _MANY:
        while len(_indexes) >= _MAX_INDEXES:
            del _indexes[next(iter(_indexes))]
        _indexes[id(block)] = block, index
    return index


def _make_index(block: Directive) -> _Index:
    exact, prefixes, named = (dict[str, Directive]() for _ in range(3))
    regexes, predicates = list[Directive](), list[Directive]()
    by_path = {"=": exact, "@": named, **dict.fromkeys(PREFIX_MODIFIERS, prefixes)}
    for location in block.children("location"):
        modifier, text = modifier_and_path(location)
        if modifier in by_path:
            by_path[modifier].setdefault(text, location)
        elif modifier in ("~", "~*"):
            regexes.append(location)
        if modifier == "" and text.startswith("$"):
            predicates.append(location)
    lengths = tuple(sorted(set(map(len, prefixes)), reverse=True))
    return _Index(exact, prefixes, lengths, named, tuple(regexes), tuple(predicates))


def _exact_or_prefix(index: _Index, path: str) -> LocationChoice | None:
    """The exact location, else the one with the longest matching prefix."""
    if location := index.exact.get(path):
        return LocationChoice(
            (location,), True, tr("an exact location takes precedence over all others")
        )
    if (redirect := _slash_redirect(index, path)) and path not in index.prefixes:
        return redirect
    for length in index.lengths:
        if length <= len(path) and (location := index.prefixes.get(path[:length])):
            reason = tr("the longest matching prefix is {path}", path=visible(path[:length], 80))
            return LocationChoice((location,), False, reason)
    return None


def _slash_redirect(index: _Index, path: str) -> LocationChoice | None:
    """The location `/x/` that makes Nginx answer `/x` with a 301, since it passes requests on;
    `= /x/` precedes others."""
    written = (table.get(f"{path}/") for table in (index.exact, index.prefixes))
    candidates = [location for location in written if location is not None]
    if not any(map(pass_directive, candidates)):
        return None
    reason = tr("Nginx redirects {path} to it", path=visible(path, 80))
    return LocationChoice((candidates[0],), True, reason, True)


def _first_regex(index: _Index, path: str, undecided: list[Doubt]) -> LocationChoice | None:
    """The first regex location that matches."""
    for location in index.regexes:
        modifier, text = modifier_and_path(location)
        found = search(text, path, ignore_case=modifier == "~*")
        if found.problem:
            undecided.append(pattern_doubt(location.where, text, found.problem))
        elif found.match:
            reason = tr(
                "the regex {text} is the first that matches, and takes precedence over prefixes",
                text=visible(text, 80),
            )
            return LocationChoice((location,), True, reason, match=found.match)
    return None


def _first_predicate(index: _Index, is_met: PredicateTest) -> LocationChoice | None:
    """The first predicate location whose variable is neither empty nor `0`."""
    location = next(filter(is_met, index.predicates), None)
    if location is None:
        return None
    name = visible(modifier_and_path(location)[1], 80)
    return LocationChoice((location,), True, tr("{name} is neither empty nor 0", name=name))


def named_location(server: Directive, name: str) -> Directive | None:
    """The location `@name`; None if the server has none."""
    return _index_of(server).named.get(name)
