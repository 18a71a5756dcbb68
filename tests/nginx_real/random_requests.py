"""Random configs that change a request on its way to the backend, and random requests for them."""

from dataclasses import dataclass
from random import Random

HTTP = """
uninitialized_variable_warn off;
map $http_upgrade $upgraded { default upgrade; '' close; }
map $http_upgrade $kept { default upgrade; '' ''; }
map $http_origin $site { ~^https://([a-z.]+)$ $1; default none; }
map $uri $kept_uri { default $uri; }
map $uri $new_uri { volatile; default $uri; }
map $arg_q $asked { '' ''; 1 one; ~*^x(.*) got-$1; default $uri; }
proxy_cache_path cache keys_zone=kept:1m;
upstream Be { server 127.0.0.1:BACKEND; }
upstream b_e { server 127.0.0.1:BACKEND; }
"""
"""Lines of the http level; BACKEND is a port."""
_NAMES = (
    "Host", "Host", "host", "Connection", "Connection", "Upgrade", "X-Forwarded-For", "X-Real-IP",
    "X-A", "x-a", "Accept-Encoding", "Authorization", "Content-Type", "X_Under", "Cookie", "Origin",
    "TE", "X-Scheme", "X-Uri", "X-New", "Accept", "If-None-Match", "Proxy-Connection",
)  # fmt: skip
_VALUES = (
    "''", "''", "''", "$host", "$http_host", "$proxy_host", "$host:$server_port", "$scheme",
    "$http_x_a", "$http_upgrade", "$upgraded", "$kept", "upgrade", "keep-alive", "close", '""',
    "$remote_addr", "$proxy_add_x_forwarded_for", "$request_uri", "$uri", "$args", "$arg_q",
    "$server_name", "$server_port", "$http_cookie", "$cookie_sid", "literal.example", "'a b  c'",
    "$x", "${host}x", "$1", "'$1-$10'", "$request_method", "$server_protocol", "$request",
    "$http_x_dup", "$proxy_port", "$site", "$asked", "$content_type", "$is_args$args",
    "$ssl_client_cert", "$nginx_version", "$http_authorization", "$request_id", "$https",
    "$proxy_host:$proxy_port", "$http_x_forwarded_for", "$document_uri", "$http_none",
    "$content_length", "$kept_uri", "$new_uri",
)  # fmt: skip
_PASSES = (
    "http://127.0.0.1:BACKEND", "http://Be", "http://b_e", "http://$passed",
    "http://127.0.0.1:BACKEND$request_uri", "http://$passed$uri$is_args$args", "HTTP://BE",
    "http://unix:SOCKET",
)  # fmt: skip
_URI_PASSES = (
    *_PASSES, "http://127.0.0.1:BACKEND/", "http://Be/p", "http://b_e/p/", "http://Be/%20p?k=v",
    "http://$passed/p?q=1", "http://$passed?q=1", "http://unix:SOCKET:/u/",
)  # fmt: skip
_MOVES = (
    "rewrite ^/(.)/(.*)$ /w/$2 break;", "rewrite ^ /w?k=$1 break;", "rewrite (.*) /w$1? break;",
    "set $args q=9;", "set $args $args&t=1;", "set $x $http_x_a;", "set $x '';",
    "if ($http_upgrade) { set $x up; }", "if ($arg_q = 1) { rewrite ^ /q$uri break; }",
    "if ($http_x_a ~ ^(.)) { set $x $1; }", "rewrite ^/b/(.*)$ /a/$1 last;",
    "try_files /none @named;", "error_page 418 = @named; return 418;", "try_files /none /d?t=$x;",
    "error_page 418 /d/moved; return 418;", "if ($http_x_a) { proxy_pass http://Be; }",
    "limit_except GET { proxy_pass http://b_e; }", "error_page 403 = @named; deny all;",
    "if ($kept_uri = none) { break; } if ($new_uri = none) { break; } rewrite ^ /w$uri break;",
)  # fmt: skip
_SWITCHES = (
    "proxy_pass_request_headers off;", "proxy_pass_request_body off;", "proxy_set_body 'b=$arg_q';",
    "proxy_method PUT;", "proxy_method $request_method;", "proxy_request_buffering off;",
    "proxy_cache kept; proxy_cache_key $request_id;", "proxy_buffering off;",
    "proxy_cache kept; proxy_cache_key $request_id; proxy_cache_methods POST;",
)  # fmt: skip
_READING = (
    "underscores_in_headers on;", "underscores_in_headers off;", "ignore_invalid_headers off;",
    "merge_slashes off;",
)  # fmt: skip
_CLIENT_HEADERS = (
    ("Accept", "text/event-stream"), ("aCCept-Encoding", "gzip, br"), ("X-A", "one"),
    ("x-dup", "1"), ("X-Dup", "2"), ("Cookie", "sid=a1; t=2"), ("cookie", "u=3"),
    ("X_Under", "u"), ("X.Dot", "d"), ("Connection", "keep-alive"), ("Connection", "Upgrade"),
    ("Proxy-Connection", "keep-alive"), ("Keep-Alive", "timeout=5"), ("TE", "trailers"),
    ("Upgrade", "websocket"), ("If-None-Match", '"e"'), ("Range", "bytes=0-"), ("X-Empty", ""),
    ("X-Forwarded-For", "10.0.0.1"), ("Authorization", "Bearer abc"), ("Spaces", "a  b   "),
    ("Origin", "https://app.test"), ("User-Agent", "probe/1"), ("Last-Event-ID", "7"),
    ("Content-Type", "application/json"), ("If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT"),
)  # fmt: skip
_PATHS = (
    "/", "/a", "/a/x", "/b/y", "/c/", "/a//x", "/a/%2Fz", "/b/%41%20b?q=1", "/c/d?q=xy&r=2",
    "/a/x?q=", "/b/$z/{w}", "/d/e/../f?q=1", "/e+f?q=a%2Bb", "/a/%C3%A9", "/r/9", '/b/"q"',
    "/n/in/x", "/n/in/x?q=1",
)  # fmt: skip


