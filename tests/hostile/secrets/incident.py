"""One incident with secrets in all its inputs: a server, a config, logs, a vantage, options."""

import contextlib
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.hostile.secrets.planted import Planter

HEADERS = (
    "Authorization: Bearer <WORD>",
    "X-Api-Key: <WORD>",
    "Cookie: theme=dark; sessionid=<WORD>; other=<WORD>",
    "X-Custom: <WORD>",
)
"""What the user gives with `--header`."""
BODY = '{"password":"<PASSWORD>","model":"small","messages":["<SK>","token: <WORD>"]}'
"""What the user gives with `--data`."""
STREAM_HEADERS = (
    "Set-Cookie: sid=<WORD>; Path=/; HttpOnly",
    "Set-Cookie: theme=<WORD>",
    "X-Auth-Token: <WORD>",
    "Mcp-Session-Id: <UUID>",
    "Location: https://user:<PASSWORD>@other.example/cb?code=<WORD>&state=<WORD>",
    'Link: <https://cdn.example/a?X-Amz-Signature=<WORD>>; rel="next"',
    "X-Debug: token <GHP>",
    "Server: backend <GLPAT>",
)
EVENTS = (
    '{"jsonrpc":"2.0","id":1,"result":{"token":"<WORD>","note":"<SK>"}}',
    '{"password": "<PASSWORD>", "aws": "<AKIA>", "nested": "{\\"api_key\\": \\"<WORD>\\"}"}',
    "Authorization: Basic <BASIC>",
    "Authorization: Digest username=bob, response=<WORD>",
    "Authorization: Token <WORD>",
    "password: <PASSWORD>",
    "aws_secret_access_key = <WORD>",
    "jwt <JWT> here",
    "github <GHP> or <PAT>",
    "keys <SK> <GLPAT> <XOXB> <AKIA>",
    '{"key":"<PEM>"}',
    "see https://bob:<PASSWORD>@db.example/x?access_token=<WORD>&page=2",
    "redirect=%2Flogin%3Fcode%3D<WORD>%26page%3D2",
    *(f"{'a ' * (size // 2)}Authorization: Bearer <WORD>" for size in (90, 170, 370, 960, 970)),
    *(f"{'b' * size} https://bob:<PASSWORD>@db.example/x" for size in (80, 100, 370, 970, 980)),
    *(f"{'c' * size} <GHP>" for size in (60, 100, 180, 380, 980)),
)
ERROR_PAGE = (
    "<html><title>Denied: password=<PASSWORD></title><body>token <GHP> Authorization: Bearer "
    "<WORD> postgres://app:<PASSWORD>@db/x</body></html>"
)
CONFIG = """\
# deploy token <GHP>, password: <PASSWORD>
env API_KEY=<WORD>;
events {}
http {
    # proxy_set_header X-Api-Key <WORD>;
    map $http_x_client $upstream_auth {
        default "Bearer <WORD>";
        alice <GHP>;
        bob "<WORD>";
    }
    map $cookie_session $who { "<WORD>" alice; default nobody; }
    js_var $js_secret <WORD>;
    upstream back { server 127.0.0.1:@DIRECT@; }
    server {
        listen @PUBLIC@;
        server_name localhost 127.0.0.1;
        set $pw <WORD>;
        set $api_secret "<WORD>";
        add_header X-Debug-Token <WORD> always;
        add_header Set-Cookie "sid=<WORD>; Path=/" always;
        resolver 127.0.0.53;
        location = /old { return 301 https://user:<PASSWORD>@new.example/?token=<WORD>; }
        location = /lua { content_by_lua_block { local pw = "<WORD>" ngx.say(pw, "<SK>") } }
        location = /auth { proxy_pass http://svc:<PASSWORD>@auth.example/check?api_key=<WORD>; }
        location = /grpc { grpc_pass grpc://10.0.0.9:1; grpc_set_header X-Secret <WORD>; }
        location = /php { fastcgi_pass 10.0.0.9:9; fastcgi_param DB_PASSWORD <WORD>; }
        location = /py { uwsgi_pass 10.0.0.9:9; uwsgi_param HTTP_AUTHORIZATION "Basic <BASIC>"; }
        location / {
            if ($http_x_secret = "<WORD>") { return 403; }
            if ($arg_token != <WORD>) { set $ok 1; }
            auth_request /auth?access_token=<WORD>;
            proxy_set_header X-Api-Key <WORD>;
            proxy_set_header Authorization 'Token <WORD>';
            proxy_set_header Cookie "a=<WORD>; b=<WORD>";
            proxy_set_header X-Forwarded-User $pw;
            proxy_set_header X-Upstream-Auth $upstream_auth;
            proxy_set_header X-Opaque <GLPAT>;
            proxy_cookie_path / "/; token=<WORD>";
            proxy_pass http://svc:<PASSWORD>@127.0.0.1:@DIRECT@;
        }
    }
}
"""
ACCESS_LOG: tuple[str, ...] = (
    '203.0.113.7 - - [@TIME@] "GET /sse?token=<WORD>&page=2 HTTP/1.1" 499 0 '
    '"https://app.example/cb?code=<WORD>" "@AGENT@" "sid=<WORD>" "Bearer <WORD>"',
    '203.0.113.8 - bob [@TIME@] "GET /mcp/<UUID>/messages?sessionId=<UUID> HTTP/1.1" 200 17 "-" '
    '"@AGENT@ <JWT>"',
    *(
        f'203.0.113.9 - - [@TIME@] "GET /{"d" * size}?token=<WORD> HTTP/1.1" 499 0 "-" "@AGENT@" '
        for size in (30, 300, 330, 1900, 3930, 7930)
    ),
    '203.0.113.9 - - [@TIME@] "GET /sse?api_key=<SK> HTTP/1.1" 504 0 "-" "@AGENT@" key <XOXB>',
)
ERROR_LOG = (
    "@DAY@ [error] 7#7: *1 upstream timed out (110: Connection timed out) while reading response "
    'header from upstream, client: 203.0.113.7, server: localhost, request: "GET /sse?token=<WORD> '
    'HTTP/1.1", upstream: "http://svc:<PASSWORD>@127.0.0.1:1/sse?access_token=<WORD>", host: '
    '"localhost", referrer: "https://app.example/?code=<WORD>"',
    "@DAY@ [error] 7#7: *2 [lua] main.lua:3: password: <PASSWORD>, key <AKIA>, client: 203.0.113.8",
)
HELD_S = 5.0
"""How long the public server holds its answer, in seconds: longer than the run waits for it."""
REMOTE_ERROR = "login failed: password: <PASSWORD>, token <GHP>"
"""What the command of a vantage prints on standard error."""


