"""What Nginx does with one request according to its config."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.model.config import Config, Directive, Position, Refusal
from wizard.text.messages import tr

Client = Literal["h1", "h1-tls", "h2", "h2c"]
"""HTTP/1.1 and HTTP/2, each with TLS (`h1-tls`, `h2`) and without (`h1`, `h2c`)."""
CLIENT_NAMES: Mapping[Client, str] = {
    "h1": "HTTP/1.1",
    "h1-tls": tr("HTTP/1.1 over TLS"),
    "h2": "HTTP/2",
    "h2c": tr("HTTP/2 without TLS"),
}
"""The name of each kind of client in everything that people read."""
Encoding = Literal["identity", "gzip", "br"]
UpstreamFraming = Literal["chunked", "close", "frames"]
"""How the backend marks the end of its body to Nginx: chunked, by closing the connection (FastCGI,
uwsgi and SCGI count as that), or by frames whose lengths Nginx follows (HTTP/2 with
`proxy_http_version 2`, and FastCGI with `fastcgi_keep_conn on`)."""
Result = Literal["live", "tail-held", "headers-held", "held", "undecided"]
"""`live`: delivered at once. `tail-held`: so, but an event of `tail_from` bytes or more arrives
without its end. `headers-held`: headers alone wait for the first event. `held`: kept in a buffer.
`undecided`: a filter is in force whose effect is not known."""
FilterEffect = Literal["script", "brotli", "lines", "rate", "unknown"]
"""What a body filter does to an event stream. `script`: a script rewrites the response, so it is
held while buffering is on. `brotli`: the same, for clients that accept br. `lines`: it waits for
whole lines, and does not pass on flushes. `rate`: it delays a faster stream while buffering is on.
`unknown`: not measured, or not the same every time."""
Level = Literal["http", "server", "location", "default"]
DoubtKind = Literal[
    "config", "server", "address", "pattern", "limit", "redirect", "circle", "refused-path",
    "condition", "files", "variable", "module", "filter", "version", "more",
]  # fmt: skip
"""What a doubt concerns. `config`: a part of it was not read. `server`: there is none. `address`:
the socket on which the request arrives. `pattern`: one that could not be tried. `limit`: one that
takes too many steps. `redirect`, `circle`, `refused-path`: Nginx answers 301, 500 or 400 itself.
`condition`: an `if`. `files`: which files exist. `variable`: its value. `module`, `filter`: one
whose effect is not known. `version`: that of Nginx. `more`: further ones, which are not named."""
BUFFERING_PREFIXES = frozenset({"proxy", "fastcgi", "uwsgi", "scgi"})
"""The modules with a `…_buffering` directive; `grpc` and `memcached` have none."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as Nginx receives it: the path percent-encoded, the host without port; a port of
    None means the scheme's default. `headers` are those that are known and hold no secret; with
    `has_all_headers` they are all that the client sends. `http` is the client's HTTP version; None
    if it is not known."""

    path: str
    host: str | None = None
    scheme: Literal["http", "https"] = "http"
    port: int | None = None
    query: str = ""
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    has_all_headers: bool = False
    http: Literal["1.1", "2"] | None = None

    @property
    def uri(self) -> str:
        """Path and query, as the client sends them."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def host_header(self) -> str:
        """The Host header of a client that opens the URL; empty if the host is not known."""
        if not self.host:
            return ""
        is_default = self.port in (None, 443 if self.scheme == "https" else 80)
        return self.host if is_default else f"{self.host}:{self.port}"

    @property
    def effective_port(self) -> int:
        """The port at which the request arrives; the scheme's default if none is given."""
        return self.port or (443 if self.scheme == "https" else 80)


@dataclass(frozen=True, slots=True)
class Setting:
    """The effective value of one directive.

    Attributes:
        value: The arguments as one text; for a list directive its entries, joined by `; `.
        where: The place of the directive; None if Nginx's own default applies.
        entries: The arguments of each entry, for list directives (proxy_set_header, add_header …).
    """

    name: str
    value: str
    level: Level = "default"
    where: Position | None = None
    entries: tuple[tuple[str, ...], ...] = ()

    @property
    def origin(self) -> str:
        """Where the value comes from: `default`, or `file:line`."""
        return "default" if self.where is None else str(self.where)


