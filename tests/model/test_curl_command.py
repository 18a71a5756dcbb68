"""The request of a curl command: as curl itself sends it, and with all that is not done said."""

import re
import shlex
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tools import needs
from wizard.model.client_request import FORM_TYPE, ClientRequest
from wizard.model.curl_command import parse_curl
from wizard.model.curl_options import FLAGS, SHORT, WITH_VALUE
from wizard.model.parse import is_curl
from wizard.text.errors import UsageError

URL = "https://h.example/v1/chat"
ACCEPT = ("Accept", "*/*")

CHROME = r"""curl 'https://h.example/v1/chat' \
  -H 'accept: text/event-stream' \
  -H 'content-type: application/json' \
  -b 'sid=s3cr3t; theme=dark' \
  -H $'x-note: it\'s \u0021' \
  --data-raw $'{"q":"l\'eau\\n \u00e9"}' \
  --insecure"""
CHROME_WINDOWS = """curl ^"https://h.example/v1/chat^" ^
  -H ^"accept: text/event-stream^" ^
  -H ^"content-type: application/json^" ^
  -b ^"sid=s3cr3t; theme=dark^" ^
  -H ^"x-note: it's ^!^" ^
  --data-raw ^"^{^\\^"q^\\^":^\\^"l'eau^\\^\\n é^\\^"^}^" ^
  --insecure"""
FIREFOX_WINDOWS = """curl.exe ^"https://h.example/v1/chat^" ^
  -X POST ^
  -H ^"Accept: text/event-stream^" ^
  -H ^"Content-Type: application/json^" ^
  -H ^"Connection: keep-alive^" ^
  -H ^"Cookie: sid=s3cr3t; theme=dark^" ^
  --data-raw ^"^{^\\^"q^\\^":^\\^"l^'eau^\\n é^\\^"^}^" ^
  --no-buffer"""
FIREFOX = r"""curl 'https://h.example/v1/chat' --compressed -X POST \
  -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64)' -H 'Accept: text/event-stream' \
  -H 'Accept-Encoding: gzip, deflate, br, zstd' -H 'Content-Type: application/json' \
  -H 'Connection: keep-alive' -H 'Cookie: sid=s3cr3t; theme=dark' \
  --data-raw $'{"q":"l\'eau\\n \xc3\xa9"}'"""
SAFARI = r"""curl 'https://h.example/v1/chat' \
-X 'POST' \
-H 'Content-Type: application/json' \
-H 'Accept: text/event-stream' \
-H 'Cookie: sid=s3cr3t; theme=dark' \
-H 'Content-Length: 17' \
--data-binary $'{"q":"l\'eau\\n é"}'"""
BODY = '{"q":"l\'eau\\n é"}'.encode()


@pytest.mark.parametrize("text", [CHROME, CHROME_WINDOWS, FIREFOX, FIREFOX_WINDOWS, SAFARI])
def test_a_command_is_read_as_each_browser_copies_it(text: str) -> None:
    request = parse_curl(text)
    headers = {name.lower(): value for name, value in request.headers}
    assert (request.url, request.body, request.completed().method) == (URL, BODY, "POST")
    assert headers["accept"] == "text/event-stream"
    assert headers["content-type"] == "application/json"
    assert headers["cookie"] == "sid=s3cr3t; theme=dark"
    assert not headers.keys() & {"connection", "content-length"}
    assert request.insecure == ("--insecure" in text)
    assert headers.get("x-note") == ("it's !" if "x-note" in text else None)
    assert request.notes == ()


class _Recorder(BaseHTTPRequestHandler):
    requests: list[ClientRequest]

    def _record(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = tuple((name, value) for name, value in self.headers.items())
        self.requests.append(ClientRequest(self.path, self.command, body, headers=headers))
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = _record

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, list[ClientRequest]]]:
    """The URL of a server, and the requests that it has got."""
    requests: list[ClientRequest] = []
    handler = type("Recorder", (_Recorder,), {"requests": requests})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as listener:
        threading.Thread(target=listener.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listener.server_address[1]}", requests
        listener.shutdown()


