"""The request that the backend gets from `proxy_pass`: its first line and its header lines.

The order is that of `ngx_http_proxy_create_request` and `ngx_http_proxy_init_headers` in Nginx's
source: the headers that the config sets, Nginx's own, then those of the client that are in neither.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from wizard.model.config import Directive, Position
from wizard.model.resolution import Request, RequestResolution, Upstream
from wizard.model.sent_request import SentHeader, SentRequest
from wizard.model.target import Http
from wizard.nginx.client_headers import ReadHeaders, is_valid_name, read_headers
from wizard.nginx.known_directives import may_answer
from wizard.nginx.phases import follow_route
from wizard.nginx.route import Route
from wizard.nginx.servers import choose_server, requested_name
from wizard.nginx.settings import HTTP_1_1_SINCE, default_http_version, version_numbers
from wizard.nginx.upstream import PASS_URL, default_host, resolve_upstream
from wizard.nginx.variables import VARIABLE
from wizard.text.display import first_of, visible
from wizard.text.messages import tr

_PROXY_CONNECTION_SINCE = (1, 31, 0)
"""The version since which Nginx drops the client's Proxy-Connection."""
_CACHE_DEFAULTS = (
    ("If-Modified-Since", "$upstream_cache_last_modified"), ("If-Unmodified-Since", ""),
    ("If-None-Match", "$upstream_cache_etag"), ("If-Match", ""), ("Range", ""), ("If-Range", ""),
)  # fmt: skip
_CHANGES_REQUEST = re.compile(
    r"more_(set|clear)_input_headers|((server_)?rewrite|access|balancer)_by_lua\w*|js_access|perl"
)
"""Directives of others that may change the request on its way to the backend."""


def as_sent(
    resolution: RequestResolution,
    headers: Sequence[tuple[str, str]],
    *,
    method: str = "GET",
    body_bytes: int | None = None,
    http: Http = "1.1",
) -> SentRequest | None:
    """The request that the backend gets; None if Nginx passes on none, or not by `proxy_pass`.

    The request is taken through the config again with all that the client sends, which may decide
    more than the `resolution` does.

    Args:
        headers: All header lines of the client, in its order. Without a Host, that of a client
            which opens the URL is taken, before all others; a Transfer-Encoding stands for a body
            that is sent without its length, with HTTP/2 as well.
        method: The client's method.
        body_bytes: The size of the client's body; None for a request without one.
        http: The client's HTTP version.
    """
    passing = _pass_on(resolution, headers, method, body_bytes, http)
    if passing is None:
        return None
    body = _body(passing, body_bytes)
    values = passing.route.state.values
    if passing.client.is_chunked:
        values["content_length"] = None
    values |= {"proxy_internal_body_length": body.length, "proxy_internal_chunked": body.coding}
    sets = _set_headers(passing)
    written, dropped = _write_headers(passing, sets)
    return SentRequest(
        _method(passing),
        passing.upstream.request_uri,
        passing.http,
        written,
        passing.uri_where,
        passing.where("proxy_http_version"),
        body.is_sent,
        dropped,
        tuple(dict.fromkeys([*passing.doubts(sets), *body.doubts])),
    )


def _method(passing: "_Passing") -> str:
    """The method that is sent; as written where its variables are not decided."""
    line = passing.line("proxy_method")
    written = line.args[0] if line else passing.route.state.method
    sent = passing.fill(written)
    return written if sent is None else sent


@dataclass(frozen=True, slots=True)
class _SetHeader:
    """A header that config or default sets; `where` is None for a default."""

    name: str
    text: str
    where: Position | None = None


