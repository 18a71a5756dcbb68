"""The requests between the client's own and the one that Nginx makes of it.

Each has some of the differences between the two. A secret that the config adds is in none of them:
secrets go only where the client's own request takes them.
"""

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from wizard.model.request_difference import Difference, DifferenceKind
from wizard.model.sent_request import SentHeader, SentRequest
from wizard.text.config_redaction import redact_directive
from wizard.text.display import safe
from wizard.text.marks import MARK, MARKS, MASK
from wizard.text.messages import tr
from wizard.text.redaction import is_public_header, redact

Headers = tuple[tuple[str, str], ...]

_ORDER: tuple[DifferenceKind, ...] = ("http-version", "connection", "host", "query", "uri")
"""The kinds that backends mind most; headers that were removed or replaced follow, then others."""
_ENDS_LINE = re.compile(r"[\r\n\0]")
_NOT_IN_URI = re.compile(r"[\s\0]")
_FRAMING = frozenset({"content-length", "transfer-encoding"})
"""Headers that belong to the body, which is sent as the client has it."""


@dataclass(frozen=True, slots=True)
class RawRequest:
    """A request as it is written to the connection; `http` is `1.0` or `1.1`."""

    method: str
    uri: str
    headers: Headers
    http: str = "1.1"
    content: bytes = b""

    @property
    def wire(self) -> bytes:
        """Its bytes. Raises `ValueError` if a part of it would end its line."""
        lines = (f"{self.method} {self.uri} HTTP/{self.http}", *map(": ".join, self.headers))
        if any(map(_ENDS_LINE.search, lines)):
            raise ValueError(tr("a line of the request has a line end in it"))
        head = "".join(f"{line}\r\n" for line in (*lines, ""))
        return head.encode("utf-8", "surrogateescape") + self.content

    def values(self, name: str) -> tuple[str, ...]:
        """The values of a header; `name` is in lower case."""
        return tuple(value for key, value in self.headers if key.lower() == name)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The client's own request at the direct URL, and what Nginx makes of it.

    Attributes:
        own: The client's request.
        sent: The same as Nginx passes it on, as far as it can be sent from here.
        differences: In what they differ, those that backends mind most first.
        doubts: What is not sent as Nginx passes it on, one sentence each.
    """

    own: RawRequest
    sent: RawRequest
    differences: tuple[Difference, ...]
    doubts: tuple[str, ...] = ()

    def variant(self, chosen: Iterable[Difference]) -> RawRequest:
        """The client's request with these of the differences."""
        names = {each.name.lower() or each.kind for each in chosen}

        def source(name: str) -> RawRequest:
            return self.sent if name in names else self.own

        path, query = _split(source("uri").uri)[0], _split(source("query").uri)[1]
        headers = (
            pair
            for name in _names(self.sent, self.own)
            for pair in source(name).headers
            if pair[0].lower() == name
        )
        http = source("http-version").http
        return replace(self.own, uri=path + query, headers=tuple(headers), http=http)

    def with_old_default(self) -> "Comparison":
        """The same, beginning with the request as Nginx passed it on before 1.29.7.

        That was in HTTP/1.0, with `Connection: close` unless the config sets another value.
        """
        closed = Difference("connection", "", "close", None)
        is_set = bool(self.sent.values("connection"))
        headers = self.sent.headers if is_set else (*self.sent.headers, ("Connection", "close"))
        own = replace(self.sent, http="1.0", headers=headers)
        version = Difference("http-version", "", own.http, self.sent.http)
        return Comparison(own, self.sent, (version, *(() if is_set else (closed,))), self.doubts)


def compare(
    own: RawRequest, sent: SentRequest, known: Iterable[str] = (), given: Headers = ()
) -> Comparison | None:
    """Compare the client's request with the one that the backend gets.

    None if that one cannot be sent: its URI is not decided or no valid one, it is HTTP/2, or it has
    another method or no body.

    Args:
        own: The client's request, as it is sent to the direct URL.
        known: Further texts that the client sends, such as its URL: their secrets may be sent.
        given: The user's headers, whose values are shown for the public ones alone.
    """
    lacks_body = bool(own.content) and not sent.has_body
    if (
        sent.uri is None
        or _NOT_IN_URI.search(sent.uri)
        or sent.http == "2"
        or sent.method != own.method
        or lacks_body
    ):
        return None
    secrets = _Secrets((own.uri, *map(": ".join, own.headers), *known))
    unsent = dict(_unsent_headers(sent, secrets))
    doubts, uri = [*sent.doubts, *unsent.values()], sent.uri
    if secrets.are_in(uri):
        doubts.append(tr("the URI has a secret of the config, so it was not sent"))
        uri = own.uri
    headers = _sendable_headers(own, sent, unsent.keys() | _FRAMING)
    raw = RawRequest(own.method, uri, headers, sent.http, own.content)
    hidden = frozenset(value for name, value in given if not is_public_header(name))
    differences = _differences(own, raw, sent, hidden)
    return Comparison(own, raw, differences, tuple(dict.fromkeys(doubts)))