COMMANDS = [
    "curl {}/a",
    "curl -sSN {}/a?b=c",
    "curl {}/ -d x=1 -d y=2 --data ''",
    "curl {}/ -d ''",
    "curl {}/ -XPUT --data-raw @x",
    "curl {}/ --request DELETE",
    "curl -X GET -d a=1 {}/",
    "curl -X POST {}/",
    "curl {}/p?z=1 -G -d 'a=1' -d c=2",
    "curl {}/p -G --data-urlencode 'a=x y&z'",
    "curl {}/ --data-urlencode 'n=a b&é' --data-urlencode 'x y' --data-urlencode '=p=q'",
    "curl {}/ --json '{{\"a\":1}}' --json '[2]'",
    "curl {}/ --json 1 -H 'Accept: text/event-stream' -H 'content-type: x/y'",
    "curl {}/ -d a -H Expect: -H 'X-Empty;' -H 'X-Two: a' -H 'X-Two: b'",
    "curl {}/ -d $'\\xff\\u00e9\\n' --data-binary 'b\nc'",
    "curl {}/ -b a=1 -e 'http://r/;auto' -A me/1 -r 0-5",
    "curl {}/ -u me:p:w",
    "curl {}/ --oauth2-bearer tok -u me:pw",
    "curl {}/ -b a=1 -H 'Cookie: z=1' -A '' -H 'Referer: r' -e x",
    "curl '{}/a\\[b\\]' --url-query 'x=1 2' --url-query +y",
    "curl -g '{}/a[b]'",
    "curl {}/ --compressed --path-as-is",
    "curl --url {}/ -o /dev/null -D /dev/null -fi --no-progress-meter -m 9",
    "curl $'{}/it\\'s' -H \"X: a\\\"b\\$\\\\c\\d\"",
    "curl \\\n -d a=\\@b\\\n {}/",
    "X=1 command curl {}/ 2>/dev/null | cat",
]


