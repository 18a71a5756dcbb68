"""Parse what the user gives on the command line or in the wizard: URLs, sources, hops, headers.

Every function raises `UsageError` with a message that names the option and the right form.
"""

import re
import shlex
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from wizard.model.target import LOCAL, Hop, Source
from wizard.model.vantage import Vantage
from wizard.text.display import comma_list, safe
from wizard.text.errors import UsageError
from wizard.text.marks import MASK
from wizard.text.messages import tr
from wizard.text.urls import is_unix, unix_url

_NAMED = re.compile(r"^([A-Za-z][A-Za-z0-9_.-]*)=(.*)$", re.DOTALL)
_PATH_STARTS = ("/", "./", "../", "~")
"""The beginnings of a log's path; other text with blanks in it is a command."""
_PROGRAM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
"""A command without arguments (`pod=podlogs`), if `pod` is no vantage."""
_UNIX_URL = re.compile(r"(?is)\s*(?:(https?)://(?=unix:/))?unix:(.*)")
"""The URL of a unix socket, alone or as in `proxy_pass http://unix:/run/app.sock:/`."""
_HEADER_NAME = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
"""A token (RFC 9110, section 5.6.2)."""
_USER_INFORMATION = re.compile(r"\A[^/?#\s]+@")
_WEBSOCKET = re.compile(r"^(?:[A-Za-z][A-Za-z0-9_.-]*=)*wss?:", re.IGNORECASE)
"""A URL of a WebSocket (RFC 6455, section 3), where the options allow names before it."""
_CURL = re.compile(r"\s*(?:[$%#>] +)?(?:[A-Za-z_]\w*=\S* +)*(?:[^\s:]*/)?curl(?:\.exe)?\s")
_METHODS_NOT_SENT = {
    "HEAD": tr("HEAD is never sent, because many streams refuse it"),
    "CONNECT": tr("CONNECT opens a tunnel, not a stream"),
}
Header = tuple[str, str]
"""A header's name and its value."""


def parse_vantages(texts: Sequence[str]) -> tuple[Vantage, ...]:
    """The vantages of `NAME='COMMAND PREFIX'`; each prefix is split as a shell splits it."""
    vantages: list[Vantage] = []
    for text in texts:
        vantage = _parse_vantage(text)
        if vantage.name in (LOCAL, *_names(vantages)):
            raise UsageError(
                tr(
                    "--vantage {text}: {name} is taken already",
                    text=safe(text, 100),
                    name=vantage.name,
                )
            )
        vantages.append(vantage)
    return tuple(vantages)


def _parse_vantage(text: str) -> Vantage:
    name, prefix = _split_name(text)
    if not name:
        raise UsageError(
            tr("--vantage {text!r}: write it as NAME='COMMAND PREFIX'", text=safe(text, 100))
        )
    words = _split_words(f"--vantage {name}", prefix)
    if words[-1] in ("sh", "bash", "-c"):
        end = safe(" ".join(words[-2:]), 60)
        reason = tr("the prefix is followed by a command, not by a script")
        raise UsageError(
            tr(
                "--vantage {name}: leave out {end!r} at its end: {reason}",
                name=name,
                end=end,
                reason=reason,
            )
        )
    return Vantage(name, words)


def _split_words(option: str, text: str) -> tuple[str, ...]:
    try:
        words = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            tr(
                "{option}: {error} in {text!r}",
                option=option,
                error=str(error).lower(),
                text=safe(text, 100),
            )
        ) from None
    if not words or not words[0] or "\0" in text:
        raise UsageError(tr("{option}: the command is missing", option=option))
    return words


def _split_name(text: str) -> tuple[str, str]:
    """Split `NAME=REST`; the name is empty if there is none."""
    match = _NAMED.match(text)
    return (match[1], match[2]) if match else ("", text)


def _names(values: Iterable[Vantage | Hop]) -> tuple[str, ...]:
    return tuple(value.name for value in values)


def _split_vantage(text: str, vantages: Sequence[Vantage]) -> tuple[str, str]:
    """Split `[VANTAGE=]LOCATOR`. Raises `UsageError` for a vantage that was not given."""
    name, locator = _split_name(text)
    if not name or name == LOCAL:
        return LOCAL, locator
    if name in _names(vantages):
        return name, locator
    known, shown = comma_list(_names(vantages)) or tr("no vantage was given"), safe(name, 60)
    option = tr("--vantage {shown}='COMMAND PREFIX'", shown=shown)
    raise UsageError(
        tr(
            "{text}: no vantage {shown} is known ({known}): {option}",
            text=safe(text, 200),
            shown=shown,
            known=known,
            option=option,
        )
    )


