"""Which location serves a path, as Nginx chooses.

https://nginx.org/en/docs/http/ngx_http_core_module.html#location; the order of nested and regex
locations follows `ngx_http_core_find_location` in Nginx's source.
"""

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from wizard.model.config import Directive
from wizard.text.display import visible

_PIECE = re.compile(
    r"(?P<escape>\\.)|(?P<set>\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\])|(?P<named>\(\?<(?![=!]))",
    re.DOTALL,
)
_IN_SET = re.compile(r"(?<=.)(?:\\.|\[:\^?\w+:\]|[\[&~|])", re.DOTALL)
_ESCAPES = {
    r"\z": r"\Z", r"\Z": r"(?=\n?\Z)", r"\h": r"[\t \xa0]", r"\H": r"[^\t \xa0]", r"\e": r"\x1b",
    r"\v": r"[\n-\r\x85]", r"\V": r"[^\n-\r\x85]", r"\N": r"[^\n]", r"\R": r"(?:\r\n|[\n-\r\x85])",
}  # fmt: skip
_SET_ESCAPES = {
    r"\h": r"\t \xa0", r"\v": r"\n-\r\x85", r"\e": r"\x1b", "[": r"\[", "&": r"\&", "~": r"\~",
    "|": r"\|", "[:alpha:]": "a-zA-Z", "[:digit:]": "0-9", "[:alnum:]": "a-zA-Z0-9",
    "[:upper:]": "A-Z", "[:lower:]": "a-z", "[:space:]": r"\s", "[:blank:]": r"\t ",
    "[:word:]": r"\w", "[:xdigit:]": "0-9A-Fa-f", "[:cntrl:]": r"\x00-\x1f\x7f",
    "[:graph:]": "!-~", "[:print:]": " -~", "[:punct:]": r"!-/:-@\[-`{-~",
}  # fmt: skip


def raw(text: str) -> bytes:
    """The bytes that Nginx matches: `.` is one of them, `\\w` is ASCII."""
    return text.encode("utf-8", "surrogateescape")


@lru_cache(maxsize=4096)
def compiled(pattern: str, ignore_case: bool = False) -> re.Pattern[bytes] | None:
    """The pattern over `raw` text, or None where Python cannot say what PCRE would match."""
    try:
        text = _PIECE.sub(_piece, pattern)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(raw(text), re.IGNORECASE if ignore_case else 0)
    except (re.error, RecursionError, OverflowError, KeyError, Warning, UnicodeEncodeError):
        return None


def _piece(found: re.Match[str]) -> str:
    if found["named"]:
        return "(?P<"
    if found["escape"]:
        return _ESCAPES.get(found[0], found[0])
    return _IN_SET.sub(_in_set, found[0])


def _in_set(found: re.Match[str]) -> str:
    """Raises KeyError for a class that cannot be said in a set, such as `[:^alpha:]`."""
    text = found[0]
    is_same = text.startswith("\\") and text not in _SET_ESCAPES
    return text if is_same else _SET_ESCAPES[text]


_BROKEN = re.compile("%(?![0-9A-Fa-f]{2})|%00")
PASS_DIRECTIVES = frozenset({
    "proxy_pass", "fastcgi_pass", "uwsgi_pass", "scgi_pass", "grpc_pass", "memcached_pass",
})  # fmt: skip
"""The directives that pass a request to a backend."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A location with the ones around it, outermost first.

    Attributes:
        final: Whether the search ended here (exact or regex), so that outer regexes do not count.
        redirect: Whether Nginx answers with a 301 to the path with a slash.
    """

    chain: tuple[Directive, ...]
    final: bool
    reason: str
    redirect: bool = False


def spelled(location: Directive) -> tuple[str, str]:
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


def normal(path: str, merge_slashes: bool = True) -> str:
    """The path as locations see it: decoded, dots resolved, slashes merged."""
    return resolved(path, merge_slashes) or "/"


def resolved(path: str, merge_slashes: bool = True) -> str | None:
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


def find(block: Directive, path: str, doubts: list[str]) -> Choice | None:
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
        no_regex = spelled(fixed.chain[-1])[0] == "^~"
        nested = find(fixed.chain[-1], path, doubts)
        if nested is not None:
            chain = (*fixed.chain, *nested.chain)
            chosen = Choice(chain, nested.final, nested.reason, nested.redirect)
            if nested.final:
                return chosen
    pattern = None if no_regex else _pattern(inside, path, doubts)
    return pattern or chosen


def _fixed(inside: Sequence[Directive], path: str) -> Choice | None:
    """Exact, else the longest prefix."""
    longest: tuple[str, Directive] | None = None
    for location in inside:
        modifier, prefix = spelled(location)
        if modifier == "=" and prefix == path:
            return Choice((location,), True, "an exact location beats all others")
        is_prefix = modifier in ("", "^~") and path.startswith(prefix)
        if is_prefix and (longest is None or len(prefix) > len(longest[0])):
            longest = prefix, location
    if (redirect := _slash(inside, path)) and not (longest and longest[0] == path):
        return redirect
    if longest is None:
        return None
    return Choice((longest[1],), False, f"the longest matching prefix is {visible(longest[0], 80)}")


def _slash(inside: Sequence[Directive], path: str) -> Choice | None:
    """A passing location `/x/` makes Nginx answer `/x` with a 301, in the name of `= /x/` where
    there is one."""
    there = [
        location
        for location in inside
        if spelled(location) in ((one, f"{path}/") for one in ("", "^~", "="))
    ]
    if not any(map(passes_on, there)):
        return None
    chosen = max(there, key=lambda location: spelled(location)[0] == "=")
    return Choice((chosen,), True, f"Nginx redirects {visible(path, 80)} to it", True)


def _pattern(inside: Sequence[Directive], path: str, doubts: list[str]) -> Choice | None:
    """The first regex location that matches, and what lies nested in it."""
    for location in inside:
        modifier, text = spelled(location)
        if modifier not in ("~", "~*"):
            continue
        pattern = compiled(text, ignore_case=modifier == "~*")
        if pattern is None:
            doubts.append(f"{location.where}: the pattern {visible(text, 80)} could not be tried")
        elif pattern.search(raw(path)):
            nested = find(location, path, doubts)
            chain = (location, *(nested.chain if nested else ()))
            reason = f"the first regex that matches, {visible(text, 80)}, beats the prefixes"
            return Choice(chain, True, nested.reason if nested else reason)
    return None


def named(server: Directive, name: str) -> Directive | None:
    """The location `@name`."""
    return next((one for one in server.children("location") if spelled(one) == ("@", name)), None)