@needs("curl", "bash")
@pytest.mark.parametrize("command", COMMANDS)
def test_it_is_the_request_that_curl_sends(
    command: str, server: tuple[str, list[ClientRequest]]
) -> None:
    url, requests = server
    requests.clear()
    text = command.format(url)
    subprocess.run(["bash", "-c", text], check=True, capture_output=True, timeout=30)
    (sent,) = requests
    parsed = parse_curl(text)
    if "-A" not in text:  # curl's own; this tool sends another
        sent = without(sent, "user-agent")
    if not parsed.body:
        sent = without(sent, "content-type" if parsed.body is None else "")
    sent = without(without(sent, "host"), "content-length")
    complete = parsed.completed()
    parts = urlsplit(complete.url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    assert (target, complete.method, complete.body or b"") == (sent.url, sent.method, sent.body)
    assert sorted(complete.headers, key=by_name) == sorted(sent.headers, key=by_name)


def by_name(header: tuple[str, str]) -> tuple[str, str]:
    return header[0].lower(), header[1]


def without(request: ClientRequest, name: str) -> ClientRequest:
    return replace(
        request, headers=tuple(pair for pair in request.headers if pair[0].lower() != name)
    )


NOTES = {
    "-L": "redirects are not followed",
    "-m 5": "--stall and --patience",
    "-b cookies.txt": "the cookie file cookies.txt is not read",
    "-H @file": "the headers in the file file are not read",
    "-K conf": "the options in that file are not read",
    "-x http://p:1": "no proxy is used",
    "--cert c.pem": "--cert is ignored",
    "--digest": "--digest is ignored",
    "--http3": "HTTP/3",
    "-u me": "has no password",
    "--next -d x https://other/": "--next",
    "https://other/": "only the first URL",
    "--frobnicate": "--frobnicate: this option is not known here",
    "-sé": "-é: this option is not known here",
    "| sh": "what follows the command is ignored: | sh",
    "-d x -H 'Content-Type:'": "content-type: each request sends its own header",
    "-H 'Accept:'": "accept: each request sends its own header",
    "-H 'Transfer-Encoding: chunked'": "transfer-encoding is left out",
    "-H nonsense": "has no colon",
    "-H 'a b: c'": "left out",
    "-b $'a=1\\nX: y'": "left out: --header 'Cookie'",
    "-A $'a\\rb'": "left out: --header 'User-Agent'",
    "--resolve other:443:1.2.3.4": "about another URL",
    "--connect-to a:b:c": "not understood",
    "-d '{}'": "the body looks like JSON",
    "--unix-socket /s": "--direct unix:",
}


@pytest.mark.parametrize(("words", "note"), NOTES.items(), ids=NOTES.keys())
def test_what_is_not_done_is_noted(words: str, note: str) -> None:
    request = parse_curl(f"curl {URL} {words}")
    assert request.url == URL
    assert len(request.notes) == 1
    assert note in request.notes[0]


def test_the_value_of_an_option_is_not_taken_for_a_url() -> None:
    for name in sorted((WITH_VALUE | FLAGS) - {"url", "next"}):
        value = " http://value/" if name in WITH_VALUE else ""
        assert parse_curl(f"curl --{name}{value} {URL}").url.startswith(URL)


@needs("curl")
def test_the_options_are_those_of_the_installed_curl() -> None:
    shown = subprocess.run(["curl", "--help", "all"], capture_output=True, text=True, check=True)
    for line in shown.stdout.splitlines()[1:]:
        match = re.match(r" (?:-(.), |    ) ?--(\S+) ([<[])?", line)
        if match and match[2] != "help":
            assert match[2] in (WITH_VALUE if match[3] else FLAGS)
            assert not match[1] or SHORT[match[1]] == match[2]


@pytest.mark.parametrize(
    ("words", "address"),
    [
        ("--connect-to ::127.0.0.1:8443", ("127.0.0.1", 8443)),
        ("--connect-to h.example:443::8443", ("h.example", 8443)),
        ("--connect-to '::[::1]:'", ("::1", 443)),
        ("--resolve h.example:443:192.0.2.7", ("192.0.2.7", 443)),
        ("--resolve '+*:443:[2001:db8::1],192.0.2.7'", ("2001:db8::1", 443)),
        ("--connect-to ::x:99999", None),
        ("--resolve h.example:80:192.0.2.7", None),
    ],
)
def test_another_address_is_connected_to(words: str, address: tuple[str, int] | None) -> None:
    assert parse_curl(f"curl {URL} {words}").connect_to == address


@pytest.mark.parametrize(
    "words", ["-d @b.json", "--data-binary @-", "--data-urlencode n@f", "--json @f", "-T f",
              "-F a=@f", "--form-string a=b"],
)  # fmt: skip
def test_a_body_that_is_not_known_must_be_given(words: str) -> None:
    request = parse_curl(f"curl {URL} {words}")
    assert request.body is None
    with pytest.raises(UsageError, match=r"--data"):
        request.completed()
    given = ClientRequest(body=b"x", body_type=FORM_TYPE)
    assert given.or_else(request).completed().body == b"x"


def test_what_is_given_beside_the_command_goes_before_it() -> None:
    command = parse_curl(f"curl {URL} -H 'X-A: 1' -H 'X-B: 2' -d x --http2 -k")
    given = ClientRequest("https://other/", "PUT", b"y", "t/t", (("x-a", "3"),), http="1.1")
    request = given.or_else(command).completed()
    assert (request.url, request.method, request.body) == ("https://other/", "PUT", b"y")
    assert request.headers == (
        ACCEPT, ("X-B", "2"), ("x-a", "3"), ("Content-Type", "t/t")
    )  # fmt: skip
    assert (request.http, request.insecure) == ("1.1", True)


def test_a_websocket_is_told_from_its_headers() -> None:
    text = f"curl {URL} -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Key: x'"
    request = parse_curl(f"{text} -H 'Origin: https://a'")
    assert request.upgrade
    assert request.headers == (ACCEPT, ("Origin", "https://a"))
    assert parse_curl("curl wss://h/ws").upgrade


def test_http_2_is_asked_for_over_tls_alone() -> None:
    assert parse_curl(f"curl {URL} --http2").http == "2"
    plain = parse_curl("curl http://h/ --http2")
    assert (plain.http, plain.notes) == (None, ("HTTP/2 without TLS is not tried",))


@pytest.mark.parametrize("text", [f"curl -I {URL}", f"curl --head {URL}", f"curl -X HEAD {URL}"])
def test_head_is_not_sent(text: str) -> None:
    with pytest.raises(UsageError, match=r"HEAD is never sent"):
        parse_curl(text).completed()


SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "text",
    [
        f"curl 'https://h/ -H 'Authorization: Bearer {SECRET}'x",
        f"curl https://h/ -H '{SECRET}' -L",
        f"curl https://h/ -H 'a b: {SECRET}' -H $'X: {SECRET}\\n'",
        f"curl https://h/ --frob={SECRET} -b sid={SECRET} -u {SECRET}",
        f"curl -d '{SECRET}' ftp://h/",
        f"curl https://u:{SECRET}@[h/",
        f"curl $'https://h/' -A $'{SECRET}\\x01' https://x:{SECRET}@y/",
    ],
)
def test_no_message_shows_a_secret(text: str) -> None:
    try:
        shown = " ".join(parse_curl(text).notes)
    except UsageError as error:
        shown = str(error)
    assert shown
    assert SECRET not in shown


