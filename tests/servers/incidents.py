"""The incidents: which server stands behind which front. The clients decide what is right."""

from dataclasses import dataclass

from tests.servers import fronts, servers
from tests.servers.fronts import GOOD, PASS, Front, nginx
from tests.servers.servers import Server


@dataclass(frozen=True, slots=True)
class Incident:
    """One server behind one front.

    Attributes:
        causes: What may be named if a client fails, in place of the front's.
        customers: How many other clients have the stream open.
        seen_with: The least evidence with which it can be seen that a client fails: `url`,
            `direct` or `all`. With less, a healthy answer is no mistake.
        xfail: Why the tool's answer is known to be wrong so far; empty where it is right.
    """

    server: Server
    front: Front
    causes: frozenset[str] = frozenset()
    customers: int = 0
    seen_with: str = "url"
    xfail: str = ""

    @property
    def name(self) -> str:
        name = f"{self.server.name} behind {self.front.name}"
        return f"{name} with {self.customers} customers" if self.customers else name

    @property
    def allowed(self) -> frozenset[str]:
        return self.causes or self.front.causes


# What may be named, by the kind of config.
HELD_BY_HEADER = frozenset({"xab-ignored", *fronts.HELD})
HELD_BY_GZIP = frozenset({"gzip-plus-buffering", *fronts.HELD})
LOST_PREFIX = frozenset({"endpoint-prefix-lost", "message-path-unrouted"})
REFUSED_HOST = frozenset({"host-origin-rejected"})
NO_WORKER = frozenset({"backend-blocked", "backend-silent"})

DEFAULT = f"location / {{ {PASS} }}"
GOOD_LOCATION = f"location / {{ {GOOD} {PASS} }}"
PREFIX = f"location /tools/ {{ {GOOD} proxy_pass http://127.0.0.1:$BACKEND/; }}"
HOST = f"location / {{ {GOOD} proxy_set_header Host $host; {PASS} }}"
GZIP = f"gzip on; gzip_types text/event-stream; location / {{ proxy_http_version 1.1; {PASS} }}"
IGNORING = f"location / {{ proxy_ignore_headers X-Accel-Buffering; {PASS} }}"


def on_nginx(
    name: str,
    directives: str,
    *behind: Server,
    causes: frozenset[str] = frozenset(),
    ages: tuple[str, ...] = ("old", "new"),
    tls: bool = False,
    prefix: str = "",
    customers: int = 0,
    seen_with: str = "url",
    xfail: str = "",
) -> tuple[Incident, ...]:
    """These servers, each behind an Nginx of each age with these directives."""
    boxes = [nginx(age, name, directives, tls=tls, prefix=prefix) for age in ages]
    return tuple(
        Incident(server, front, causes, customers, seen_with, xfail)
        for server in behind
        for front in boxes
    )


THROUGH_BOTH = (
    servers.MCP_SSE_SERVER,
    servers.MCP_HTTP_SERVER,
    servers.STARLETTE,
    servers.STARLETTE_LARGE,
    servers.STARLETTE_FAST,
    servers.STARLETTE_FINITE,
    servers.GUNICORN_SYNC,
    servers.GUNICORN_THREADS,
    servers.EVERYTHING_SSE,
    servers.SUPERGATEWAY_SSE,
)
"""Tried with the default and with the good config."""
BY_DEFAULT = (
    servers.FASTMCP_SSE,
    servers.FASTMCP_HTTP,
    servers.SSE_STARLETTE,
    servers.STARLETTE_LIMITED,
    servers.GUNICORN_SMALL,
    servers.GUNICORN_THREE,
    servers.EVERYTHING_HTTP,
    servers.SUPERGATEWAY_HTTP,
)
SMALL = (servers.GUNICORN_SMALL, servers.GUNICORN_THREE, servers.STARLETTE_LIMITED)
"""Pools of three workers."""

NGINX_INCIDENTS = (
    *on_nginx("default", DEFAULT, *THROUGH_BOTH, *BY_DEFAULT),
    *on_nginx("good", GOOD_LOCATION, *THROUGH_BOTH, servers.FASTMCP_MOUNTED),
    *on_nginx(
        "ignoring-header",
        IGNORING,
        servers.MCP_SSE_SERVER,
        servers.FASTMCP_SSE,
        servers.SSE_STARLETTE,
        causes=HELD_BY_HEADER,
    ),
    # The progress of a call and the session's GET stream are held, nothing else.
    *on_nginx("ignoring-header", IGNORING, servers.EVERYTHING_HTTP, causes=HELD_BY_HEADER),
    # Of FastMCP only the progress of a call: in the revision of 2026-07-28 nothing else streams,
    # so only the config shows it.
    *on_nginx(
        "ignoring-header",
        IGNORING,
        servers.FASTMCP_HTTP,
        causes=HELD_BY_HEADER,
        seen_with="all",
    ),
    *on_nginx("tls default", DEFAULT, servers.EVERYTHING_SSE, servers.STARLETTE_FAST, tls=True),
    *on_nginx("tls good", GOOD_LOCATION, servers.EVERYTHING_SSE, servers.STARLETTE_FAST, tls=True),
    *on_nginx(
        "prefix",
        PREFIX,
        servers.EVERYTHING_SSE,
        servers.EVERYTHING_HTTP,
        causes=LOST_PREFIX,
        prefix="/tools",
    ),
    *on_nginx(
        "host",
        HOST,
        servers.MCP_SSE_SERVER,
        servers.MCP_HTTP_SERVER,
        causes=REFUSED_HOST,
        ages=("new",),
    ),
    *on_nginx("gzip", GZIP, servers.STARLETTE, causes=HELD_BY_GZIP),
    # One worker is left, or none.
    *on_nginx("good", GOOD_LOCATION, *SMALL, causes=NO_WORKER, ages=("new",), customers=2),
    *on_nginx("good", GOOD_LOCATION, *SMALL, causes=NO_WORKER, ages=("new",), customers=3),
)

HOLDING = (
    fronts.haproxy("waiting-for-body", "http-response wait-for-body time 20s"),
    fronts.apache(
        "filtering",
        'ExtFilterDefine rewrite mode=output cmd="/bin/sed s/backend/front/"\n'
        "<Location />\nSetOutputFilter rewrite\n</Location>",
    ),
    fronts.varnish(
        "collecting",
        "sub vcl_recv { return (pass); }\n"
        "sub vcl_backend_response { set beresp.do_stream = false; }",
    ),
    fronts.lighttpd("default", ""),
    fronts.caddy("buffering", "", "buffer_responses"),
)
STREAMING = (
    fronts.haproxy("streaming", "option http-no-delay"),
    fronts.haproxy("default", ""),
    fronts.haproxy(
        "compressing",
        "filter compression\n    compression algo gzip\n    compression type text/event-stream",
    ),
    fronts.apache("streaming", ""),
    fronts.apache("compressing", "<Location />\nSetOutputFilter DEFLATE\n</Location>"),
    fronts.varnish("streaming", "sub vcl_recv { return (pipe); }"),
    fronts.varnish("caching", ""),
    fronts.lighttpd("streaming", "server.stream-response-body = 2"),
    fronts.caddy("streaming", ""),
    fronts.caddy("compressing", "encode gzip"),
)

INCIDENTS = (
    *NGINX_INCIDENTS,
    *(Incident(servers.STARLETTE, front) for front in (*HOLDING, *STREAMING)),
    *(Incident(servers.EVERYTHING_SSE, front) for front in HOLDING),
)