def parse_url(text: str, vantages: Sequence[Vantage] = ()) -> Source:
    """The source of `[VANTAGE=]URL`; the URL may be that of a unix socket, `unix:/PATH:/URI`."""
    vantage, url = LOCAL, text
    if not text.lower().startswith(("http:", "https:", "ws:", "wss:", "unix:")):
        vantage, url = _split_vantage(text, vantages)
    socket = _UNIX_URL.match(url)
    return Source(_check_unix_url(socket) if socket else check_url(url), vantage)


def parse_hops(texts: Sequence[str], vantages: Sequence[Vantage] = ()) -> tuple[Hop, ...]:
    """The hops of `NAME=URL`. A hop with the name of a vantage is probed from that vantage."""
    hops: list[Hop] = []
    for text in texts:
        name, rest = _split_name(text)
        if not name:
            raise UsageError(tr("--hop {text!r}: write it as NAME=URL", text=safe(text, 200)))
        if name in _names(hops):
            raise UsageError(
                tr("--hop {text}: {name} is taken already", text=safe(text, 200), name=name)
            )
        source = parse_url(rest, vantages)
        if is_unix(source.locator):
            raise UsageError(
                tr("--hop {text}: its URL begins with http:// or https://", text=safe(text, 200))
            )
        has_no_vantage = source.vantage == LOCAL and not rest.startswith(f"{LOCAL}=")
        if has_no_vantage and name in _names(vantages):
            source = Source(source.locator, name)
        hops.append(Hop(name, source))
    return tuple(hops)


def parse_conf(text: str, vantages: Sequence[Vantage] = ()) -> Source:
    """The source of `[VANTAGE=]FILE`; `VANTAGE=` alone means `nginx -T` at that vantage."""
    # A file may be called a=b, so `a` counts as a vantage only if one has this name.
    name, _ = _split_name(text)
    is_vantage = name == LOCAL or name in _names(vantages)
    is_path = "/" in text.partition("=")[0]
    has_vantage = is_vantage or not is_path
    vantage, locator = _split_vantage(text, vantages) if has_vantage else (LOCAL, text)
    if locator.lower().startswith(("http://", "https://")):
        raise UsageError(tr("{text}: a URL where a file is needed", text=safe(text, 200)))
    if "\0" in locator or (not locator and not is_vantage):
        raise UsageError(tr("{text!r}: not a file name", text=safe(text, 200)))
    return Source(locator, vantage)


def parse_log(text: str, vantages: Sequence[Vantage] = ()) -> Source:
    """The source of `[VANTAGE=]PATH`, or of `NAME=COMMAND WORDS`: the output of a command that is
    run at the vantage of that name, or on this machine if there is none."""
    name, locator = _split_name(text)
    is_vantage = name in _names(vantages)
    is_program = not is_vantage and name != LOCAL and _PROGRAM.fullmatch(locator) is not None
    has_words = is_program or len(locator.split()) > 1
    if name and has_words and not locator.startswith(_PATH_STARTS):
        words = _split_words(f"--log {name}", locator)
        if is_vantage:
            return Source(locator, name, f"{name}={locator}", words)
        return Source(locator, LOCAL, name, words)
    source = parse_conf(text, vantages)
    if not source.locator or source.locator == "-":
        raise UsageError(tr("--log {text!r}: the file name is missing", text=safe(text, 200)))
    return source


def parse_method(text: str) -> str:
    """The method in capital letters. Raises `UsageError` for one that is not sent."""
    method = text.strip().upper()
    if not _HEADER_NAME.match(method):
        raise UsageError(tr("--request {text!r}: not a method, such as POST", text=safe(text, 60)))
    if method in _METHODS_NOT_SENT:
        raise UsageError(
            tr(
                "--request {method}: {methods_not_sent}",
                method=method,
                methods_not_sent=_METHODS_NOT_SENT[method],
            )
        )
    return method