WORD = st.text(
    st.sampled_from("-abdHXuGFIT@:=;{}[]/\\'\"$^ \n\0é\udc80\ud800,.?&#%0159"), max_size=12
)
OPTION = st.sampled_from([f"--{name}" for name in sorted(WITH_VALUE | FLAGS)]) | st.sampled_from(
    [f"-{letter}" for letter in SHORT]
)


@settings(max_examples=300)
@given(
    st.lists(WORD | OPTION | st.just(URL), max_size=8),
    st.booleans(),
    st.sampled_from(["curl ", "curl.exe ", 'curl ^"http://h/^" ', "curl.exe http://h/ ^\n "]),
)
def test_any_command_is_read_or_refused(words: list[str], is_quoted: bool, start: str) -> None:
    text = start + " ".join(map(shlex.quote, words) if is_quoted else words)
    try:
        request = parse_curl(text)
        request.completed()
    except UsageError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert request.url.startswith("http")


def test_a_long_command_takes_time_in_proportion_to_its_length() -> None:
    body = "x'\\\"^" * 20_000
    for quote in ("'", '"'):
        with pytest.raises(UsageError):
            parse_curl(f"curl {URL} -d {quote}{body}")
    assert parse_curl(f"curl {URL} -d {shlex.quote(body)}").body == body.encode()
    with pytest.raises(UsageError, match="longer than"):
        parse_curl("curl " + "x" * (17 << 20))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("curl https://h/", True),
        ("  $ curl -s https://h/", True),
        ("/usr/bin/curl\thttps://h/", True),
        ("curl.exe ^\n x", True),
        ("X=1 curl h", True),
        ("https://h/curl x", False),
        ("curl", False),
        ("curly https://h/", False),
        ("https://curl /", False),
    ],
)
def test_a_command_is_told_from_a_url(text: str, expected: bool) -> None:
    assert is_curl(text) is expected


def test_a_body_that_cannot_be_sent_whole_is_refused() -> None:
    with pytest.raises(UsageError, match="NUL"):
        parse_curl(f"curl {URL} -d $'a\\0b'")
    with pytest.raises(UsageError, match="larger than 4 MiB"):
        parse_curl(f"curl {URL} -d {'x' * (4 << 20)}x")


@pytest.mark.parametrize("text", ["wget https://h/", "kubectl exec x -- curl https://h/", "", "x"])
def test_another_command_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not a curl command"):
        parse_curl(text)
