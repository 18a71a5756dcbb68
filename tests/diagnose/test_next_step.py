"""What to do first after an inconclusive run, and when a proxy is named."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_log_line
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.next_step import next_step
from wizard.model.case import Case
from wizard.model.target import Source
from wizard.model.timeline import Timeline
from wizard.probe.network import with_tls_advice

SILENT = make_case(proxy="held", direct="held", settings={"proxy_buffering": "off"})
LIVE = make_case(proxy="live", direct="live", settings={"proxy_buffering": "off"})


def with_answers(case: Case, url: str = "", **changes: object) -> Case:
    """The case without any input, each proxied request having ended in the same way."""

    def changed(timeline: Timeline) -> Timeline:
        return replace(timeline, **changes)  # type: ignore[arg-type]

    proxy = tuple(replace(each, timeline=changed(each.timeline)) for each in case.proxy)
    target = replace(case.target, url=url or case.target.url, direct=(), conf=None)
    return replace(case, target=target, proxy=proxy, direct=(), resolution=None, root=None)


_TLS = "the certificate does not verify: "
REFUSED = {"connect_s": None, "headers_s": None}
STEPS: dict[str, tuple[dict[str, object], str]] = {
    "untrusted": ({"ended": "tls", "detail": "the certificate does not verify"}, "add --insecure"),
    "expired": ({"ended": "tls", "detail": f"{_TLS}certificate has expired"}, "which has expired;"),
    "early": ({"ended": "tls", "detail": f"{_TLS}certificate is not yet valid"}, "check the clock"),
    "another name": (
        {"ended": "tls", "detail": f"{_TLS}Hostname mismatch, certificate is not valid for 'h'"},
        "is for another name",
    ),
    "client": (
        {"ended": "tls", "detail": "tlsv13 alert certificate required"},
        "asks for a client certificate",
    ),
    "no TLS": ({"ended": "tls", "detail": "wrong version number"}, "try http://h:1/sse."),
    "TLS": ({"status": 400, "excerpt": "sent to HTTPS port"}, "try https://h:1/sse."),
    "no name": ({"ended": "dns", **REFUSED}, "--connect-to ADDRESS:PORT"),
    "refused": ({"ended": "refused", **REFUSED}, "check the host, the port"),
    "credentials": ({"status": 401}, "--header 'Authorization: …'"),
    "silent": ({}, "--direct http://HOST:PORT/sse."),
}


@pytest.mark.parametrize("name", STEPS)
def test_what_keeps_every_request_from_an_answer_comes_first(name: str) -> None:
    changes, step = STEPS[name]
    assert step in next_step(with_answers(SILENT, "https://h:1/sse", **changes))


@pytest.mark.parametrize("url", ["http://h:1", "http://h:1/", "http://h:1?a=b"])
def test_a_url_without_a_path_is_asked_about(url: str) -> None:
    step = "the URL has no path: do you mean http://h:1/sse or http://h:1/mcp?"
    assert next_step(with_answers(LIVE, url, status=404)).startswith(step)


def test_a_url_with_a_path_is_not_asked_about() -> None:
    assert "no path" not in next_step(with_answers(LIVE, "http://h:1/a", status=404))


def test_each_input_is_asked_for_until_it_is_given() -> None:
    nothing = with_answers(SILENT, headers=(("server", "nginx"),), waited_s=10.0)
    direct = replace(nothing.target, direct=(Source("http://b/sse"),))
    conf = replace(direct, conf=Source("nginx.conf"))
    logs = replace(conf, logs=(Source("error.log"),))
    options = ("--direct ", "--conf ", "--log ", "--stall 30")
    for target, option in zip((nothing.target, direct, conf, logs), options, strict=True):
        assert option in next_step(replace(nothing, target=target))


def test_a_longer_wait_is_advised_only_where_the_wait_was_the_longest() -> None:
    """Beside a live direct stream a silent one is left earlier, whatever --stall says."""
    early = with_answers(SILENT, headers=(("server", "nginx"),), waited_s=2.0)
    given = replace(
        early.target,
        direct=(Source("http://b/sse"),),
        conf=Source("nginx.conf"),
        logs=(Source("error.log"),),
    )
    assert next_step(replace(early, target=given)) == ""


def test_nothing_is_advised_where_nothing_was_asked() -> None:
    assert next_step(replace(SILENT, proxy=())) == ""


@pytest.mark.parametrize(
    ("headers", "place"),
    [
        ((), "at the URL"),
        ((("server", "uvicorn"),), "at the URL"),
        ((("server", "nginx"),), "through the proxy"),
        ((("via", "1.1 a"),), "through the proxy"),
    ],
)
def test_a_proxy_is_named_where_something_shows_one(
    headers: tuple[tuple[str, str], ...], place: str
) -> None:
    streams = (("content-type", "text/event-stream"), *headers)
    assert place in diagnose(with_answers(LIVE, headers=streams)).summary
    assert "through the proxy" in diagnose(LIVE).summary


def test_a_failed_handshake_says_what_to_try() -> None:
    assert "--insecure" in with_tls_advice("the certificate does not verify: self-signed")
    assert with_tls_advice("wrong version number").endswith(" (does this port speak http?)")
    assert with_tls_advice("unknown ca") == "unknown ca"
    assert "--insecure" not in with_tls_advice("tlsv13 alert certificate required")


@pytest.mark.parametrize(
    ("proxy", "address", "is_asked"),
    [
        ("404", "127.0.0.1:12299", True),
        ("html", "127.0.0.1:12299", True),
        ("404", "127.0.0.1:12213", False),
        ("404", "inner:12299", False),
        ("held", "127.0.0.1:12299", False),
    ],
)
def test_another_address_in_the_config_is_asked_about(
    proxy: str, address: str, is_asked: bool
) -> None:
    conf = f"server {{ listen 8081; location / {{ proxy_pass http://{address}; }} }}"
    step = next_step(make_case(proxy=proxy, direct="live", conf=conf))
    assert ("check the address in the config" in step) == is_asked
    assert (address in step) == is_asked


@pytest.mark.parametrize(("line", "is_told"), [("", True), ("Host $http_host", False)])
def test_a_host_that_is_not_passed_on_is_told(line: str, is_told: bool) -> None:
    header = f"proxy_set_header {line};" if line else ""
    conf = f"""
        upstream inner {{ server 127.0.0.1:12299; }}
        server {{ listen 8081; location / {{ proxy_pass http://inner; {header} }} }}
    """
    step = next_step(make_case(proxy="html", direct="live", conf=conf))
    assert ("asks there for the host inner, not 127.0.0.1:8081" in step) == is_told


def test_several_peers_are_asked_each() -> None:
    conf = """
        upstream bot { server 127.0.0.1:12213; server 10.0.0.7:12213; }
        server { listen 8081; location / { proxy_pass http://bot; } }
    """
    step = next_step(make_case(proxy="404", direct="live", conf=conf))
    assert "ask each, as --direct http://10.0.0.7:12213/sse" in step


def test_what_the_error_log_says_of_our_request_is_told() -> None:
    text = (
        '2026/11/27 09:11:02 [crit] 31#31: *5 open() "/var/lib/nginx/body/1" failed (13: '
        'Permission denied), client: 127.0.0.1, server: , request: "POST /sse HTTP/1.1"'
    )
    for ours in (True, False):
        logs = (make_log_line(text, ours=ours),)
        conf = "server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; } }"
        step = next_step(make_case(proxy="500", direct="live", conf=conf, logs=logs))
        told = 'open() "/var/lib/nginx/body/1" failed (13: Permission denied).'
        assert step.endswith(told) == ours


@pytest.mark.parametrize(
    ("proxy", "direct", "is_said"),
    [("502", "closed", True), ("502", "live", False), ("404", "closed", False)],
)
def test_a_port_that_closes_every_connection(proxy: str, direct: str, is_said: bool) -> None:
    step = next_step(make_case(proxy=proxy, direct=direct, settings={}))
    assert ("with nothing behind it" in step) == is_said