@dataclass(frozen=True)
class RandomRequest:
    """A request; `body` is None for one without, and `is_chunked` says how it is framed."""

    method: str
    uri: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    is_chunked: bool = False


class ConfigWriter:
    """Writes servers and requests from one source of random numbers."""

    def __init__(self, seed: int, *, http2: bool = False) -> None:
        self._random = Random(seed)
        # Groups of a map's regex and `$1` in one request make newer versions answer 500.
        self._skipped = ("$site", "$asked") if seed % 2 else ("$1",)
        self._versions = ("", "1.0", "1.1", "1.1", *(["2"] if http2 else []))

    def http(self) -> str:
        """Lines of the http level, some at random."""
        return HTTP + self._headers(0.3) + self._some(_READING, 0.2)

    def server(self, names: str) -> str:
        """A server; LISTEN, BACKEND and SOCKET are to be replaced."""
        lines = [f"server {{ LISTEN server_name {names};", "set $passed b_e;"]
        lines += [self._headers(0.4), self._some(_READING, 0.4), self._version(0.2)]
        for path in self._random.sample(["/a", "/a/", "/b/", "/c", "/d", "= /a/x", "^~ /e"], 4):
            lines.append(f"location {path} {{ {self._body(_URI_PASSES)} }}")
        lines.append(f"location ~ ^/(r)/(.) {{ {self._body(_PASSES)} }}")
        lines.append(f"location / {{ {self._body(_URI_PASSES)} }}")
        lines.append(f"location @named {{ {self._body(_PASSES)} }}")
        nested = f"location /n/in/ {{ {self._body(_URI_PASSES)} }}"
        lines.append(f"location /n {{ {self._headers(0.8)} {self._version(0.8)} {nested} }}")
        return "\n".join([*lines, "}"])

    def request(self) -> RandomRequest:
        """A request with a random choice of headers, in random order."""
        pick, some = self._random.choice, self._random.sample(_CLIENT_HEADERS, 8)
        headers = [pair for pair in some if self._random.random() < 0.8]
        if sum(name == "Connection" for name, _ in headers) > 1:
            headers.remove(("Connection", "keep-alive"))
        host = pick(["a.test", "A.test:8080", "other.test", "127.0.0.1"])
        headers.insert(self._random.randint(0, 2), ("Host", host))
        body = pick([None, None, b"", b"{}", b"x" * 3000])
        is_chunked = body is not None and self._random.random() < 0.2
        if body is not None:
            framing = ("Transfer-Encoding", "chunked")
            headers.append(framing if is_chunked else ("Content-Length", str(len(body))))
        method = pick(["GET", "GET", "POST", "DELETE"] if body is None else ["POST", "PUT"])
        return RandomRequest(method, pick(_PATHS), tuple(headers), body, is_chunked)

    def _body(self, passes: tuple[str, ...]) -> str:
        lines = [self._some(_MOVES, 0.35), self._some(_SWITCHES, 0.35), self._version(0.5)]
        return " ".join([*lines, self._headers(0.6), f"proxy_pass {self._random.choice(passes)};"])

    def _headers(self, odds: float) -> str:
        """Some `proxy_set_header` lines, or none."""
        if self._random.random() > odds:
            return ""
        pick, count = self._random.choice, self._random.randint(1, 4)
        values = [each for each in _VALUES if not any(name in each for name in self._skipped)]
        return " ".join(f"proxy_set_header {pick(_NAMES)} {pick(values)};" for _ in range(count))

    def _version(self, odds: float) -> str:
        version = self._random.choice(self._versions)
        is_set = version and self._random.random() < odds
        return f"proxy_http_version {version};" if is_set else ""

    def _some(self, lines: tuple[str, ...], odds: float) -> str:
        return self._random.choice(lines) if self._random.random() < odds else ""