def parse_header(text: str) -> Header:
    """The header of `Name: value`. No error message repeats the value: it may be a secret."""
    name, colon, value = text.partition(":")
    if not colon or not _HEADER_NAME.match(name.strip()):
        shown = name if colon else f"{text.split()[0]} …" if len(text.split()) > 1 else "…"
        raise UsageError(tr("--header {shown!r}: write it as 'Name: value'", shown=safe(shown, 60)))
    if any(char < " " or char == "\x7f" or ord(char) > 255 for char in value.strip()):
        problem = tr("its value has a character no header can hold")
        raise UsageError(tr("--header {name!r}: {problem}", name=safe(name, 60), problem=problem))
    return name.strip(), value.strip()


def shown_place(text: str, limit: int) -> str:
    """A host or a URL for a message, without user and password, also where no scheme precedes."""
    return safe(_USER_INFORMATION.sub(f"{MASK}@", text), limit)


def is_curl(text: str) -> bool:
    """True if the text looks like a curl command, and not like a URL."""
    return _CURL.match(text) is not None


def is_websocket(text: str) -> bool:
    """True if `[NAME=]URL` is the URL of a WebSocket."""
    return _WEBSOCKET.match(text.strip()) is not None


def parse_connect_to(text: str) -> tuple[str, int]:
    """The host and the port of `HOST:PORT`."""
    host, _, digits = text.rpartition(":")
    is_number = digits.isascii() and digits.isdigit() and len(digits) <= len("65535")
    if not host or not is_number or not 0 < int(digits) <= 65_535:
        raise UsageError(
            tr("--connect-to {text!r}: write it as HOST:PORT", text=shown_place(text, 100))
        )
    return host.strip("[]"), int(digits)


def _check_unix_url(match: re.Match[str]) -> str:
    """The URL of a unix socket without the scheme of `proxy_pass`. Raises `UsageError`."""
    shown, form = safe(match[0].strip(), 200), tr("write it as unix:/PATH/SOCKET:/URI")
    rest = match[2].rstrip().partition("#")[0]
    path, _, uri = rest.partition(":")
    if match[1] and match[1].lower() == "https":
        raise UsageError(
            tr(
                "{shown}: TLS over a unix socket is not possible here: {form}",
                shown=shown,
                form=form,
            )
        )
    if not rest.isascii() or any(char <= " " or char == "\x7f" for char in rest):
        raise UsageError(
            tr(
                "{shown}: it has blanks or other characters that no URL has: {form}",
                shown=shown,
                form=form,
            )
        )
    if not path.startswith("/") or path.endswith("/"):
        raise UsageError(
            tr("{shown}: the socket's absolute path is missing: {form}", shown=shown, form=form)
        )
    if not uri.startswith("/"):
        raise UsageError(
            tr(
                "{shown}: the stream's URI is missing after the socket: {form}",
                shown=shown,
                form=form,
            )
        )
    return unix_url(path, uri)


def check_url(text: str) -> str:
    """The URL without surrounding blanks and fragment, that of a WebSocket as its `http` or `https`
    URL: the opening handshake is a request of that scheme (RFC 6455, section 4.1).

    Raises `UsageError` unless it is a URL that a request can be made to.
    """
    url = text.strip()
    if is_websocket(url):
        scheme, _, rest = url.partition(":")
        url = f"http{scheme.lower().removeprefix('ws')}:{rest}"
    shown = shown_place(url, 200)
    if not url.isascii() or any(char <= " " or char == "\x7f" for char in url):
        raise UsageError(
            tr("{shown}: not a URL: write it percent-encoded, without blanks", shown=shown)
        )
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(
            tr("{shown}: not a URL: {error}", shown=shown, error=safe(str(error), 200))
        ) from None
    if parts.scheme.lower() == "unix":
        raise UsageError(
            tr(
                "{shown}: give a unix socket as --direct; clients do not connect to it",
                shown=shown,
            )
        )
    if parts.scheme.lower() not in ("http", "https"):
        raise UsageError(
            tr("{shown}: not a URL: it must begin with http:// or https://", shown=shown)
        )
    if not host:
        raise UsageError(tr("{shown}: not a URL: the host is missing", shown=shown))
    if parts.username is not None:
        raise UsageError(
            tr("{shown}: put credentials into --header 'Authorization: …'", shown=shown)
        )
    return url.partition("#")[0]
