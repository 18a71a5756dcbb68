"""Which location serves a path, as Nginx chooses.

https://nginx.org/en/docs/http/ngx_http_core_module.html#location; the order of nested and regex
locations follows `ngx_http_core_find_location` in Nginx's source.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from wizard.model.config import Directive
from wizard.model.resolution import LocationRef, RequestResolution
from wizard.nginx.patterns import compile_pattern, pattern_bytes
from wizard.text.display import visible

_BROKEN = re.compile("%(?![0-9A-Fa-f]{2})|%00")
PASS_DIRECTIVES = frozenset({
    "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass",
})  # fmt: skip
"""The directives that pass a request to a backend."""


@dataclass(frozen=True, slots=True)
class LocationChoice:
    """A location with the ones around it, outermost first.

    Attributes:
        final: Whether the search ended here (exact or regex), so that outer regexes do not count.
        redirect: Whether Nginx answers with a 301 to the path with a slash.
    """

    chain: tuple[Directive, ...]
    final: bool
    reason: str
    redirect: bool = False


def modifier_and_path(location: Directive) -> tuple[str, str]:
    """Modifier and path: `location =/x` and `location ^~ /x` in both spellings."""
    if len(location.args) >= 2:
        return location.args[0], location.args[1]
    text = location.args[0] if location.args else ""
    if text.startswith("@"):
        return "@", text[1:]
    found = re.match(r"(=|\^~|~\*|~)(.+)", text, re.DOTALL)
    return (found[1], found[2]) if found else ("", text)


def passes_on(location: Directive) -> bool:
    """True if the location itself has a pass directive."""
    return any(directive.name in PASS_DIRECTIVES for directive in location.block or ())


def normalize_path(path: str, merge_slashes: bool = True) -> str:
    """The path as locations see it: decoded, dots resolved, slashes merged."""
    return resolve_path(path, merge_slashes) or "/"


def resolve_path(path: str, merge_slashes: bool = True) -> str | None:
    """The same; None where Nginx answers 400: it refuses a broken escape, a zero byte, a path that
    leads above the root (`ngx_http_parse_complex_uri`)."""
    if not path.startswith("/") or _BROKEN.search(path):
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
    ends_in_dot = decoded.rpartition("/")[2] in (".", "..")
    return "/" + "/".join([*parts, ""] if ends_in_dot and parts else parts)


def find_location(block: Directive, path: str, doubts: list[str]) -> LocationChoice | None:
    """The location of this server (or location) that serves the path; None if there is none.

    Args:
        doubts: Gets a sentence for each pattern that could not be tried.
    """
    inside = tuple(block.children("location"))
    fixed = _fixed(inside, path)
    if fixed is not None and (fixed.final or fixed.redirect):
        return fixed
    chosen, no_regex = fixed, False
    if fixed is not None:
        no_regex = modifier_and_path(fixed.chain[-1])[0] == "^~"
        nested = find_location(fixed.chain[-1], path, doubts)
        if nested is not None:
            chain = (*fixed.chain, *nested.chain)
            chosen = LocationChoice(chain, nested.final, nested.reason, nested.redirect)
            if nested.final:
                return chosen
    pattern = None if no_regex else _pattern(inside, path, doubts)
    return pattern or chosen


def _fixed(inside: Sequence[Directive], path: str) -> LocationChoice | None:
    """Exact, else the longest prefix."""
    longest: tuple[str, Directive] | None = None
    for location in inside:
        modifier, prefix = modifier_and_path(location)
        if modifier == "=" and prefix == path:
            return LocationChoice((location,), True, "an exact location beats all others")
        is_prefix = modifier in ("", "^~") and path.startswith(prefix)
        if is_prefix and (longest is None or len(prefix) > len(longest[0])):
            longest = prefix, location
    if (redirect := _slash(inside, path)) and not (longest and longest[0] == path):
        return redirect
    if longest is None:
        return None
    return LocationChoice(
        (longest[1],), False, f"the longest matching prefix is {visible(longest[0], 80)}"
    )


def _slash(inside: Sequence[Directive], path: str) -> LocationChoice | None:
    """A passing location `/x/` makes Nginx answer `/x` with a 301, in the name of `= /x/` where
    there is one."""
    there = [
        location
        for location in inside
        if modifier_and_path(location) in ((one, f"{path}/") for one in ("", "^~", "="))
    ]
    if not any(map(passes_on, there)):
        return None
    chosen = max(there, key=lambda location: modifier_and_path(location)[0] == "=")
    return LocationChoice((chosen,), True, f"Nginx redirects {visible(path, 80)} to it", True)


def _pattern(inside: Sequence[Directive], path: str, doubts: list[str]) -> LocationChoice | None:
    """The first regex location that matches, and what lies nested in it."""
    for location in inside:
        modifier, text = modifier_and_path(location)
        if modifier not in ("~", "~*"):
            continue
        pattern = compile_pattern(text, ignore_case=modifier == "~*")
        if pattern is None:
            doubts.append(f"{location.where}: the pattern {visible(text, 80)} could not be tried")
        elif pattern.search(pattern_bytes(path)):
            nested = find_location(location, path, doubts)
            chain = (location, *(nested.chain if nested else ()))
            reason = f"the first regex that matches, {visible(text, 80)}, beats the prefixes"
            return LocationChoice(chain, True, nested.reason if nested else reason)
    return None


def named_location(server: Directive, name: str) -> Directive | None:
    """The location `@name`."""
    return next(
        (one for one in server.children("location") if modifier_and_path(one) == ("@", name)), None
    )


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Such a location.

    Attributes:
        why: Why it does not serve the path, in one clause.
        unbuffered: Whether it says itself that nothing is to be held.
    """

    directive: Directive
    why: str
    unbuffered: bool

    @property
    def name(self) -> str:
        """As it is written: `location = /sse`."""
        return f"location {visible(' '.join(self.directive.args), 80)}"


