"""Every property with the pieces from which inputs for it are put together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module

_SSE = b"data: |event: |id: |retry: |: |:|\n|\r|\r\n|\n\n|\xef\xbb\xbf|\0|\xe2\x80\xa8|\xc3|x| |12"
_HTTP = (
    b"HTTP/1.1 200 OK\r\n|HTTP/1.1 101 X\r\n|HTTP/1.1 100 Continue\r\n\r\n|HTTP/2 200 \r\n|\r\n"
    b"|\n|  HTTP/1.1 200 OK|Content-Length: 5\r\n|Transfer-Encoding: chunked\r\n|5\r\nhello\r\n"
    b"|0\r\n\r\n|a: b\r\n|: |HTTP/0.9|HTTP/1.0 200\r\n|\x00|\xff|Connection: upgrade\r\n"
    b"|Upgrade: websocket\r\n|Content-Length: -1\r\n|ffffffffff\r\n"
)
_LOG = (
    b'1.2.3.4 - - [27/Nov/2026:00:00:00 +0000] "GET /sse HTTP/1.1" 499 0 "-" "x"|\n|"|\\|[|]|{|}'
    b"|2026/11/27 00:00:00 [error] 7#7: *1 |upstream timed out (110: Connection timed out) while "
    b"reading upstream, client: 1.2.3.4, server: h, request: |upstream prematurely closed|:|, "
    b'|{"status": 499, "time": "2026-11-27T00:00:00Z", "request": "GET / HTTP/1.1"}|"msec":'
    b"|9999999999|message processing canceled, Client (|WORKER TIMEOUT|Nov 27 00:00:00 h a: "
    b"|9999-12-31T23:59:60+99:99|0000-00-00 00:00:00|\xff|\x1b[31m|urt=|, |rt=1e999|-|Z"
    b"|Feb 29 23:59:59 |1990-01-01 00:00:00"
)
_CONFIG = (
    b"http {|server {|location ~ ^/a$ {|}|;|{|\"|'|\\|#|\n|\r| |\t|$|${|${a}|content_by_lua_block {"
    b"|--[[|]]|[==[|--|proxy_pass http://a;|a|b c|include x;|\\\\|\\n|\xc3\xa9|\0"
)
_CURL = (
    b"-H 'A: b' |--data |-d @x |'|\"|\\|$'|$|`|\n|^|^\\^\"|\\u00e9|\\x41|\\U0010ffff|-X POST "
    b"|--json |http://h/|--url |[1-3]|{a,b}|;| & |#| |-F a=b |-u a:b |--connect-to h:1:i:2 "
    b"|--http2 |-I |-G |-b x=1 |--|-|\xff|\0|\r|--max-time 1 |--compressed |ws://h|-XPOST|\\\n"
)
_FRAMES = (
    b"\x81|\x01|\x80|\x82|\x88|\x89|\x8a|\x02hi|\x00|\x7e\x00\x02|\x7f|\x05hello|\xc1|\xff|\x7d"
)
_AUTH = (
    b'Bearer |resource_metadata=|"|http://h/.well-known/x|, |=|https://[::1]:99999/|http://h:x/|\n'
    b'|{"a": 1}|[[[[|Digest realm="|\\"'
)
_CASE = (
    b'{|}|[|]|"|,|:|{"schema": "ssewizard.case/5", |"case": {"target": {"url": "http://h/"}}|\\'
    b'|"steps": [{"id": "root"}]|null|1e999|-0|\xff|"saved": 5|"configs": |"resolutions": {}'
)


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """A property, and the pieces from which its inputs are put together.

    Attributes:
        module: The module of this folder that has it.
    """

    module: str
    name: str
    pieces: Sequence[bytes]

    @property
    def check(self) -> Callable[[bytes], None]:
        """The property, imported only now: its module loads the parsers that it is about."""
        module = import_module(f"tests.fuzz.{self.module}")
        check: Callable[[bytes], None] = getattr(module, self.name)
        return check


def _with(pieces: bytes, module: str, *names: str) -> dict[str, Fuzzed]:
    return {name: Fuzzed(module, name, pieces.split(b"|")) for name in names}


FUZZED: dict[str, Fuzzed] = {
    **_with(_SSE, "streams", "event_stream", "bounded_event_stream", "json_lines"),
    **_with(_HTTP, "streams", "far_response", "far_response_of_wget"),
    **_with(_FRAMES, "streams", "websocket_frames"),
    **_with(_AUTH, "streams", "www_authenticate"),
    **_with(_LOG, "texts", "log_lines", "timestamps", "repeated_log_line"),
    **_with(_CONFIG, "texts", "config_tokens", "config_words", "quoted_argument"),
    **_with(_CURL, "texts", "curl_command", "quoted_command"),
    **_with(_CASE, "cases", "case_bytes", "changed_case"),
}