@dataclass(frozen=True, slots=True)
class ServerRef:
    """The server block that Nginx chooses, and the reason in one sentence."""

    name: str
    listen: tuple[str, ...]
    directive: Directive
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LocationRef:
    """The location that Nginx chooses.

    Attributes:
        modifier: `=`, `^~`, `~`, `~*`, `@` for a named one, or empty for a plain prefix.
        parents: The locations around it, outermost first.
        reason: Why Nginx chooses it, in one sentence.
        inner: The `if` or `limit_except` block in it whose directives are in force.
    """

    modifier: str
    path: str
    directive: Directive
    parents: tuple[Directive, ...] = ()
    reason: str = ""
    inner: Directive | None = None


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """One `error_page` directive in force.

    Attributes:
        codes: The statuses that it replaces: Nginx's own, and the backend's where
            `proxy_intercept_errors` is on.
        target: A path, a named location or a URL.
        status: What the client gets: None for the code itself, 0 for the status with which the
            target is answered (`error_page 404 = /x`).
    """

    codes: tuple[int, ...]
    target: str
    where: Position
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """Nginx's own answer to a request that it passes to no backend.

    Attributes:
        directive: What makes it answer: `return`, `rewrite`, `try_files`, `internal`, `deny`, or
            the location to whose path with a slash it redirects.
        status: None if it is not known.
    """

    directive: Directive
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where Nginx passes the request.

    Attributes:
        kind: `proxy`, `fastcgi`, `uwsgi`, `scgi`, `grpc`, `memcached`, `static` if the request is
            not passed on, or `undecided` if config and request do not tell who answers.
        passed: The argument of the pass directive as written: `http://backend/`.
        peers: The addresses of the backend servers; empty where variables decide.
        request_uri: The URI that the backend gets; None where variables decide.
        where: The place of the pass directive.
        address: Host and port, or `unix:` and a path, as in `passed`, with the variables filled in
            that the config and the request decide.
    """

    kind: str
    passed: str
    peers: tuple[str, ...] = ()
    request_uri: str | None = None
    where: Position | None = None
    address: str = ""


@dataclass(frozen=True, slots=True)
class BodyFilter:
    """A directive in force that changes the response's body, or may change it.

    Attributes:
        name: The directive with its first argument, as written: `coraza on`.
    """

    name: str
    where: Position
    effect: FilterEffect


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the delivery model (docs/delivery.md): client, encoding, framing and result.

    Attributes:
        tail_from: For `tail-held`, the size in bytes of the smallest event that loses its end.
        otherwise: For `undecided`, the result without the filters that are not known.
    """

    client: Client
    encoding: Encoding
    upstream: UpstreamFraming
    result: Result
    tail_from: int | None = None
    otherwise: Result | None = None

    @property
    def is_held(self) -> bool:
        """True if an event of any size is held, as far as the filters that are not known let it."""
        return "held" in (self.result, self.otherwise)

    @property
    def holds_tails(self) -> bool:
        """The same of the end of large events alone."""
        return "tail-held" in (self.result, self.otherwise)


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that config and request do not decide: what it concerns, and in one sentence."""

    kind: DoubtKind
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class RequestResolution:
    """What the config does with one request.

    Attributes:
        version: The Nginx version whose defaults apply; None if it is not known.
        settings: The effective value of each setting that matters for a stream, by directive name.
        clients: The kinds of clients that the server's `listen` directives allow.
        body_filters: The directives in force that change the response's body, or may change it.
        delivery: The rows of the delivery model that the config allows.
        undecided: What the config alone does not decide.
        doubt: Why config and request do not tell who answers; None if they do.
        listens: Whether a server listens on the request's port. Behind another proxy or a port
            mapping, or in the config of another Nginx, none may.
        merges_slashes: Whether Nginx merges repeated slashes of this request's path.
        answer: Nginx's own answer, where the config decides it.
        error_pages: The error pages in force where the request ends.
        is_rewritten: Whether the config changes the path so that another location serves it.
        unknown: Directives in force of modules that are not known.
        refusal: Why Nginx refuses the whole config; None if no reason is known.
        conditions: The `if` blocks whose condition is not decided, and that could change who
            answers.
    """

    request: Request
    config: Config
    version: str | None
    server: ServerRef | None
    location: LocationRef | None
    upstream: Upstream | None
    settings: Mapping[str, Setting]
    clients: tuple[Client, ...] = ()
    body_filters: tuple[BodyFilter, ...] = ()
    delivery: tuple[Delivery, ...] = ()
    undecided: tuple[Doubt, ...] = ()
    listens: bool = True
    merges_slashes: bool = True
    doubt: Doubt | None = None
    answer: Answer | None = None
    error_pages: tuple[ErrorPage, ...] = ()
    is_rewritten: bool = False
    unknown: tuple[Directive, ...] = ()
    refusal: Refusal | None = None
    conditions: tuple[Directive, ...] = ()

    @property
    def supports_nothing(self) -> bool:
        """True if no conclusion may rest on the config: it does not tell who answers, or another
        one runs, since Nginx refuses this."""
        return self.is_undecided or self.refusal is not None

    @property
    def is_undecided(self) -> bool:
        """True if config and request do not tell who answers: then only the rest is known."""
        return self.doubt is not None

    @property
    def masked_statuses(self) -> frozenset[int]:
        """The statuses of the backend instead of which the client gets another one."""
        if self.value(f"{self.prefix}_intercept_errors") != "on":
            return frozenset()
        masking = (page for page in self.error_pages if page.status is not None)
        return frozenset(code for page in masking for code in page.codes if code != page.status)

    @property
    def prefix(self) -> str:
        """The prefix of the directives that apply, as `fastcgi` in `fastcgi_read_timeout`: the
        upstream's kind (`value` is empty for `static`, `memcached`), else `proxy`."""
        kind = self.upstream.kind if self.upstream else "proxy"
        return "proxy" if kind == "undecided" else kind

    @property
    def can_buffer(self) -> bool:
        """True if the request is passed by a module that has a `…_buffering` directive."""
        return self.upstream is not None and self.upstream.kind in BUFFERING_PREFIXES

    @property
    def buffering_prefix(self) -> str:
        """The prefix of the buffering directives: `proxy` unless another module passes it."""
        return self.prefix if self.can_buffer else "proxy"

    def value(self, name: str) -> str:
        """The effective value of a directive; empty if `settings` does not have it."""
        setting = self.settings.get(name)
        return setting.value if setting else ""