def near_misses(resolution: RequestResolution) -> tuple[NearMiss, ...]:
    """The proxied locations of this server that nearly serve the path; never `/`, which is meant
    for the rest."""
    if resolution.server is None:
        return ()
    path, serving = (
        normalize_path(resolution.request.path, resolution.merges_slashes),
        resolution.location,
    )
    chain = {id(one) for one in (*serving.parents, serving.directive)} if serving else set[int]()
    return tuple(
        NearMiss(location, why, _is_off(location))
        for location in _all(resolution.server.directive)
        if id(location) not in chain and passes_on(location)
        if (why := _why(location, path))
        if serving is None or not _is_closer(serving, location, path)
    )


def _is_closer(serving: LocationRef, other: Directive, path: str) -> bool:
    """Whether who serves is plainly the more special one: then that was meant."""
    if serving.modifier == "=":
        return serving.path == path
    prefixes = ("", "^~")
    return (
        serving.modifier in prefixes
        and modifier_and_path(other)[0] in prefixes
        and _is_long(serving, path)
    )


def _is_long(serving: LocationRef, path: str) -> bool:
    return serving.path != "/" and path.startswith(serving.path)


def _all(block: Directive) -> Iterator[Directive]:
    for location in block.children("location"):
        yield location
        yield from _all(location)


def _is_off(location: Directive) -> bool:
    lines = (line for line in location.block or () if line.name.endswith("_buffering"))
    return any(line.args == ("off",) for line in lines)


def _why(location: Directive, path: str) -> str:
    """Why it does not serve the path; empty where it was not meant to."""
    modifier, text = modifier_and_path(location)
    if modifier in ("~", "~*"):
        return _of_pattern(text, path)
    if modifier == "@" or text in ("/", ""):
        return ""
    if modifier != "=" and path.startswith(text):
        return _loses(path)
    if text.rstrip("/") == path.rstrip("/"):
        return f"{visible(text, 80)} is not {visible(path, 80)}: one ends in a slash"
    if text.lower() == path.lower():
        return f"{visible(text, 80)} is not {visible(path, 80)}: the case differs"
    return ""


def _loses(path: str) -> str:
    return f"it matches {visible(path, 80)} as well, and loses"


def _of_pattern(text: str, path: str) -> str:
    plain, loose = compile_pattern(text), compile_pattern(text, ignore_case=True)
    if plain is None or loose is None:
        return ""
    if plain.search(pattern_bytes(path)):
        # A pattern such as `.` or `/` was not meant for this path.
        return _loses(path) if len(text) > 3 else ""
    if loose.search(pattern_bytes(path)):
        return f"the pattern does not match {visible(path, 80)}: the case differs"
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    if plain.search(pattern_bytes(other)):
        return f"the pattern matches {visible(other, 80)}, not {visible(path, 80)}"
    return ""
