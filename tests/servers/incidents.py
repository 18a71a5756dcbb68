"""The incidents: which server stands behind which front. The clients decide what is right."""

from dataclasses import dataclass

from tests.servers import fronts, servers
from tests.servers.fronts import GOOD, PASS, Front
from tests.servers.servers import Server


@dataclass(frozen=True, slots=True)
class Incident:
    """One server behind one front.

    Attributes:
        causes: What may be named if a client fails, in place of the front's.
        customers: How many other clients have the stream open.
        xfail: Why the tool's answer is known to be wrong so far; empty where it is right.
    """

    server: Server
    front: Front
    causes: frozenset[str] = frozenset()
    customers: int = 0
    xfail: str = ""

    @property
    def name(self) -> str:
        name = f"{self.server.name} behind {self.front.name}"
        return f"{name} with {self.customers} customers" if self.customers else name

    @property
    def allowed(self) -> frozenset[str]:
        return self.causes or self.front.causes


BOTH = ("old", "new")
DEFAULT = f"location / {{ {PASS} }}"
GOOD_LOCATION = f"location / {{ {GOOD} {PASS} }}"
PREFIX = f"location /tools/ {{ {GOOD} proxy_pass http://127.0.0.1:$BACKEND/; }}"
HOST = f"location / {{ {GOOD} proxy_set_header Host $host; {PASS} }}"
GZIP = f"gzip on; gzip_types text/event-stream; location / {{ proxy_http_version 1.1; {PASS} }}"
IGNORING = f"location / {{ proxy_ignore_headers X-Accel-Buffering; {PASS} }}"

BEHIND_NGINX = (
    servers.MCP_SSE_SERVER,
    servers.MCP_HTTP_SERVER,
    servers.FASTMCP_SSE,
    servers.FASTMCP_HTTP,
    servers.SSE_STARLETTE,
    servers.STARLETTE,
    servers.STARLETTE_LARGE,
    servers.STARLETTE_FAST,
    servers.STARLETTE_FINITE,
    servers.STARLETTE_LIMITED,
    servers.GUNICORN_SYNC,
    servers.GUNICORN_SMALL,
    servers.GUNICORN_THREADS,
    servers.GUNICORN_THREE,
    servers.EVERYTHING_SSE,
    servers.EVERYTHING_HTTP,
    servers.SUPERGATEWAY_SSE,
    servers.SUPERGATEWAY_HTTP,
)
BEHIND_NEIGHBOURS = (servers.EVERYTHING_SSE, servers.STARLETTE)

NEIGHBOURS = (
    fronts.haproxy("streaming", "option http-no-delay"),
    fronts.haproxy("default", ""),
    fronts.haproxy("waiting-for-body", "http-response wait-for-body time 20s"),
    fronts.haproxy(
        "compressing",
        "filter compression\n    compression algo gzip\n    compression type text/event-stream",
    ),
    fronts.apache("streaming", ""),
    fronts.apache(
        "filtering",
        'ExtFilterDefine rewrite mode=output cmd="/bin/sed s/backend/front/"\n'
        "<Location />\nSetOutputFilter rewrite\n</Location>",
    ),
    fronts.apache("compressing", "<Location />\nSetOutputFilter DEFLATE\n</Location>"),
    fronts.varnish("streaming", "sub vcl_recv { return (pipe); }"),
    fronts.varnish(
        "collecting",
        "sub vcl_recv { return (pass); }\n"
        "sub vcl_backend_response { set beresp.do_stream = false; }",
    ),
    fronts.varnish("caching", ""),
    fronts.lighttpd("streaming", "server.stream-response-body = 2"),
    fronts.lighttpd("default", ""),
    fronts.caddy("streaming", ""),
    fronts.caddy("compressing", "encode gzip"),
    fronts.caddy("buffering", "", "buffer_responses"),
)

INCIDENTS = (
    *(
        Incident(server, fronts.nginx(version, name, location))
        for server in BEHIND_NGINX
        for version in BOTH
        for name, location in (("default", DEFAULT), ("good", GOOD_LOCATION))
    ),
    *(
        Incident(server, fronts.nginx(version, "ignoring-header", IGNORING), causes)
        for causes in (frozenset({"xab-ignored", *fronts.HELD}),)
        for server in (servers.MCP_SSE_SERVER, servers.FASTMCP_SSE, servers.SSE_STARLETTE)
        for version in BOTH
    ),
    # The progress of a call and the session's GET stream are held, nothing else.
    Incident(
        servers.EVERYTHING_HTTP,
        fronts.nginx("old", "ignoring-header", IGNORING),
        frozenset({"xab-ignored", *fronts.HELD}),
    ),
    Incident(
        servers.FASTMCP_HTTP,
        fronts.nginx("old", "ignoring-header", IGNORING),
        frozenset({"xab-ignored", *fronts.HELD}),
        xfail="only a call streams in the revision of 2026-07-28, and the tool calls nothing",
    ),
    *(
        Incident(servers.FASTMCP_MOUNTED, fronts.nginx(version, "good", GOOD_LOCATION))
        for version in BOTH
    ),
    *(
        Incident(server, fronts.nginx(version, f"tls {name}", location, tls=True))
        for server in (servers.EVERYTHING_SSE, servers.STARLETTE_FAST)
        for version in BOTH
        for name, location in (("default", DEFAULT), ("good", GOOD_LOCATION))
    ),
    *(
        Incident(server, fronts.nginx(version, "prefix", PREFIX, prefix="/tools"), causes)
        for causes in (frozenset({"endpoint-prefix-lost", "message-path-unrouted"}),)
        for server in (servers.EVERYTHING_SSE, servers.EVERYTHING_HTTP)
        for version in BOTH
    ),
    *(
        Incident(server, fronts.nginx("new", "host", HOST), frozenset({"host-origin-rejected"}))
        for server in (servers.MCP_SSE_SERVER, servers.MCP_HTTP_SERVER)
    ),
    *(
        Incident(server, fronts.nginx(version, "gzip", GZIP), causes)
        for causes in (frozenset({"gzip-plus-buffering", *fronts.HELD}),)
        for server in (servers.STARLETTE, servers.EVERYTHING_SSE)
        for version in BOTH
    ),
    *(
        # A pool of workers that has one left, and one that has none.
        Incident(server, fronts.nginx("new", "good", GOOD_LOCATION), causes, customers)
        for causes in (frozenset({"backend-blocked", "backend-silent"}),)
        for server in (servers.GUNICORN_SMALL, servers.GUNICORN_THREE, servers.STARLETTE_LIMITED)
        for customers in (2, 3)
    ),
    *(Incident(server, front) for server in BEHIND_NEIGHBOURS for front in NEIGHBOURS),
)
