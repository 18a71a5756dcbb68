"""Configs as people have them, each with requests whose answers must not change."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.recommend.real_nginx import RequestSpec

TEMP_PATHS = "".join(
    f"{name}_temp_path temp_{name};"
    for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)


def conf(server: str, http: str = "") -> str:
    """A whole config around a server's lines; `@NGINX@` and `@BACKEND@` become ports."""
    return (
        f"events {{}}\nhttp {{\n    access_log off; {TEMP_PATHS}\n    proxy_http_version 1.0;\n"
        f"{http}    server {{\n        listen 127.0.0.1:@NGINX@;\n{server}    }}\n}}\n"
    )


@dataclass(frozen=True)
class Layout:
    """A config, the stream's path, and the location that serves it by its arguments.

    Attributes:
        stream_headers: Headers of a request for the stream that access control lets pass.
        requests: More requests whose answers must not change.
        placement: Where the block must go.
        ids: The causes in the diagnosis.
        x_accel_buffering: The header that the backend sends.
        held_headers: Request headers with which the stream is held before the change.
    """

    name: str
    text: str
    location: str = "/"
    path: str = "/sse"
    placement: str = "beside"
    stream_headers: Mapping[str, str] = field(default_factory=dict)
    requests: tuple[RequestSpec, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    ids: tuple[str, ...] = ("proxy-buffering-hold",)
    x_accel_buffering: str | None = None
    held_headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name


_BASIC = {"Authorization": "Basic dTpw"}  # u:p
_INCIDENT = """
        location / {
            proxy_pass http://127.0.0.1:@BACKEND@;
            proxy_set_header Host $host;
            proxy_set_header X-Real-IP $remote_addr;
            proxy_connect_timeout 300;
            proxy_read_timeout 300;
            proxy_buffer_size 128k;
            proxy_buffers 8 64k;
            proxy_busy_buffers_size 128k;
        }
"""

LAYOUTS = (
    Layout("incident", conf(_INCIDENT), requests=(RequestSpec("/sse/"), RequestSpec("/ssex"))),
    Layout("crlf", conf(_INCIDENT).replace("\n", "\r\n")),
    Layout("tabs", conf(_INCIDENT).replace("    ", "\t")),
    Layout("no final newline", conf(_INCIDENT).rstrip("\n")),
    Layout(
        "one line",
        f"events {{}} http {{ access_log off; {TEMP_PATHS} proxy_http_version 1.0; "
        "server { listen 127.0.0.1:@NGINX@; location /x { return 204; } "
        "location / { proxy_pass http://127.0.0.1:@BACKEND@; proxy_set_header X-A 1; } } }",
        requests=(RequestSpec("/x"),),
    ),
    Layout(
        "one line of its own",
        f"events {{}} http {{ access_log off; {TEMP_PATHS} proxy_http_version 1.0; "
        "server { listen 127.0.0.1:@NGINX@; "
        "location /sse { proxy_buffering on; proxy_pass http://127.0.0.1:@BACKEND@; } } }",
        location="/sse",
        placement="inside",
    ),
    Layout(
        "prefix stripped",
        conf("location /api/ { proxy_pass http://127.0.0.1:@BACKEND@/; }\n"),
        "/api/",
        "/api/sse",
    ),
    Layout(
        "prefix replaced",
        conf("location /api { proxy_pass http://127.0.0.1:@BACKEND@/v2/app; }\n"),
        "/api",
        "/api/my stream/50%;é",
    ),
    Layout(
        "prefix that wins over a regex",
        conf(
            "location ^~ /a/ { proxy_pass http://127.0.0.1:@BACKEND@; proxy_set_header X-A a; }\n"
            "location ~ sse$ { return 418; }\n"
        ),
        "^~ /a/",
        "/a/sse",
        requests=(RequestSpec("/b/sse"),),
    ),
    Layout(
        "regex with captures",
        conf(
            "location ~ ^/(api|app)/(?<rest>.*)$ {\n"
            "    proxy_set_header X-Group $1;\n"
            "    proxy_pass http://127.0.0.1:@BACKEND@/v3/$rest$is_args$args;\n}\n"
        ),
        "~ ^/(api|app)/(?<rest>.*)$",
        "/api/sse",
        requests=(RequestSpec("/app/sse"), RequestSpec("/api/sse/x")),
    ),
    Layout(
        "unanchored regex with alternatives",
        conf(
            "location ~* /(sse|ws)|^/(x\\.y)$ {\n    proxy_set_header X-Group g$1;\n"
            "    proxy_pass http://127.0.0.1:@BACKEND@;\n}\n"
        ),
        "~* /(sse|ws)|^/(x\\.y)$",
        "/a/b/sse",
        requests=(RequestSpec("/a/ws"), RequestSpec("/a/b/sse/x")),
    ),
    Layout(
        "regex with a quantifier, in quotes",
        conf(
            'location ~ "^/v(\\d{1,2})/sse" {\n    proxy_set_header X-Version $1;\n'
            "    proxy_pass http://127.0.0.1:@BACKEND@;\n}\n"
        ),
        "~ ^/v(\\d{1,2})/sse",
        "/v12/sse",
        requests=(RequestSpec("/v3/sse"),),
    ),
    Layout(
        "own regex",
        conf("location ~ ^/sse$ { proxy_pass http://127.0.0.1:@BACKEND@; }\n"),
        "~ ^/sse$",
        placement="inside",
    ),
    Layout(
        "regex without captures",
        conf(
            "location ~* \\.stream$ { proxy_pass http://127.0.0.1:@BACKEND@; }\n"
            "location / { return 204; }\n"
        ),
        "~* \\.stream$",
        "/a.stream",
    ),
    Layout(
        "nested prefix",
        conf(
            "location /a/ { proxy_set_header X-Outer 1; root /nowhere;\n"
            "    # the application\n"
            "    location /a/b/ {\n        proxy_pass http://127.0.0.1:@BACKEND@/;\n    }\n}\n"
        ),
        "/a/b/",
        "/a/b/sse",
        requests=(RequestSpec("/a/x"),),
    ),
    Layout(
        "nested locations stay",
        conf(
            "location / {\n    proxy_pass http://127.0.0.1:@BACKEND@;\n\n"
            "    # pictures\n    location /img/ { return 204; }\n}\n"
        ),
        requests=(RequestSpec("/img/x"),),
    ),
    Layout(
        "own exact",
        conf(
            "location = /sse {\n    proxy_buffering on; # because\n"
            "    proxy_pass http://127.0.0.1:@BACKEND@;\n    proxy_read_timeout 5s;\n}\n"
        ),
        "= /sse",
        placement="inside",
    ),
    Layout(
        "own prefix before regexes",
        conf("location ^~ /sse {\n\tproxy_pass http://127.0.0.1:@BACKEND@;\n}\n"),
        "^~ /sse",
        placement="inside",
        requests=(RequestSpec("/sse/more"),),
    ),
    Layout(
        "access control",
        conf(
            "location / {\n    auth_basic staff;\n    auth_basic_user_file users;\n"
            "    satisfy all;\n    allow 127.0.0.0/8;\n    deny all;\n"
            "    limit_except GET { deny all; }\n"
            '    if ($http_x_block = "}") { return 403; }\n'
            "    proxy_pass http://127.0.0.1:@BACKEND@;\n}\n"
        ),
        stream_headers=_BASIC,
        requests=(
            RequestSpec("/sse"),
            RequestSpec("/sse", {**_BASIC, "X-Block": "}"}),
            RequestSpec("/sse", _BASIC, "POST"),
        ),
        files={"users": "u:{PLAIN}p\n"},
    ),
    Layout(
        "denied",
        conf("location / { deny 127.0.0.1; proxy_pass http://127.0.0.1:@BACKEND@; }\n"),
        stream_headers={"X-Denied": "yes"},
    ),
    Layout(
        "auth_request",
        conf(
            "location / {\n    auth_request /check;\n    proxy_pass http://127.0.0.1:@BACKEND@;\n}\n"
            "location = /check { internal; proxy_pass http://127.0.0.1:@BACKEND@; }\n"
        ),
        stream_headers={"X-Token": "right"},
        requests=(RequestSpec("/sse", {"X-Token": "wrong"}),),
    ),
    Layout(
        "request limit",
        conf(
            "location / { limit_req zone=one; proxy_pass http://127.0.0.1:@BACKEND@; }\n",
            "limit_req_zone $http_x_who zone=one:1m rate=1r/m;\n",
        ),
        requests=(RequestSpec("/sse", {"X-Who": "me"}), RequestSpec("/sse", {"X-Who": "me"})),
    ),
    Layout(
        "inherited headers and rewrites",
        conf(
            "proxy_set_header X-Outer outer;\nset $name value;\n"
            "location /old/ {\n    rewrite ^/old/(.*)$ /new/$1 break;\n"
            "    proxy_pass http://127.0.0.1:@BACKEND@;\n    add_header X-B b;\n}\n"
        ),
        "/old/",
        "/old/sse",
    ),
    Layout(
        "upstream in a variable",
        conf(
            "set $peer 127.0.0.1:@BACKEND@;\n"
            "location /v/ { proxy_pass http://$peer$request_uri; }\n"
        ),
        "/v/",
        "/v/sse",
    ),
    Layout(
        "include in the location",
        conf(
            "location / {\n    include proxy_params; # ours\n"
            "    proxy_pass http://127.0.0.1:@BACKEND@;\n}\n"
        ),
        files={"proxy_params": "proxy_set_header Host $host;\nproxy_set_header X-P p;\n"},
    ),
    Layout(
        "include that sets what has to change",
        conf(
            "location = /sse {\n    proxy_pass http://127.0.0.1:@BACKEND@;\n"
            "    include deep.conf;\n}\n"
        ),
        "= /sse",
        placement="inside",
        files={
            "deep.conf": "# deep\nproxy_set_header X-D d;\ninclude deeper.conf;\n",
            "deeper.conf": "proxy_buffering on;\nproxy_set_header X-E e;",
        },
    ),
    Layout(
        "include on one line that ends in a comment",
        conf("location = /sse { proxy_pass http://127.0.0.1:@BACKEND@; include deep.conf; }\n"),
        "= /sse",
        placement="inside",
        files={"deep.conf": "proxy_buffering on; # why"},
    ),
    Layout(
        "include that passes on with another URI",
        conf("location /api/ {\n    include pass.conf;\n}\n"),
        "/api/",
        "/api/sse",
        files={"pass.conf": "proxy_set_header X-P p;\nproxy_pass http://127.0.0.1:@BACKEND@/;\n"},
    ),
    Layout(
        "location in an included file of a sub folder",
        conf('include "conf.d/my site.conf";\n'),
        files={
            "conf.d/my site.conf": "location / {\n  proxy_pass http://127.0.0.1:@BACKEND@;\n}\n"
        },
    ),
    Layout(
        "a credential in a regex location",
        conf(
            "location ~ ^/(a|b)/ {\n    proxy_set_header X-Api-Key abcdef;\n"
            "    proxy_set_header X-Group $1;\n    proxy_pass http://127.0.0.1:@BACKEND@;\n}\n"
        ),
        "~ ^/(a|b)/",
        "/b/sse",
        placement="nested",
        requests=(RequestSpec("/a/sse"),),
    ),
    Layout(
        "a credential in a regex location without groups",
        conf(
            "location ~ sse$ {\n    proxy_set_header X-Api-Key abcdef;\n"
            "    proxy_pass http://127.0.0.1:@BACKEND@;\n}\n"
        ),
        "~ sse$",
        "/b.c/sse",
        placement="nested",
    ),
    Layout(
        "a single-page application",
        conf(
            "location / {\n    root .;\n    try_files $uri @app;\n}\n"
            "location @app {\n    proxy_pass http://127.0.0.1:@BACKEND@;\n"
            "    proxy_set_header X-App 1;\n}\n"
        ),
        "@ app",
        requests=(RequestSpec("/nginx.conf"),),
    ),
    Layout(
        "a guarded single-page application",
        conf(
            "location / {\n    auth_basic staff;\n    auth_basic_user_file users;\n    root .;\n"
            "    try_files $uri @app;\n}\n"
            "location @app {\n    if ($http_x_block) { return 403; }\n"
            "    proxy_pass http://127.0.0.1:@BACKEND@;\n}\n"
        ),
        "@ app",
        stream_headers=_BASIC,
        requests=(RequestSpec("/sse"), RequestSpec("/sse", {**_BASIC, "X-Block": "1"})),
        files={"users": "u:{PLAIN}p\n"},
    ),
    Layout(
        "a named location that two others hand on to",
        conf(
            "location / { root .; try_files $uri @app; }\n"
            "location ~ ^/(s) { root .; set $a $1; try_files $uri @app; }\n"
            "location @app { proxy_pass http://127.0.0.1:@BACKEND@; proxy_set_header X-A _$a; }\n"
        ),
        "@ app",
    ),
    Layout(
        "an exact location that hands on",
        conf(
            "location = /sse { auth_basic staff; auth_basic_user_file users; root .; "
            "try_files /none @app; }\n"
            "location / { root .; try_files $uri @app; }\n"
            "location @app { proxy_pass http://127.0.0.1:@BACKEND@; }\n"
        ),
        "@ app",
        stream_headers=_BASIC,
        requests=(RequestSpec("/sse"),),
        files={"users": "u:{PLAIN}p\n"},
    ),
    Layout(
        "a location that rewrites to itself",
        conf(
            "location / { rewrite ^/sse$ /stream last; proxy_pass http://127.0.0.1:@BACKEND@; }\n"
        ),
        placement="wide",
    ),
    Layout(
        "a named location that a rewrite leads to",
        conf(
            "rewrite ^/sse$ /stream;\nlocation /stream { root .; try_files $uri @app; }\n"
            "location @app { proxy_pass http://127.0.0.1:@BACKEND@; }\n"
        ),
        "@ app",
        placement="wide",
    ),
    Layout(
        "a credential in the location",
        conf(
            'location / {\n    proxy_set_header Authorization "Basic c2VjcmV0OnNlY3JldA==";\n'
            "    proxy_set_header X-A $host;\n    auth_basic staff;\n"
            "    auth_basic_user_file users;\n    proxy_pass http://127.0.0.1:@BACKEND@;\n}\n"
        ),
        placement="nested",
        stream_headers=_BASIC,
        requests=(RequestSpec("/sse"),),
        files={"users": "u:{PLAIN}p\n"},
    ),
    Layout(
        "a backend that asks for buffering",
        conf("location / { proxy_pass http://127.0.0.1:@BACKEND@; }\n"),
        x_accel_buffering="yes",
    ),
    Layout(
        "a header that is ignored",
        conf(
            "proxy_ignore_headers X-Accel-Buffering;\n"
            "location / { proxy_pass http://127.0.0.1:@BACKEND@; }\n"
        ),
        ids=("xab-ignored",),
        x_accel_buffering="no",
    ),
    Layout(
        "compression",
        conf(
            "gzip on; gzip_types text/event-stream; gzip_min_length 0;\n"
            "location / { proxy_pass http://127.0.0.1:@BACKEND@; }\n"
        ),
        ids=("gzip-plus-buffering",),
        held_headers={"Accept-Encoding": "gzip"},
    ),
    Layout(
        "a cache that is inherited",
        conf(
            "proxy_cache one; proxy_cache_valid 1h; proxy_ignore_headers Cache-Control;\n"
            "location / { proxy_pass http://127.0.0.1:@BACKEND@; }\n",
            "proxy_cache_path cache keys_zone=one:1m;\n",
        ),
    ),
)
