"""The request of a curl command, as browsers copy it or as it is typed; curl is not run.

Nothing is read or replaced that the command names: no file, no variable. What it asks for and is
not done is a note, and a body that is not known is never left out silently.
"""

import os.path
import re
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

from wizard.model.body import MAX_BODY_BYTES
from wizard.model.client_request import FORM_TYPE, ClientRequest, is_json
from wizard.model.command_words import split_command
from wizard.model.curl_options import read_options
from wizard.model.curl_state import CurlState, basic_auth
from wizard.model.parse import Header, check_url, is_websocket
from wizard.model.target import Http
from wizard.text.display import comma_list, safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

MAX_COMMAND_CHARS = 16 << 20
_BEFORE_CURL = frozenset({"sudo", "time", "env", "command", "exec", "nohup"})
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_LONE_SURROGATE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
"""All but those that stand for a byte that is no UTF-8."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_GLOB_ESCAPE = re.compile(r"\\([\[\]{}])")
_GLOB = re.compile(r"\{[^{}]*,[^{}]*\}|\[\w+-\w+(?::\d+)?\]")
_WEBSOCKET_HEADER = re.compile(r"(?i)upgrade|sec-websocket-(?:key|version|extensions)")
_OURS = frozenset({"accept", "host", "user-agent"})
"""Headers that each of our requests has, besides the Content-Type of a body."""


def parse_curl(text: str) -> ClientRequest:
    """The request of the command; a Content-Type that curl would add is in `body_type`.

    Raises `UsageError` in one sentence, which contains no value of a header and nothing of a body.
    """
    if len(text) > MAX_COMMAND_CHARS:
        raise UsageError(
            tr(
                "--curl: longer than {max_command_chars} Mi characters",
                max_command_chars=MAX_COMMAND_CHARS >> 20,
            )
        )
    try:
        split = split_command(_LONE_SURROGATE.sub("\ufffd", text))
        state = CurlState()
        for option in read_options(_arguments(split.words)):
            state.take(option)
        if split.rest:
            state.notes.append(
                tr("what follows the command is ignored: {rest}", rest=safe(split.rest, 60))
            )
        return _request(state)
    except UsageError as error:
        raise UsageError(tr("--curl: {error}", error=str(error).removeprefix("--curl: "))) from None


def _arguments(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words after `curl`. Raises `UsageError` if the command is another one."""
    for at, word in enumerate(words):
        if os.path.basename(word.replace("\\", "/")).lower() in ("curl", "curl.exe"):
            return words[at + 1 :]
        if word not in _BEFORE_CURL and not _ASSIGNMENT.match(word):
            raise UsageError(tr("not a curl command: it begins with {word!r}", word=safe(word, 40)))
    raise UsageError(tr("not a curl command"))


def _request(state: CurlState) -> ClientRequest:
    """The request that was asked for. Raises `UsageError`."""
    url = _url(state)
    upgrade = is_websocket(url) or _asks_for_websocket(state.headers)
    headers = _headers(state)
    if upgrade:
        headers = [pair for pair in headers if not _WEBSOCKET_HEADER.fullmatch(pair[0])]
    if state.in_query and state.body:
        state.query.append(state.body)
    body = None
    if state.body is not None and not state.in_query:
        body = state.body.encode("utf-8", "surrogateescape")
        if b"\0" in body:
            raise UsageError(tr("its body has a NUL byte, where a shell would cut it off"))
        if len(body) > MAX_BODY_BYTES:
            raise UsageError(
                tr(
                    "its body is larger than {max_body_bytes} MiB",
                    max_body_bytes=MAX_BODY_BYTES >> 20,
                )
            )
    return ClientRequest(
        url=check_url(_with_query(url, state.query)),
        method=state.method,
        body=body,
        body_type=_body_type(state, body),
        headers=tuple(headers),
        insecure=state.insecure,
        http=_http(state, url),
        connect_to=_connect_to(state, url),
        upgrade=upgrade,
        missing_body=tr("--curl: {missing_body}", missing_body=state.missing_body)
        if state.missing_body
        else "",
        notes=tuple(dict.fromkeys(state.notes)),
    )