@dataclass(frozen=True, slots=True)
class _Body:
    """The body that is passed on.

    Attributes:
        length: The Content-Length that Nginx writes; empty for none, None if it is not decided.
        coding: The same of Transfer-Encoding.
    """

    is_sent: bool
    length: str | None
    coding: str | None = ""
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Passing:
    """A request at the `proxy_pass` that passes it on.

    Attributes:
        blocks: The blocks around it, outermost first.
    """

    version: str | None
    route: Route
    upstream: Upstream
    blocks: tuple[Directive, ...]
    client: ReadHeaders

    def lines(self, name: str) -> tuple[Directive, ...]:
        """The directives of this name in force: those of the innermost block that has any."""
        found = (tuple(block.children(name)) for block in reversed(self.blocks))
        return next(filter(None, found), ())

    def line(self, name: str) -> Directive | None:
        """The directive of this name in force, if it has an argument."""
        return next((each for each in self.lines(name) if each.args), None)

    def where(self, name: str) -> Position | None:
        """The place of the directive of this name in force."""
        line = self.line(name)
        return line.where if line else None

    def is_off(self, name: str) -> bool:
        """True if this switch, on by default, is off."""
        line = self.line(name)
        return line is not None and line.args[0].lower() == "off"

    def fill(self, text: str) -> str | None:
        """The text with its variables filled in; None if they are not decided."""
        return self.route.state.fill(text)

    @cached_property
    def http(self) -> Literal["1.0", "1.1", "2"]:
        """The HTTP version towards the backend."""
        line = self.line("proxy_http_version")
        value = line.args[0] if line else default_http_version(self.version)
        return "2" if value == "2" else "1.0" if value == "1.0" else "1.1"

    @property
    def uri_where(self) -> Position | None:
        """The line that decides the URI: the pass directive if it has one, else what changed the
        path or query last."""
        url = PASS_URL.fullmatch(self.upstream.passed)
        has_uri = bool(url and url["uri"]) and ("$" in self.upstream.passed or not self.is_broken)
        return (
            self.upstream.where if has_uri else self.route.state.changed_by or self.upstream.where
        )

    @property
    def is_broken(self) -> bool:
        """True if `rewrite … break` keeps the pass directive from replacing the prefix."""
        return self.route.broken

    @property
    def is_cached(self) -> bool:
        """True if Nginx asks for an answer that it may keep (`proxy_cache_methods`)."""
        cache, methods = self.line("proxy_cache"), self.line("proxy_cache_methods")
        if cache is None or cache.args[0] == "off":
            return False
        cached = {"GET", "HEAD", *(map(str.upper, methods.args) if methods else ())}
        return self.route.state.method in cached

    def unsure(self, sets: Sequence[_SetHeader]) -> tuple[str, ...]:
        """The client's headers of which it is not known whether one that is set replaces them:
        Nginx takes an invalid name over HTTP/1.1, but looks it up by a hash of its valid part."""
        names = {each.name.lower() for each in sets}
        server_blocks = tuple(reversed(self.blocks[:2]))
        return tuple(
            name
            for name, _ in self.client.taken
            if self.route.state.request.http != "2"
            and name.lower() in names
            and not is_valid_name(name, server_blocks)
        )

    def doubts(self, sets: Sequence[_SetHeader]) -> list[str]:
        """What the request as shown takes for granted, one sentence each."""
        sentences = first_of(map(str, self.route.undecided))
        if self.version is None:
            since = ".".join(map(str, HTTP_1_1_SINCE))
            sentences.append(
                tr(
                    "the Nginx version is not known; a version before {since} is assumed",
                    since=since,
                )
            )
        if self.client.repeated:
            sentences.append(
                tr("Nginx answers 400 to a repeated {repeated}", repeated=self.client.repeated)
            )
        if self.is_cached:
            where = self.where("proxy_cache")
            sentences.append(
                tr(
                    "{where}: what is in the cache is not requested from the backend again",
                    where=where,
                )
            )
        sentences += first_of(
            tr(
                "{where}: {name} may change the request",
                where=each.where,
                name=visible(each.name, 60),
            )
            for each in (each for block in self.blocks for each in block.block or ())
            if _CHANGES_REQUEST.fullmatch(each.name) or may_answer(each)
        )
        for name in self.unsure(sets):
            sentences.append(
                tr("whether Nginx replaces {name} is not known", name=visible(name, 60))
            )
        return sentences


def _pass_on(
    resolution: RequestResolution,
    headers: Sequence[tuple[str, str]],
    method: str,
    body_bytes: int | None,
    http: Http,
) -> _Passing | None:
    """Take the request through the config with all its headers; None without a `proxy_pass`."""
    known = replace(resolution.request, method=method, http=http, has_all_headers=True)
    request = _with_headers(known, headers, body_bytes)
    choice = choose_server(resolution.config, request)
    if choice is None:
        return None
    client = read_headers(choice, request)
    request = replace(request, headers=client.taken)
    route = follow_route(resolution.config, choice, request, resolution.version)
    upstream = resolve_upstream(resolution.config, route)
    if upstream.kind != "proxy":
        return None
    state = route.state
    if not choice.listens:
        state.values["server_port"] = None
    address = None if "$" in upstream.address else _proxy_host(state.fill(upstream.passed, "$"))
    state.values["proxy_host"] = address
    state.values |= {"upstream_cache_last_modified": "", "upstream_cache_etag": ""}
    blocks = (choice.http, choice.server, *route.blocks)
    return _Passing(resolution.version, route, upstream, tuple(filter(None, blocks)), client)


def _proxy_host(passed: str | None) -> str | None:
    return default_host(passed) if passed else None


def _with_headers(
    request: Request, headers: Sequence[tuple[str, str]], body_bytes: int | None
) -> Request:
    """The request with all headers of the client, with a Host and the framing of its body."""
    given = {name.lower(): value for name, value in headers}
    lines = list(headers)
    if "host" in given:
        request = replace(request, host=requested_name(given["host"]))
    elif request.host_header:
        lines.insert(0, ("Host", request.host_header))
    if body_bytes is not None and not {"content-length", "transfer-encoding"} & given.keys():
        lines.append(("Content-Length", str(body_bytes)))
    return replace(request, headers=tuple(lines))


