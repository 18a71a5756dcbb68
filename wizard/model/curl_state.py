"""What the options of a curl command ask for, option by option."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from wizard.model.client_request import FORM_TYPE, JSON_TYPE
from wizard.model.curl_options import WITHOUT_EFFECT, CurlOption
from wizard.model.parse import Header, parse_header
from wizard.model.target import Http
from wizard.text.display import safe
from wizard.text.errors import UsageError
from wizard.text.messages import tr

FRAMING = frozenset({"content-length", "transfer-encoding", "connection", "keep-alive", "te"})
"""Headers that frame the message or belong to one connection: each of our requests has its own."""


@dataclass
class CurlState:
    """What the options seen so far ask for.

    Attributes:
        body: Joined as curl joins it; None without any.
        missing_body: Why the body is not known; empty if it is.
        in_query: True if the body belongs into the URL (`--get`).
        query: What `--url-query` adds to the URL.
        headers: Those of `--header`.
        defaults: Those of other options, by name in lower case; one of `headers` replaces them.
        removed: Names, in lower case, of headers that curl is to leave out.
        has_globs: True if brackets in a URL are special.
        connect: The options `--connect-to` and `--resolve`, with their values.
        is_over: True after `--next`.
    """

    urls: list[str] = field(default_factory=list)
    method: str = ""
    body: str | None = None
    body_type: str = FORM_TYPE
    missing_body: str = ""
    in_query: bool = False
    query: list[str] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    defaults: dict[str, Header] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    insecure: bool = False
    has_globs: bool = True
    http: Http | None = None
    connect: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    is_over: bool = False

    def take(self, option: CurlOption) -> None:
        """Take one option."""
        if self.is_over:
            return
        handle = _HANDLERS.get(option.name)
        if handle is not None:
            handle(self, option)
        elif not option.name:
            self.notes.append(
                tr("{typed}: this option is not known here", typed=safe(option.typed, 60))
            )
        elif option.name not in WITHOUT_EFFECT and not option.name.startswith("no-"):
            self.notes.append(
                tr("{typed} is ignored: the request is sent without it", typed=option.typed)
            )


def basic_auth(user: str) -> Header:
    """The header of `user:password`."""
    encoded = base64.b64encode(user.encode("utf-8", "surrogateescape")).decode()
    return "Authorization", f"Basic {encoded}"


Handler = Callable[[CurlState, CurlOption], None]


def _take_url(state: CurlState, option: CurlOption) -> None:
    state.urls.append(option.value)


def _take_method(state: CurlState, option: CurlOption) -> None:
    state.method = option.value


def _take_head(state: CurlState, option: CurlOption) -> None:
    state.method = "HEAD"


def _take_get(state: CurlState, option: CurlOption) -> None:
    state.in_query = True


def _end(state: CurlState, option: CurlOption) -> None:
    state.notes.append(tr("only the first request is sent, not those after --next"))
    state.is_over = True


def _take_data(state: CurlState, option: CurlOption) -> None:
    if option.name != "data-raw" and option.value.startswith("@"):
        return _miss_body(state, option.value[1:])
    return _add_data(state, option.value, "&")


def _take_json(state: CurlState, option: CurlOption) -> None:
    state.body_type = JSON_TYPE
    state.defaults["accept"] = ("Accept", JSON_TYPE)
    if option.value.startswith("@"):
        return _miss_body(state, option.value[1:])
    return _add_data(state, option.value, "")


def _add_data(state: CurlState, data: str, joint: str) -> None:
    state.body = data if state.body is None else f"{state.body}{joint}{data}"


def _miss_body(state: CurlState, file: str) -> None:
    shown = tr("standard input") if file == "-" else tr("the file {file}", file=safe(file, 100))
    state.missing_body = tr(
        "its body is in {shown}, and files that a command names are not read: pass the body "
        "with --data",
        shown=shown,
    )


def _take_encoded(state: CurlState, option: CurlOption) -> None:
    if (encoded := _encoded(state, option)) is not None:
        _add_data(state, encoded, "&")


def _take_query(state: CurlState, option: CurlOption) -> None:
    if option.value.startswith("+"):
        state.query.append(option.value[1:])
    elif (encoded := _encoded(state, option)) is not None:
        state.query.append(encoded)


def _encoded(state: CurlState, option: CurlOption) -> str | None:
    """The value of `--data-urlencode`: `text`, `=text`, `name=text`, or a file after `@`."""
    name, equals, text = option.value.partition("=")
    if not equals:
        name, at, file = option.value.partition("@")
        if at:
            _miss_body(state, file)
            return None
        text = name
    encoded = quote_plus(text, errors="surrogateescape")
    return f"{name}={encoded}" if equals and name else encoded


def _take_upload(state: CurlState, option: CurlOption) -> None:
    if option.name == "upload-file":
        state.method = state.method or "PUT"
        return _miss_body(state, option.value)
    state.missing_body = tr(
        "{typed} (multipart/form-data) is not supported: pass the body with --data, and its "
        "Content-Type with --header",
        typed=option.typed,
    )
    return None


def _take_header(state: CurlState, option: CurlOption) -> None:
    text = option.value
    name, colon, value = text.partition(":")
    if text.startswith("@"):
        state.notes.append(
            tr("the headers in the file {text} are not read", text=safe(text[1:], 100))
        )
    elif colon and not value.strip():
        state.removed.add(name.strip().lower())
    elif not colon and text.endswith(";"):
        _add_header(state, f"{text[:-1]}:")
    elif not colon:
        state.notes.append(tr("{typed} has no colon, so it is no header", typed=option.typed))
    else:
        _add_header(state, text)


def _add_header(state: CurlState, text: str) -> None:
    name = text.partition(":")[0].strip().lower()
    if name in FRAMING:
        # `Connection: keep-alive`, which browsers send, is what happens anyway.
        if "keep-alive" not in text.lower() and name != "content-length":
            state.notes.append(
                tr("the header {name} is left out: each request sets its own", name=name)
            )
        return
    try:
        state.headers.append(parse_header(text))
    except UsageError as error:
        state.notes.append(tr("left out: {error}", error=error))


def _take_cookie(state: CurlState, option: CurlOption) -> None:
    if "=" in option.value:
        cookies = state.defaults.get("cookie", ("", ""))[1]
        _take_default(state, "Cookie", f"{cookies}; {option.value}" if cookies else option.value)
    else:
        file = safe(option.value, 100)
        state.notes.append(
            tr("the cookie file {file} is not read: pass the Cookie with --header", file=file)
        )


def _default(name: str) -> Handler:
    def take(state: CurlState, option: CurlOption) -> None:
        value = option.value.partition(";auto")[0] if name == "Referer" else option.value
        _take_default(state, name, f"bytes={value}" if name == "Range" else value)

    return take


def _take_default(state: CurlState, name: str, value: str) -> None:
    """Take a header of an option of its own; one of `--header` goes before it."""
    if not value:
        state.removed.add(name.lower())
        return
    try:
        state.defaults[name.lower()] = parse_header(f"{name}: {value}")
    except UsageError as error:
        state.notes.append(tr("left out: {error}", error=error))


def _take_user(state: CurlState, option: CurlOption) -> None:
    if ":" in option.value:
        # curl prefers the token of --oauth2-bearer, in whatever order they stand.
        if not state.defaults.get("authorization", ("", ""))[1].startswith("Bearer "):
            state.defaults["authorization"] = basic_auth(option.value)
    else:
        state.notes.append(
            tr("{typed} has no password and is not sent: curl would ask for it", typed=option.typed)
        )


def _take_bearer(state: CurlState, option: CurlOption) -> None:
    _take_default(state, "Authorization", f"Bearer {option.value}")


def _take_insecure(state: CurlState, option: CurlOption) -> None:
    state.insecure = option.name == "insecure"


def _take_globoff(state: CurlState, option: CurlOption) -> None:
    state.has_globs = False


def _take_compressed(state: CurlState, option: CurlOption) -> None:
    state.defaults["accept-encoding"] = ("Accept-Encoding", "deflate, gzip, br, zstd")


def _http(version: Http, note: str = "") -> Handler:
    def take(state: CurlState, option: CurlOption) -> None:
        state.http = version
        if note:
            state.notes.append(f"{option.typed}: {note}")

    return take


def _take_connect(state: CurlState, option: CurlOption) -> None:
    state.connect.append((option.typed, option.value))


def _note(text: str) -> Handler:
    def take(state: CurlState, option: CurlOption) -> None:
        state.notes.append(f"{option.typed}: {text}")

    return take


_HANDLERS: Mapping[str, Handler] = {
    "url": _take_url,
    "request": _take_method,
    "head": _take_head,
    "get": _take_get,
    "next": _end,
    **dict.fromkeys(("data", "data-ascii", "data-binary", "data-raw"), _take_data),
    "data-urlencode": _take_encoded,
    "url-query": _take_query,
    "json": _take_json,
    **dict.fromkeys(("form", "form-string", "upload-file"), _take_upload),
    "header": _take_header,
    "cookie": _take_cookie,
    "user-agent": _default("User-Agent"),
    "referer": _default("Referer"),
    "range": _default("Range"),
    "user": _take_user,
    "oauth2-bearer": _take_bearer,
    "insecure": _take_insecure,
    "no-insecure": _take_insecure,
    "globoff": _take_globoff,
    "compressed": _take_compressed,
    "http1.1": _http("1.1"),
    "http1.0": _http("1.1", tr("HTTP/1.1 is sent")),
    "http2": _http("2"),
    "http2-prior-knowledge": _http("2"),
    "http3": _note(tr("HTTP/3 is not supported")),
    "http3-only": _note(tr("HTTP/3 is not supported")),
    "connect-to": _take_connect,
    "resolve": _take_connect,
    "max-time": _note(tr("use --stall and --patience to say how long a stream is watched")),
    "location": _note(tr("redirects are not followed")),
    "location-trusted": _note(tr("redirects are not followed")),
    "config": _note(tr("the options in that file are not read")),
    "unix-socket": _note(tr("write the socket as --direct unix:PATH:/URI")),
    "proxy": _note(tr("no proxy is used for the client's requests")),
}  # fmt: skip