def _url(state: CurlState) -> str:
    """The URL, without credentials in it, which become a header. Raises `UsageError`."""
    if not state.urls:
        raise UsageError(tr("it names no URL"))
    for other in state.urls[1:]:
        state.notes.append(
            tr("only the first URL is requested, not {other}", other=safe(other, 60))
        )
    url = state.urls[0].strip()
    if state.has_globs:
        if _GLOB.search(url):
            state.notes.append(
                tr("curl reads {…} and […] in a URL as several URLs; here it is one URL")
            )
        url = _GLOB_ESCAPE.sub(r"\1", url)
    url = url if _SCHEME.match(url) else f"http://{url}"
    parts = _split(url)
    user, at, host = parts.netloc.rpartition("@")
    if not at:
        return url
    state.defaults.setdefault("authorization", basic_auth(unquote(user)))
    return urlunsplit(parts._replace(netloc=host, fragment=""))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _host, _port = parts.hostname, parts.port
    except ValueError:
        raise UsageError(tr("{url}: not a URL", url=safe(url, 200))) from None
    return parts


def _http(state: CurlState, url: str) -> Http | None:
    """The HTTP version; without TLS curl goes on with HTTP/1.1 unless the server upgrades."""
    if state.http == "2" and not url.lower().startswith(("https:", "wss:")):
        state.notes.append(tr("HTTP/2 without TLS is not tried"))
        return None
    return state.http


def _headers(state: CurlState) -> list[Header]:
    """The headers of `--header`, and those that curl adds for other options and of itself."""
    state.defaults.setdefault("accept", ("Accept", "*/*"))
    given = {name.lower() for name, _ in state.headers}
    own = _OURS if state.body is None else _OURS | {"content-type"}
    if kept := (state.removed & own) - given:
        names = safe(comma_list(sorted(kept)), 100)
        state.notes.append(
            tr("{names}: each request sends its own header, so it cannot be left out", names=names)
        )
    left_out = given | state.removed
    added = [pair for name, pair in state.defaults.items() if name not in left_out]
    return [*added, *state.headers]


def _asks_for_websocket(headers: list[Header]) -> bool:
    return ("upgrade", "websocket") in [(name.lower(), value.lower()) for name, value in headers]


def _body_type(state: CurlState, body: bytes | None) -> str:
    """The Content-Type that curl adds; empty if it adds none."""
    has_type = any(name.lower() == "content-type" for name, _ in state.headers)
    if body is None or has_type:
        return ""
    if state.body_type == FORM_TYPE and is_json(body):
        state.notes.append(
            tr("the body looks like JSON, and curl sends it as {form_type}", form_type=FORM_TYPE)
        )
    return state.body_type


def _with_query(url: str, parts: list[str]) -> str:
    """The URL with these parts added to its query."""
    if not parts:
        return url
    start, hash_sign, fragment = url.partition("#")
    joint = "&" if "?" in start else "?"
    # As in curl, what is typed is not encoded; but no URL can hold blanks and such bytes.
    added = quote("&".join(parts), safe="!$%&'()*+,/:;=?@[\\]~", errors="surrogateescape")
    return f"{start}{joint}{added}{hash_sign}{fragment}"


_PLACE = r"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]*)"
_CONNECT_TO = re.compile(rf"{_PLACE}:(\d{{0,5}}):{_PLACE}:(\d{{0,5}})")
_RESOLVE = re.compile(rf"\+?{_PLACE}:(\d{{1,5}}):(\[[0-9A-Fa-f:.]+\]|[0-9A-Fa-f:.]+)(?:,.*)?()")


def _connect_to(state: CurlState, url: str) -> tuple[str, int] | None:
    """The address of the first `--connect-to` or `--resolve` that is about this URL."""
    parts = _split(url)
    own_host = parts.hostname or ""
    own_port = parts.port or (443 if parts.scheme.lower() in ("https", "wss") else 80)
    for typed, value in state.connect:
        match = (_RESOLVE if typed == "--resolve" else _CONNECT_TO).fullmatch(value)
        if match is not None:
            host, port, to_host, to_port = (group.strip("[]") for group in match.groups())
            is_ours = host.lower() in ("", "*", own_host) and port in ("", str(own_port))
            number = int(to_port or own_port)
            if is_ours and 0 < number <= 65_535:
                return to_host or own_host, number
        state.notes.append(
            tr(
                "{typed} {value}: ignored, since it is about another URL or not understood",
                typed=typed,
                value=safe(value, 60),
            )
        )
    return None
