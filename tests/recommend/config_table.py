"""Kinds of locations and ways to pass a request on: every combination is a config."""

from tests.recommend.config_layouts import TEMP_PATHS

PASS = "@PASS@"
PLACES = {
    "the root prefix": "location / {\n@PASS@\n}\n",
    "a prefix": "location /s {\n@PASS@\n}\n",
    "a prefix that beats patterns": "location ^~ /s {\n@PASS@\n}\n",
    "the path's own prefix": "location /sse {\n@PASS@\n}\n",
    "an exact location": "location = /sse {\n@PASS@\n}\n",
    "a pattern": "location ~ ^/s {\n@PASS@\n}\n",
    "a pattern with groups": (
        "location ~* ^/(sse|message)(/.*)?$ {\nproxy_set_header X-G $1;\n@PASS@\n}\n"
    ),
    "a pattern with a named group": (
        "location ~ ^/(?<first>[^/]+)$ {\nproxy_set_header X-G $first;\n@PASS@\n}\n"
    ),
    "a prefix in a prefix": "location / {\nallow all;\nlocation /s {\n@PASS@\n}\n}\n",
    "an exact location in a prefix": "location / {\nlocation = /sse {\n@PASS@\n}\n}\n",
    "a pattern in a pattern": "location ~ ^/ {\nlocation ~ ^/s {\n@PASS@\n}\n}\n",
    "a pattern in a prefix": "location / {\nlocation ~ sse$ {\n@PASS@\n}\n}\n",
    "three levels": "location / {\nlocation /s {\nlocation /ss {\n@PASS@\n}\n}\n}\n",
    "a named location after files": (
        "location / {\nroot .;\ntry_files $uri @app;\n}\nlocation @app {\n@PASS@\n}\n"
    ),
    "a named location behind a guard": (
        "location / {\nroot .;\ndeny 10.0.0.1;\ntry_files $uri @app;\n}\n"
        "location @app {\n@PASS@\n}\n"
    ),
    "a named location as error page": (
        "location / {\nerror_page 418 = @app;\nreturn 418;\n}\nlocation @app {\n@PASS@\n}\n"
    ),
    "in an if": "location / {\nif ($request_method = GET) {\n@PASS@\n}\nreturn 404;\n}\n",
    "beside an if": (
        "location / {\nif ($http_x_a) {\nreturn 403;\n}\n"
        "if ($request_method = POST) {\nset $a b;\n}\n@PASS@\n}\n"
    ),
    "in an if and beside it": (
        "location / {\nif ($request_method = GET) {\n@PASS@\n}\n@PASS@\n}\n"
    ),
    "a rewrite with break": "location / {\nrewrite ^/(.*)$ /v2/$1 break;\n@PASS@\n}\n",
    "a rewrite to another location": (
        "location = /sse {\nrewrite ^ /stream last;\n}\nlocation /stream {\n@PASS@\n}\n"
    ),
    "a rewrite of the server": "rewrite ^/sse$ /stream;\nlocation /stream {\n@PASS@\n}\n",
    "a limit_except": "location / {\nlimit_except GET {\ndeny all;\n}\n@PASS@\n}\n",
    "in a limit_except": "location / {\nlimit_except POST {\n@PASS@\n}\n@PASS@\n}\n",
    "a subrequest for access": (
        "location / {\nauth_request /check;\n@PASS@\n}\n"
        "location = /check {\ninternal;\nproxy_pass http://127.0.0.1:9;\n}\n"
    ),
    "limits of the server": "limit_req zone=two;\nlimit_conn three 2;\nlocation / {\n@PASS@\n}\n",
    "a cache": "location / {\nproxy_cache one;\n@PASS@\n}\n",
    "all settings": (
        'location / {\nproxy_http_version 1.1;\nproxy_set_header Connection "upgrade";\n'
        "proxy_set_header Host $host;\nproxy_buffering on;\nproxy_read_timeout 5s;\n"
        "proxy_buffers 8 64k;\nproxy_buffer_size 128k;\nproxy_busy_buffers_size 128k;\n"
        "add_header X-A a;\nproxy_hide_header X-B;\nproxy_ignore_headers X-Accel-Buffering;\n"
        "limit_req zone=two;\nclient_max_body_size 1k;\n@PASS@\n}\n"
    ),
    "messages that end here": (
        "location /sse {\n@PASS@\n}\nlocation = /message {\nreturn 404;\n}\n"
        "location / {\nroot .;\n}\n"
    ),
    "an exact location for each": (
        "location = /sse {\n@PASS@\n}\nlocation = /message {\n@PASS@\n}\n"
        "location / {\nreturn 404;\n}\n"
    ),
    "messages in a nested location": (
        "location / {\n@PASS@\n}\nlocation /m {\nlocation /mess {\n}\n}\n"
    ),
}
"""The locations of a server, by what serves the path `/sse`."""
PASSES = {
    "no URI": "proxy_pass http://127.0.0.1:9;",
    "a slash": "proxy_pass http://127.0.0.1:9/;",
    "a URI": "proxy_pass http://127.0.0.1:9/v2/app;",
    "a variable": "proxy_pass http://$backend;",
    "a variable and the request's URI": "proxy_pass http://$backend/v2$request_uri;",
    "a name in a variable": "proxy_pass http://$name:9;",
    "a variable and a path": "proxy_pass http://$backend/x$uri;",
    "an upstream": "proxy_pass http://app;",
    "an upstream and a URI": "proxy_pass http://app/v2/;",
    "TLS": "proxy_pass https://127.0.0.1:9;",
    "TLS, a name and a slash": "proxy_pass https://localhost:9/;",
    "a socket": "proxy_pass http://unix:/tmp/x.sock;",
    "a socket and a URI": "proxy_pass http://unix:/tmp/x.sock:/v2/;",
    "FastCGI": "fastcgi_pass 127.0.0.1:9;\nfastcgi_param A b;",
    "FastCGI with a variable": "fastcgi_pass $backend;",
    "uwsgi": "uwsgi_pass app;\nuwsgi_param A b;",
    "SCGI": "scgi_pass 127.0.0.1:9;",
    "gRPC": "grpc_pass grpc://127.0.0.1:9;",
    "gRPC with a variable": "grpc_pass grpc://$backend;",
}
"""The lines that pass a request on."""
_AROUND = (
    f"events {{}}\nhttp {{\n    {TEMP_PATHS}\n    proxy_cache_path cache keys_zone=one:1m;\n"
    "    limit_req_zone $server_port zone=two:1m rate=1r/s;\n"
    "    limit_conn_zone $server_port zone=three:1m;\n"
    "    upstream app {\n        server 127.0.0.1:9;\n        server 127.0.0.1:10;\n    }\n"
    "    server {\n        listen 127.0.0.1:18081;\n"
    "        set $backend 127.0.0.1:9;\n        set $name localhost;\n@SERVER@    }\n}\n"
)


def config_of(place: str, passing: str) -> str:
    """The config with these lines at this place; Nginx does not take all of them."""
    return _AROUND.replace("@SERVER@", PLACES[place].replace(PASS, PASSES[passing]))