def _body(passing: _Passing, body_bytes: int | None) -> _Body:
    """The body that is passed on, and how it is framed."""
    line = passing.line("proxy_set_body")
    if line is not None:
        text = passing.fill(line.args[0])
        length = None if text is None else str(len(text.encode("utf-8", "surrogateescape")))
        return _Body(
            True,
            length,
            doubts=(tr("{where}: proxy_set_body replaces the body", where=line.where),),
        )
    is_passed = not passing.is_off("proxy_pass_request_body")
    if not passing.client.is_chunked:
        sent = {name.lower(): value for name, value in passing.client.taken}
        length = sent.get("content-length", "")
        return _Body(is_passed and length not in ("", "0"), length)
    if is_passed and passing.is_off("proxy_request_buffering") and passing.http != "1.0":
        doubt = tr(
            "a body without a length gets one only if Nginx has read all of it before it asks "
            "the backend"
        )
        return _Body(True, None, None if passing.http == "1.1" else "", (doubt,))
    # HTTP/2 says at the end of the headers that there is no body; chunks only after them.
    is_none = passing.route.state.request.http == "2" and body_bytes == 0
    length = "" if is_none else None if body_bytes is None else str(body_bytes)
    return _Body(is_passed and not is_none, length)


def _set_headers(passing: _Passing) -> tuple[_SetHeader, ...]:
    """The headers that Nginx writes or drops itself: those of the config, then its own."""
    lines = [line for line in passing.lines("proxy_set_header") if len(line.args) == 2]
    own = [_SetHeader(line.args[0], line.args[1], line.where) for line in lines]
    names = {each.name.lower() for each in own}
    defaults = (_SetHeader(name, text) for name, text in _default_headers(passing))
    return (*own, *(each for each in defaults if each.name.lower() not in names))


def _default_headers(passing: _Passing) -> list[tuple[str, str]]:
    """The headers that Nginx sets unless the config does, in its order (`ngx_http_proxy_headers`);
    an empty value drops the header."""
    version = version_numbers(passing.version)
    closes = version < HTTP_1_1_SINCE and passing.http != "2"
    own = [
        ("Host", "" if passing.http == "2" else "$proxy_host"),
        ("Connection", "close" if closes else ""),
        *([("Proxy-Connection", "")] if version >= _PROXY_CONNECTION_SINCE else []),
        ("Content-Length", "$proxy_internal_body_length"),
        ("Transfer-Encoding", "$proxy_internal_chunked"),
        *((name, "") for name in ("TE", "Keep-Alive", "Expect", "Upgrade")),
    ]
    return [*own, *_CACHE_DEFAULTS] if passing.is_cached else own


def _write_headers(
    passing: _Passing, sets: tuple[_SetHeader, ...]
) -> tuple[tuple[SentHeader, ...], tuple[tuple[str, Position | None], ...]]:
    """The header lines that the backend gets, and those of the client that it does not."""
    written = _fill_all(passing, sets)
    names = {each.name.lower() for each in sets}
    unsure = passing.unsure(sets)
    passed = [
        SentHeader(name, None if name in unsure else value, is_client=True)
        for name, value in passing.client.taken
        if name.lower() not in names or name in unsure
    ]
    lines = written if passing.is_off("proxy_pass_request_headers") else [*written, *passed]
    if passing.http == "2":
        is_host_set = any(each.name.lower() == "host" and each.where for each in sets)
        authority = SentHeader(":authority", passing.fill("$proxy_host"))
        lines = [*([] if is_host_set else [authority]), *lines]
        lines = [replace(each, name=each.name.lower()) for each in lines]
    return tuple(lines), _dropped(passing, sets, {each.name.lower() for each in lines})


def _fill_all(passing: _Passing, sets: Sequence[_SetHeader]) -> list[SentHeader]:
    """The headers that are set, without those whose value is empty.

    A `map` with a regex changes the groups `$1` … `$9` while Nginx writes the headers, and it
    may answer 500 because of that: their value is not decided then.
    """
    groups = passing.route.state.captures
    values = [passing.fill(each.text) for each in sets]
    if passing.route.state.captures != groups:
        texts = [VARIABLE.findall(each.text) for each in sets]
        uses_group = [any(name.isdecimal() for _, name in names) for names in texts]
        values = [None if uses else value for value, uses in zip(values, uses_group, strict=True)]
    return [
        SentHeader(each.name, value, each.where, each.text if each.where else "")
        for each, value in zip(sets, values, strict=True)
        if value != ""
    ]


def _dropped(
    passing: _Passing, sets: Sequence[_SetHeader], written: set[str]
) -> tuple[tuple[str, Position | None], ...]:
    """The names of the client's headers that the backend does not get, each with the line that
    drops it."""
    by_set = {each.name.lower(): each.where for each in sets}
    where = passing.where("proxy_pass_request_headers")
    not_passed = [
        (name.lower(), by_set.get(name.lower(), where))
        for name, _ in passing.client.taken
        if name.lower() not in written and not _is_host(name, written)
    ]
    ignored = [(name.lower(), line) for name, line in passing.client.ignored]
    return tuple(dict.fromkeys([*not_passed, *ignored]))


def _is_host(name: str, written: set[str]) -> bool:
    """True for the client's Host where the backend gets it as `:authority`."""
    return name.lower() == "host" and ":authority" in written
