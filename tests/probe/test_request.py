"""The headers of our requests: which of the user's headers go with which request."""

from wizard.model.probe import Probe
from wizard.model.target import Target
from wizard.probe.matrix import probes_for_url
from wizard.probe.request import (
    ProbeOptions,
    RequestSpec,
    headers_of_all,
    request_headers,
    spec_of,
)

TARGET = Target(
    "https://h/chat",
    headers=(
        ("Accept", "*/*"),
        ("Content-Type", "a/b"),
        ("X-Key", "1"),
        ("user-agent", "Mozilla/5.0"),
        ("Cookie", "[redacted-1]"),
    ),
    method="POST",
    body=b"{}",
)
OPTIONS = ProbeOptions(run="beef", headers=headers_of_all(TARGET), stream=spec_of(TARGET))
STREAM, ROOT = Probe("sse-proxy", TARGET.url), Probe("root-proxy", "https://h/")
MESSAGE = RequestSpec("POST", (("Accept", "m/m"), ("Content-Type", "n/n")), b"[]")


def sent(probe: Probe, spec: RequestSpec) -> dict[str, str]:
    headers = request_headers(probe, OPTIONS, spec)
    names = [name.lower() for name, _ in headers]
    assert len(names) == len(set(names))
    return {name.lower(): value for name, value in headers}


def test_the_types_of_the_stream_are_sent_with_the_stream_alone() -> None:
    stream = sent(STREAM, OPTIONS.spec_for(STREAM))
    assert (stream["accept"], stream["content-type"]) == ("*/*", "a/b")
    message = sent(STREAM, MESSAGE)
    assert (message["accept"], message["content-type"]) == ("m/m", "n/n")
    root = sent(ROOT, OPTIONS.spec_for(ROOT))
    assert root["accept"] == "*/*"
    assert "content-type" not in root
    assert stream["x-key"] == message["x-key"] == root["x-key"] == "1"


def test_a_user_agent_is_followed_by_ours_by_which_logs_are_searched() -> None:
    agent = sent(STREAM, OPTIONS.spec_for(STREAM))["user-agent"]
    assert agent.startswith("Mozilla/5.0 ssewizard/")
    assert "(run=beef; sse-proxy-h1-identity)" in agent


def test_a_withheld_header_is_not_sent() -> None:
    assert "cookie" not in sent(STREAM, OPTIONS.spec_for(STREAM))


def test_http_2_is_used_only_where_the_url_allows_it() -> None:
    for url, expected in (("https://h/", "2"), ("http://h/", "1.1")):
        for once in (True, False):
            assert {p.http for p in probes_for_url("x", url, http="2", once=once)} == {expected}
