"""Which server answers, by address and port, then by name; and which kinds of clients it allows."""

import pytest

from tests.nginx.resolving import resolution, server_line
from wizard.model.resolution import Doubt

NAMES = """\
server { listen 80; server_name _; }
server { listen 80; server_name a.test x.a.test; }
server { listen 80; server_name *.a.test; }
server { listen 80; server_name *.deep.a.test; }
server { listen 80; server_name a.*; }
server { listen 80; server_name a.b.*; }
server { listen 80; server_name ~^(?<n>\\d+)\\.r\\.test$; }
server { listen 80; server_name ~r\\.test$; }
server { listen 80; server_name .both.test; }
server { listen 80; server_name both.test; }
server { listen 80; server_name [::1]; }
"""


@pytest.mark.parametrize(
    ("host", "line"),
    [
        (None, 1), ("unknown", 1), ("a.test", 2), ("A.TEST.", 2), ("a.test:8080", 2),
        ("x.a.test", 2), ("y.a.test", 3), ("y.deep.a.test", 4), ("deep.a.test", 3),
        ("a.org", 5), ("a.b.org", 6), ("1.r.test", 7), ("x.r.test", 8), ("both.test", 9),
        ("sub.both.test", 9), ("[::1]:80", 11), ("::1", 11), ("xa.test", 1),
    ],
)  # fmt: skip
def test_the_server_is_chosen_by_name(host: str | None, line: int) -> None:
    assert server_line(NAMES, host=host) == line


SOCKETS = """\
server { listen 10.0.0.1:80; server_name a; }
server { listen 10.0.0.2:80 default_server; listen 10.0.0.1:80; server_name b; }
server { listen 8080; server_name a; }
server { listen *:8080 default_server; server_name b; }
server { listen [::1]:8081; listen 127.0.0.1:8081; server_name a; }
server { listen 8081; server_name a; }
server { server_name port80; }
server { listen 9101-9103; server_name a; }
server { listen 10.0.0.1:9103-9105; server_name a; }
"""


@pytest.mark.parametrize(
    ("host", "port", "line"),
    [
        ("10.0.0.1", 80, 1), ("10.0.0.2", 80, 2), ("b", 8080, 4), ("a", 8080, 3), ("c", 8080, 4),
        ("[::1]", 8081, 5), ("::1", 8081, 5), ("127.0.0.1", 8081, 5), ("10.9.9.9", 8081, 6),
        ("a", 8081, 6), ("port80", None, 7), ("a", 9101, 8), ("a", 9103, 8),
        ("10.0.0.1", 9103, 9), ("a", 9105, 9),
    ],
)  # fmt: skip
def test_the_server_is_chosen_by_address_and_port(host: str, port: int | None, line: int) -> None:
    assert server_line(SOCKETS, host=host, port=port) == line


def test_a_server_that_another_address_would_choose_is_noted() -> None:
    assert resolution(SOCKETS, host="a", port=8081).undecided[:1] == (
        Doubt(
            "address",
            "another server answers requests that arrive at [::1] (nginx.conf:5), "
            "127.0.0.1 (nginx.conf:5)",
        ),
    )
    undecided = resolution(SOCKETS, host="b", port=8080).undecided
    assert not any(doubt.kind == "address" for doubt in undecided)


def test_a_port_where_no_server_listens_is_noted() -> None:
    result = resolution(SOCKETS, host="b", port=99)
    assert result.server is not None
    assert result.server.directive.where.line == 2
    assert "port 99" in next(str(each) for each in result.undecided if each.kind == "address")


def test_the_reason_of_the_choice() -> None:
    def reason(text: str, host: str) -> str:
        result = resolution(text, host=host).server
        assert result is not None
        return result.reason

    assert reason(NAMES, "y.a.test") == "server_name *.a.test matches y.a.test"
    assert reason(NAMES, "z").endswith("the first in the config")
    assert (
        reason("server { listen 80; listen [::]:80; }", "z")
        == "it is the only server at this address"
    )
    two = "server { listen 80; }\nserver { listen 80 default_server; }"
    assert reason(two, "z").endswith("default_server")


def test_a_config_without_servers_is_no_error() -> None:
    result = resolution("http { }")
    assert (result.server, result.location, result.upstream) == (None, None, None)
    assert [doubt.kind for doubt in result.undecided] == ["server"]


@pytest.mark.parametrize(
    ("text", "version", "kinds"),
    [
        ("server { listen 80; }", None, ["h1"]),
        ("server { }", None, ["h1"]),
        ("server { listen 443 ssl; }", None, ["h1-tls"]),
        ("server { listen 443 ssl http2; }", "1.22.1", ["h1-tls", "h2"]),
        ("server { listen 443 ssl; http2 on; }", "1.31.3", ["h1-tls", "h2"]),
        ("http { http2 on; server { listen 443 ssl; } }", "1.31.3", ["h1-tls", "h2"]),
        ("http { http2 on; server { listen 443 ssl; http2 off; } }", "1.31.3", ["h1-tls"]),
        ("server { listen 80 http2; }", "1.22.1", ["h2c"]),
        ("server { listen 80 http2; }", "1.31.3", ["h1", "h2c"]),
        ("server { listen 80; listen 443 ssl; }", None, ["h1", "h1-tls"]),
        ("server { listen 443 ssl; listen 443 quic; }", "1.31.3", ["h1-tls"]),
        ("server { listen 443; }\nserver { listen 443 ssl http2; }", "1.22.1", ["h1-tls", "h2"]),
        ("server { listen 443; ssl on; }", "1.22.1", ["h1-tls"]),
    ],
)
def test_the_kinds_of_clients(text: str, version: str | None, kinds: list[str]) -> None:
    port = 443 if "443" in text else 80
    assert list(resolution(text, version=version, port=port).clients) == kinds