class Logs:
    """The access log and the error log of the public server."""

    def __init__(self, folder: Path, planter: Planter) -> None:
        self.planter = planter
        self.access, self.error = folder / "access.log", folder / "error.log"
        self.note("Mozilla/5.0")

    def note(self, agent: str) -> None:
        """Write the lines of one request, each time the same but for its client and its time."""
        now = time.gmtime()
        stamps = {
            "@TIME@": time.strftime("%d/%b/%Y:%H:%M:%S +0000", now),
            "@DAY@": time.strftime("%Y/%m/%d %H:%M:%S", now),
            "@AGENT@": agent,
        }
        for path, lines in ((self.access, ACCESS_LOG), (self.error, ERROR_LOG)):
            text = "".join(f"{self.planter.fill(path.name, line)}\n" for line in lines)
            for mark, value in stamps.items():
                text = text.replace(mark, value)
            with path.open("a") as file:
                file.write(text)


class Incident:
    """The inputs in a folder, and two servers on loopback that answer alike.

    Attributes:
        words: The arguments of `check`.
        urls: The public URL and the direct one.
        far_argv: The file with the arguments of the processes at the vantage, one list a line.
        planted: All secrets.
    """

    def __init__(self, folder: Path, servers: Sequence["_Server"], logs: "Logs", body: str) -> None:
        planter = logs.planter
        public, direct = (server.port for server in servers)
        self._planter, self.planted = planter, planter.all
        fill, self.far_argv = planter.fill, folder / "far-argv"
        log_command = f"sh -c 'tail -F {logs.access}' --token {fill('log command', '<WORD>')}"
        self.headers = headers = [fill("option --header", text) for text in HEADERS]
        url = fill("URL of the user", f"http://127.0.0.1:{public}/sse?token=<WORD>&page=2")
        self.urls = (url, fill("direct URL", f"http://127.0.0.1:{direct}/sse?token=<WORD>&page=2"))
        prefix = fill(
            "prefix of a vantage",
            f"{sys.executable} {self._jump(folder)} --token <WORD> --password=<WORD>"
            " https://u:<PASSWORD>@jump.example",
        )
        self.conf = folder / "nginx.conf"
        text = CONFIG.replace("@DIRECT@", str(direct)).replace("@PUBLIC@", str(public))
        self.conf.write_text(fill("config", text))
        self.words = [
            url, "--direct", f"far={self.urls[1]}", "--direct", self.urls[1],
            "--conf", str(self.conf), "--log", str(logs.access),
            "--log", str(logs.error), "--log", f"tail={log_command}",
            "--vantage", f"far={prefix}", "--stall", "1",
            *(word for header in headers for word in ("-H", header)),
            *(("--data", fill("body of the user", body)) if body else ()),
        ]  # fmt: skip

    def _jump(self, folder: Path) -> Path:
        """Make a program that notes its arguments and runs the command after the first three."""
        jump, error = folder / "jump.py", self._planter.fill("error of a far side", REMOTE_ERROR)
        jump.write_text(
            "import os, sys\n"
            f"open({str(self.far_argv)!r}, 'a').write(repr(sys.argv[5:]) + '\\n')\n"
            f"print({error!r}, file=sys.stderr, flush=True)\n"
            "os.execvp(sys.argv[5], sys.argv[5:])\n"
        )
        return jump


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Stream events on the stream's path, an error page elsewhere."""
        if self.server.logs:  # type: ignore[attr-defined]
            self.server.logs.note(self.headers.get("User-Agent", "-"))  # type: ignore[attr-defined]
        if self.path.startswith("/sse"):
            self._stream()
        else:
            self._page(403)

    def do_POST(self) -> None:
        """Stream to the user's request; refuse messages with a page that holds secrets."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if b"model" in body:
            self._stream()
        else:
            self._page(401)

    do_DELETE = do_OPTIONS = do_POST

    def _stream(self) -> None:
        if self.server.holds:  # type: ignore[attr-defined]
            time.sleep(HELD_S)
            return
        self._head(200, "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        with contextlib.suppress(OSError):
            path = self.server.fill("endpoint event", "/messages/<UUID>?session_id=<UUID>")  # type: ignore[attr-defined]
            self.wfile.write(f"event: endpoint\ndata: {path}\n\n".encode())
            for event in self.server.events:  # type: ignore[attr-defined]
                self.wfile.write(f"data: {event}\n\n".encode())
                self.wfile.flush()
            for _ in range(60):
                time.sleep(0.1)
                self.wfile.write(b": ping\n\n")
        self.close_connection = True

    def _page(self, status: int) -> None:
        page = self.server.page.encode()  # type: ignore[attr-defined]
        self._head(status, "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def _head(self, status: int, media_type: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", media_type)
        for line in self.server.head:  # type: ignore[attr-defined]
            name, _, value = line.partition(": ")
            self.send_header(name, value)

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, name: str, planter: Planter, logs: Logs | None, *, holds: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.holds, self.logs = holds, logs
        self.name, self.planter = name, planter
        self.head = [self.fill("response header", line) for line in STREAM_HEADERS]
        self.events = [self.fill("event", text) for text in EVENTS]
        self.page = self.fill("error page", ERROR_PAGE)
        self.port = self.server_address[1]

    def fill(self, place: str, text: str) -> str:
        """The text with this server's secrets."""
        return self.planter.fill(f"{self.name} {place}", text)


@contextlib.contextmanager
def incident(folder: Path, *, held: bool, posts: bool = False) -> Iterator[Incident]:
    """Run the servers of the incident and write its files.

    Either the public server holds the stream, so that a fix is recommended, or it streams, and
    refuses the messages. If the stream's request `posts`, it has a body.
    """
    planter = Planter()
    logs = Logs(folder, planter)
    servers = [
        _Server("public", planter, logs, holds=held),
        _Server("direct", planter, None, holds=False),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Incident(folder, servers, logs, BODY if posts else "")
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