class _Secrets:
    """The secrets that the client's request has."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = tuple(texts)
        self._known = {secret for text in self._texts for secret in _secrets_in(text)}

    def are_in(self, text: str) -> bool:
        """True if the text has another secret."""
        return not set(_secrets_in(text)) <= self._known

    def has(self, value: str) -> bool:
        """True if the client sends this value."""
        return any(value in text for text in self._texts)


def _secrets_in(text: str) -> list[str]:
    secrets = list[str]()

    def keep(secret: str) -> str:
        secrets.append(secret)
        return MASK

    redact(text, keep)
    return secrets


def _unsent_headers(sent: SentRequest, secrets: _Secrets) -> Iterator[tuple[str, str]]:
    """The headers whose value is not known or no matter of the client, each with why it is not
    sent."""
    for header in sent.headers:
        name, shown = header.name, safe(header.name, 60)
        if _ENDS_LINE.search(f"{name}{header.value}"):
            yield (
                name.lower(),
                tr(
                    "{where}: {shown} has a line end in it: it was not sent",
                    where=header.where,
                    shown=shown,
                ),
            )
        elif header.value is None:
            yield (
                name.lower(),
                tr("what the backend gets as {shown} is not known: it was not sent", shown=shown),
            )
        elif header.where and (
            secrets.are_in(f"{name}: {header.value}") or _is_credential(header, secrets)
        ):
            why = tr(
                "{where}: {shown} has a secret of the config: it was not sent",
                where=header.where,
                shown=shown,
            )
            yield name.lower(), why


def _is_credential(header: SentHeader, secrets: _Secrets) -> bool:
    """True if the config has the value by itself, and shows that it is a credential."""
    shown = redact_directive(
        "proxy_set_header", (header.name, header.value or ""), lambda secret: MASK
    )
    return bool(MARK.search(shown)) and not secrets.has(header.value or "")


def _sendable_headers(own: RawRequest, sent: SentRequest, unsent: Container[str]) -> Headers:
    """The headers as Nginx passes them on, those that are not sent as the client has them."""
    headers, names = list[tuple[str, str]](), set[str]()
    for header in sent.headers:
        name = header.name.lower()
        if name not in unsent:
            headers.append((header.name, header.value or ""))
        elif name not in names:
            headers += [pair for pair in own.headers if pair[0].lower() == name]
        names.add(name)
    return tuple(headers)


def _differences(
    own: RawRequest, raw: RawRequest, sent: SentRequest, hidden: Iterable[str]
) -> tuple[Difference, ...]:
    """The differences, those that backends mind most first."""
    differences = list[Difference]()
    if own.http != raw.http:
        differences.append(Difference("http-version", "", own.http, raw.http, sent.http_where))
    parts: tuple[DifferenceKind, ...] = ("uri", "query")
    for kind, mine, theirs in zip(parts, _split(own.uri), _split(raw.uri), strict=True):
        if mine != theirs:
            shown = redact(mine) or None, redact(theirs) or None
            differences.append(Difference(kind, "", *shown, sent.uri_where))
    differences += _header_differences(own, raw, sent, hidden)
    return tuple(sorted(differences, key=_rank))


def _header_differences(
    own: RawRequest, raw: RawRequest, sent: SentRequest, hidden: Iterable[str]
) -> Iterator[Difference]:
    dropped = dict(sent.dropped)
    places = {header.name.lower(): header.where for header in sent.headers}
    for name in _names(raw, own):
        mine, theirs = own.values(name), raw.values(name)
        if mine != theirs:
            kind = _HEADER_KINDS.get(name, "header")
            shown = _shown(name, mine, hidden), _shown(name, theirs, hidden)
            written = next(key for key, _ in (*raw.headers, *own.headers) if key.lower() == name)
            where = places.get(name) if theirs else dropped.get(name)
            yield Difference(kind, written if kind == "header" else "", *shown, where)


_HEADER_KINDS: Mapping[str, DifferenceKind] = {"host": "host", "connection": "connection"}


def _shown(name: str, values: tuple[str, ...], hidden: Iterable[str]) -> str | None:
    """The values of a header without their secrets; None for no header.

    The `hidden` values are secrets too.
    """
    if any(secret in value for value in values for secret in hidden if secret):
        return MARKS.mark(", ".join(values))
    parts = (redact(f"{name}: {value}").partition(": ")[2] for value in values)
    return ", ".join(parts) if values else None


def _rank(difference: Difference) -> int:
    if difference.kind != "header":
        return _ORDER.index(difference.kind)
    return len(_ORDER) + (difference.own is None)


def _names(first: RawRequest, second: RawRequest) -> list[str]:
    """The names of the headers of both in lower case, in the order of the first."""
    return list(dict.fromkeys(name.lower() for name, _ in (*first.headers, *second.headers)))


def _split(uri: str) -> tuple[str, str]:
    """The path, and the query with its question mark."""
    path, mark, query = uri.partition("?")
    return path, mark + query
