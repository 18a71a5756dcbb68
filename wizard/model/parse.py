"""Where things are: URLs, vantages, hops, configs and logs, as the options name them."""

import re
import shlex
from collections.abc import Sequence
from urllib.parse import urlsplit

from wizard.model.target import LOCAL, Hop, Source
from wizard.model.vantage import Vantage
from wizard.text.display import safe
from wizard.text.errors import UsageError

_NAMED = re.compile(r"^([A-Za-z][A-Za-z0-9_.-]*)=(.*)$", re.DOTALL)
_PATH = ("/", "./", "../", "~")
"""How a log's path at another place begins; what begins otherwise and has blanks is a command."""
_HEADER_NAME = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
"""A token (RFC 9110, section 5.6.2)."""
_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
"""What is a command without words, where it cannot be a path at a vantage: `pod=podlogs`."""


def parse_vantages(texts: Sequence[str]) -> tuple[Vantage, ...]:
    """The vantages that `NAME='COMMAND PREFIX'` names, each split as a shell splits it."""
    found: list[Vantage] = []
    for text in texts:
        one = _vantage_of(text)
        if one.name in (LOCAL, *(known.name for known in found)):
            raise UsageError(f"--vantage {safe(text, 100)}: {one.name} is taken already")
        found.append(one)
    return tuple(found)


def _vantage_of(text: str) -> Vantage:
    name, prefix = _named(text)
    if not name:
        raise UsageError(f"--vantage {safe(text, 100)!r}: write it as NAME='COMMAND PREFIX'")
    words = _words(f"--vantage {name}", prefix)
    if words[-1] in ("sh", "bash", "-c"):
        raise UsageError(
            f"--vantage {name}: leave out {safe(' '.join(words[-2:]), 60)!r} at its end: a command "
            "is put there, not a script"
        )
    return Vantage(name, words)


def _words(option: str, text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"{option}: {str(error).lower()} in {safe(text, 100)!r}") from None
    if not words or not words[0] or "\0" in text:
        raise UsageError(f"{option}: it names no command")
    return words


def _named(text: str) -> tuple[str, str]:
    """`NAME=REST` in two, the name empty where there is none."""
    found = _NAMED.match(text)
    return (found[1], found[2]) if found else ("", text)


def _at(text: str, vantages: Sequence[Vantage]) -> tuple[str, str]:
    """`[VANTAGE=]WHAT` in two. Raises `UsageError` for a vantage that was not given."""
    name, what = _named(text)
    if not name or name == LOCAL:
        return LOCAL, what
    if name in (one.name for one in vantages):
        return name, what
    given = ", ".join(one.name for one in vantages) or "none was given"
    raise UsageError(
        f"{safe(text, 200)}: no vantage {safe(name, 60)} is known ({given}): --vantage "
        f"{safe(name, 60)}='COMMAND PREFIX'"
    )


def parse_url(text: str, vantages: Sequence[Vantage] = ()) -> Source:
    """`[VANTAGE=]URL` as a place."""
    if text.lower().startswith(("http:", "https:")):
        return Source(check_url(text))
    vantage, url = _at(text, vantages)
    return Source(check_url(url), vantage)


def parse_hops(texts: Sequence[str], vantages: Sequence[Vantage] = ()) -> tuple[Hop, ...]:
    """The hops that `NAME=URL` names. A hop that is called as a vantage is asked from there."""
    found: list[Hop] = []
    for text in texts:
        name, rest = _named(text)
        if not name:
            raise UsageError(f"--hop {safe(text, 200)!r}: write it as NAME=URL")
        if name in (one.name for one in found):
            raise UsageError(f"--hop {safe(text, 200)}: {name} is taken already")
        place = parse_url(rest, vantages)
        here = place.vantage == LOCAL and not rest.startswith(f"{LOCAL}=")
        if here and name in (one.name for one in vantages):
            place = Source(place.locator, name)
        found.append(Hop(name, place))
    return tuple(found)


def parse_conf(text: str, vantages: Sequence[Vantage] = ()) -> Source:
    """`[VANTAGE=]SOURCE` as a place; `VANTAGE=` alone is its own `nginx -T`."""
    # A file may be called a=b; a vantage's name goes first only where it is one.
    name, _ = _named(text)
    known = name == LOCAL or name in (one.name for one in vantages)
    vantage, what = _at(text, vantages) if known or not _is_path(text) else (LOCAL, text)
    if what.lower().startswith(("http://", "https://")):
        raise UsageError(f"{safe(text, 200)}: a URL where a file is needed")
    if "\0" in what or (not what and not known):
        raise UsageError(f"{safe(text, 200)!r}: not a file name")
    return Source(what, vantage)


def _is_path(text: str) -> bool:
    return "/" in text.partition("=")[0]


def parse_log(text: str, vantages: Sequence[Vantage] = ()) -> Source:
    """`[VANTAGE=]PATH`, or `NAME=COMMAND WORDS`: what a command prints, there or here."""
    name, what = _named(text)
    there = name in (one.name for one in vantages)
    alone = not there and name != LOCAL and _PROGRAM.fullmatch(what) is not None
    is_command = bool(name) and not what.startswith(_PATH) and (alone or len(what.split()) > 1)
    if is_command:
        words = _words(f"--log {name}", what)
        return Source(what, name if there else LOCAL, f"{name}={what}" if there else name, words)
    place = parse_conf(text, vantages)
    if not place.locator or place.locator == "-":
        raise UsageError(f"--log {safe(text, 200)!r}: it names no file")
    return place


def header_of(text: str) -> tuple[str, str]:
    """`Name: value` as a header. Raises `UsageError`, whose message never repeats the value."""
    name, colon, value = text.partition(":")
    if not colon or not _HEADER_NAME.match(name.strip()):
        raise UsageError(f"--header {safe(name, 60)!r}: write it as 'Name: value'")
    if any(char < " " or char == "\x7f" or ord(char) > 255 for char in value.strip()):
        raise UsageError(
            f"--header {safe(name, 60)!r}: its value has a character no header can hold"
        )
    return name.strip(), value.strip()


def check_url(text: str) -> str:
    """The URL without blanks around it. Raises `UsageError` saying what is wrong with it."""
    url = text.strip()
    shown = safe(url, 200)
    if not url.isascii() or any(char <= " " or char == "\x7f" for char in url):
        raise UsageError(f"{shown}: not a URL: write it percent-encoded, without blanks")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{shown}: not a URL: {safe(str(error), 200)}") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise UsageError(f"{shown}: not a URL: it must begin with http:// or https://")
    if not host:
        raise UsageError(f"{shown}: not a URL: it names no host")
    if parts.username is not None:
        raise UsageError(f"{shown}: put credentials into --header 'Authorization: …'")
    return url.partition("#")[0]
