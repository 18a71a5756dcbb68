"""Rules about POSTs: each fires on its own measurement only, and with the right confidence."""

from dataclasses import replace

import pytest

from tests.rules.checks import confidence_of, finding_of
from tests.rules.samples.build import (
    DIRECT_URL,
    PROXY_URL,
    make_case,
    make_handshake,
    make_log_line,
)
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.handshake import OPENING, Exchange, Handshake
from wizard.model.log_report import LogLine, LogReport
from wizard.probe.mcp.message_path import message_url, post_timeout

PREFIXED = "http://127.0.0.1:8081/mcp/sse"
STRIPS = "location /mcp/ { proxy_pass http://127.0.0.1:12213/; proxy_buffering off; }"
ONLY_SSE = "location /sse { proxy_pass http://127.0.0.1:12213; proxy_buffering off; }"
WHOLE = "location / { proxy_pass http://127.0.0.1:12213; proxy_buffering off; }"
PAGE = "<html><center>nginx/1.22.1</center></html>"
MESSAGE_RULES = ("endpoint-prefix-lost", "message-path-unrouted", "query-dropped")


def posted(
    status: int,
    conf: str = WHOLE,
    *,
    url: str = PROXY_URL,
    endpoint: str = "/message?sessionId=1",
    body: str = "",
    took: float = 0.003,
    sent: int = 170,
    direct: Handshake | None = None,
) -> Case:
    """Return a case with a live stream whose POST through the proxy gets this status."""
    failing = make_handshake(
        "proxy",
        stage="initialize",
        status=status,
        url=url,
        endpoint=endpoint,
        body=body,
        took=took,
        sent=sent,
    )
    return make_case(
        proxy="live",
        direct="live",
        url=url,
        conf=f"server {{ listen 8081; {conf} }}",
        handshakes=(failing, direct or make_handshake("direct", endpoint=endpoint)),
    )


def without_config(case: Case) -> Case:
    """Return the case without the config."""
    return replace(
        case, resolution=None, root_resolution=None, message_resolution=None, predictions=()
    )


def without_direct(case: Case) -> Case:
    """Return the case without a direct URL."""
    return replace(case, direct=(), handshakes=case.handshakes[:1])


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (posted(404, STRIPS, url=PREFIXED), "confirmed"),
        (posted(405, STRIPS, url=PREFIXED), "confirmed"),
        (without_direct(posted(404, STRIPS, url=PREFIXED)), "likely"),
        (posted(400, STRIPS, url=PREFIXED), "likely"),
        (without_config(posted(404, STRIPS, url=PREFIXED)), "likely"),
        (without_config(posted(400, STRIPS, url=PREFIXED)), None),
        (without_direct(without_config(posted(404, STRIPS, url=PREFIXED))), None),
        (posted(401, STRIPS, url=PREFIXED), None),
        (posted(502, STRIPS, url=PREFIXED), None),
        (posted(404, STRIPS, url=PREFIXED, endpoint="/mcp/message"), None),
        (posted(404, STRIPS, url=PREFIXED, endpoint="message"), None),
        (posted(404, WHOLE), None),
    ],
)
def test_how_sure_a_lost_prefix_is(case: Case, expected: str | None) -> None:
    assert confidence_of("endpoint-prefix-lost", case) == expected
    if expected:
        assert confidence_of("message-path-unrouted", case) is None


OTHER = "location /message { proxy_pass http://127.0.0.1:9; }"
WRONG = "location /message { proxy_pass http://127.0.0.1:12213/other; }"
SAME = "location /message { proxy_pass http://localhost:12213; }"
BY_VARIABLE = "location /message { proxy_pass http://$there; }"
PAGES = "location / { try_files $uri /index.html; }"


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (posted(404, ONLY_SSE), "confirmed"),
        (posted(405, ONLY_SSE + PAGES), "confirmed"),
        (posted(404, ONLY_SSE + OTHER), "confirmed"),
        (posted(404, ONLY_SSE + WRONG), "confirmed"),
        (without_direct(posted(404, ONLY_SSE)), "likely"),
        (posted(307, ONLY_SSE), "confirmed"),
        (posted(403, ONLY_SSE), None),
        (posted(404, ONLY_SSE + SAME), None),
        (posted(404, ONLY_SSE + BY_VARIABLE), None),
        (posted(404, WHOLE), None),
        (without_config(posted(404, body=PAGE)), "possible"),
        (without_config(posted(404, body="session not found")), None),
    ],
)
def test_how_sure_an_unrouted_path_is(case: Case, expected: str | None) -> None:
    assert confidence_of("message-path-unrouted", case) == expected
    if expected:
        assert confidence_of("endpoint-prefix-lost", case) is None


def held(conf: str, url: str = PROXY_URL) -> Case:
    """Return a case with a held stream, so that no message was posted through the proxy."""
    waiting = replace(
        make_handshake("proxy", stage="endpoint", url=url),
        skipped=True,
        endpoint="",
        post_url="",
        exchanges=(),
    )
    return make_case(
        proxy="held",
        direct="live",
        url=url,
        conf=f"server {{ listen 8081; proxy_http_version 1.0; {conf} }}",
        handshakes=(waiting, make_handshake("direct")),
    )


BUFFERED = {
    "endpoint-prefix-lost": (STRIPS.replace("off", "on"), PREFIXED),
    "message-path-unrouted": (ONLY_SSE.replace("off", "on"), PROXY_URL),
    "query-dropped": (
        WHOLE.replace("off", "on")
        + "location /message { set $b 127.0.0.1:12213; proxy_pass http://$b/message; }",
        PROXY_URL,
    ),
}


@pytest.mark.parametrize("id", BUFFERED)
def test_behind_a_held_stream_the_config_shows_a_risk(id: str) -> None:
    diagnosis = diagnose(held(*BUFFERED[id]))
    assert diagnosis.causes[0].id == "proxy-buffering-hold"
    assert id in {risk.id for risk in diagnosis.risks}


def test_behind_a_held_stream_a_routed_path_is_no_risk() -> None:
    diagnosis = diagnose(held(WHOLE.replace("off", "on")))
    assert not set(MESSAGE_RULES) & {risk.id for risk in diagnosis.risks}


def test_where_the_stream_is_led_astray_its_messages_do_not_follow_it() -> None:
    """The direct URL's address serves the messages: they are right, and the stream is not."""
    astray = "location /sse { proxy_pass http://127.0.0.1:9; } "
    routed = "location /message { proxy_pass http://127.0.0.1:12213; }"
    diagnosis = diagnose(held(astray + routed))
    assert not set(MESSAGE_RULES) & {risk.id for risk in diagnosis.risks}


SLOW = make_handshake("direct", took=3.0)
BLOCKED = make_handshake("direct", stage="initialize", status=504)
READ_TIMEOUT_2S = WHOLE.replace("off;", "off; proxy_read_timeout 2s;")
TIMED_OUT = make_log_line(
    "2026/11/23 10:00:00 [error] 7#7: *1 upstream timed out (110: Connection timed out) while "
    'reading response header from upstream, request: "POST /message?sessionId=1 HTTP/1.1"',
    ours=False,
)
TIMED_OUT_ELSEWHERE = make_log_line(TIMED_OUT.text.replace("/message", "/other"), ours=False)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (posted(504, READ_TIMEOUT_2S, took=2.0, direct=SLOW), "confirmed"),
        (posted(504, READ_TIMEOUT_2S, took=2.0, direct=BLOCKED), "likely"),
        (posted(504, READ_TIMEOUT_2S, took=2.0), "possible"),
        (posted(504, READ_TIMEOUT_2S, took=0.01, direct=SLOW), None),
        (without_config(posted(504, took=2.0, direct=SLOW)), "possible"),
        (posted(502, READ_TIMEOUT_2S, took=2.0, direct=SLOW), None),
    ],
)
def test_how_sure_a_slow_answer_is(case: Case, expected: str | None) -> None:
    assert confidence_of("header-timeout-504", case) == expected


def test_the_error_log_confirms_a_slow_answer_of_its_path_only() -> None:
    case = without_config(posted(504, took=2.0))
    assert confidence_of("header-timeout-504", with_log_line(case, TIMED_OUT)) == "confirmed"
    assert (
        confidence_of("header-timeout-504", with_log_line(case, TIMED_OUT_ELSEWHERE)) == "possible"
    )


def with_log_line(case: Case, line: LogLine) -> Case:
    return replace(case, logs=(LogReport("error.log", (line,), 1),))


SMALL = WHOLE.replace("off;", "off; client_max_body_size 169;")


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (posted(413, SMALL), "confirmed"),
        (posted(413, SMALL, sent=169), None),
        (posted(413, SMALL.replace("169", "0")), None),
        (posted(413, SMALL, direct=BLOCKED), "likely"),
        (posted(413, SMALL, direct=BLOCKED, body=PAGE), "confirmed"),
        (without_config(posted(413, body=PAGE)), "likely"),
        (without_config(posted(413)), "possible"),
        (posted(400, SMALL), None),
    ],
)
def test_how_sure_a_large_body_is(case: Case, expected: str | None) -> None:
    assert confidence_of("body-too-large", case) == expected


UPGRADES = WHOLE.replace("off;", 'off; proxy_set_header connection "Upgrade";')
DROPS_QUERY = (
    "location ~ ^/message { set $b 127.0.0.1:12213; proxy_pass http://$b$uri; "
    'proxy_set_header Connection "upgrade"; }'
)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (posted(400, UPGRADES), "confirmed"),
        (without_direct(posted(400, UPGRADES)), "likely"),
        (posted(404, UPGRADES), None),
        (posted(400, UPGRADES, body=PAGE), None),
        (posted(400, UPGRADES + DROPS_QUERY), None),
        (posted(400, UPGRADES + OTHER), None),
        (posted(400, WHOLE), None),
    ],
)
def test_how_sure_an_upgrade_is(case: Case, expected: str | None) -> None:
    assert confidence_of("upgrade-hardcoded", case) == expected


@pytest.mark.parametrize(
    "location",
    ["http://[bad", "http://h:99999999/sse/", "https://h/", "", "/sse", "//", "http://h/sse/x"],
)
def test_other_redirects_are_not_about_a_slash(location: str) -> None:
    case = make_case(proxy=f"redirect:{location}", direct="live", conf=f"server {{ {WHOLE} }}")
    assert finding_of("slash-redirect", case) is None


@pytest.mark.parametrize(
    ("url", "location", "text"),
    [
        ("https://h/sse", "http://h/sse/", "to http://"),
        ("https://h/sse", "https://inner:8000/sse/", "to inner:8000, which is not the public"),
        ("https://h/sse", "http://inner/sse/", "to inner, which is not the public"),
        ("https://h/sse/", "/sse", "differ only by the slash."),
        ("https://h/sse", "/sse/", "A client that follows 301 makes a GET of a POST."),
    ],
)
def test_the_target_of_the_redirect_is_explained(url: str, location: str, text: str) -> None:
    case = make_case(
        proxy=f"redirect:{location}", direct="live", url=url, conf=f"server {{ {WHOLE} }}"
    )
    finding = finding_of("slash-redirect", case)
    assert finding is not None
    assert text in finding.distinguishes
    assert location in finding.evidence[0].text


def redirected(
    status: int,
    location: str,
    conf: str = WHOLE,
    *,
    url: str = PROXY_URL,
    direct: str = "live",
    direct_url: str = DIRECT_URL,
) -> Case:
    """Return a case whose stream is redirected through the proxy."""
    case = make_case(
        proxy=f"redirect:{location}",
        direct=direct,
        url=url,
        conf=f"server {{ listen 8081; {conf} }}",
        handshakes=(make_handshake("direct", url=direct_url),),
    )
    results = [replace(each.timeline, status=status) for each in case.proxy]
    return replace(case, proxy=tuple(map(classify, results)))


API = "location /api/ { proxy_pass http://127.0.0.1:12213/; }"
BOTH = API + "location /mcp/ { proxy_pass http://127.0.0.1:12213; }"
API_MCP, OWN_MCP = "http://127.0.0.1:8081/api/mcp", "http://127.0.0.1:12213/mcp"


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (redirected(307, "/sse/"), "risk"),
        (redirected(308, "http://127.0.0.1:8081/sse/"), "risk"),
        (redirected(307, "http://127.0.0.1/sse/"), "confirmed"),
        (redirected(301, "/sse/"), "confirmed"),
        (redirected(307, "/mcp/", API, url=API_MCP), "confirmed"),
        (redirected(307, "/mcp/", BOTH, url=API_MCP), "risk"),
        (redirected(307, "/mcp", API, url=f"{API_MCP}/"), "confirmed"),
        (redirected(307, "/mcp", API, url=API_MCP), None),
        (redirected(307, "/other/", API, url=API_MCP), None),
        (without_config(redirected(307, "/mcp/", url=API_MCP, direct_url=OWN_MCP)), "likely"),
        (without_direct(without_config(redirected(307, "/mcp/", url=API_MCP))), "possible"),
    ],
)
def test_only_a_redirect_that_loses_a_client_is_a_fault(case: Case, expected: str | None) -> None:
    finding = finding_of("slash-redirect", case)
    rating = finding and ("risk" if finding.latent else finding.confidence)
    assert rating == expected


SLASHED = "location /message/ { proxy_pass http://127.0.0.1:12213; }"


def with_location(case: Case, location: str) -> Case:
    """Return the case with this Location in the proxied answer to the POST."""
    failed = case.handshakes[0]
    answer = replace(failed.exchanges[0].timeline, headers=(("location", location),))
    exchange = replace(failed.exchanges[0], timeline=answer)
    return replace(case, handshakes=(replace(failed, exchanges=(exchange,)), *case.handshakes[1:]))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (posted(308, WHOLE), None),
        (posted(308, ONLY_SSE + OTHER), None),
        (posted(301, ONLY_SSE + SLASHED), "confirmed"),
        (without_config(posted(301)), None),
        (without_direct(posted(308, ONLY_SSE + OTHER)), None),
        (without_direct(posted(301, WHOLE)), "confirmed"),
    ],
)
def test_a_redirected_post_is_not_about_its_slash_if_the_backend_takes_it(
    case: Case, expected: str | None
) -> None:
    redirected_post = with_location(case, "/message/")
    assert confidence_of("slash-redirect", redirected_post) == expected
    if expected:
        assert confidence_of("message-path-unrouted", redirected_post) is None


def test_the_fix_is_where_the_redirect_comes_from() -> None:
    by_nginx = make_case(
        proxy="redirect:http://127.0.0.1:8081/sse/",
        direct="live",
        conf="server { listen 8081; location /sse/ { proxy_pass http://127.0.0.1:12213/sse; } }",
    )
    by_both = make_case(proxy="redirect:/sse/", direct="redirect:/sse/", conf="server { }")
    fixes = [finding_of("slash-redirect", case) for case in (by_nginx, by_both)]
    assert [finding.fix.where for finding in fixes if finding] == ["nginx", "client"]


def test_messages_go_to_the_endpoint_of_the_proxied_stream() -> None:
    assert message_url(posted(404, endpoint="/m?s=1")) == "http://127.0.0.1:8081/m?s=1"
    assert message_url(held(WHOLE)) == "http://127.0.0.1:8081/message?sessionId=1"
    foreign = replace(
        make_handshake("direct", endpoint="http://other/m"), post_url="http://other/m"
    )
    elsewhere = replace(held(WHOLE), handshakes=(foreign,))
    assert message_url(elsewhere) is None
    assert message_url(replace(elsewhere, handshakes=())) is None


@pytest.mark.parametrize(
    ("limit", "stall", "patience", "wait"),
    [
        ("60s", 10.0, 0.0, 5.0),
        ("60s", 10.0, 65.0, 65.0),
        ("60s", 70.0, 0.0, 61.0),
        ("2s", 10.0, 0.0, 5.0),
        ("8s", 10.0, 0.0, 9.0),
    ],
)
def test_a_slow_post_is_awaited_past_its_timeout_but_not_past_patience(
    limit: str, stall: float, patience: float, wait: float
) -> None:
    case = posted(504, READ_TIMEOUT_2S.replace("2s", limit))
    case = replace(case, target=replace(case.target, stall=stall, patience=patience))
    assert post_timeout(case, 5.0) == wait


@pytest.mark.parametrize("opening", OPENING)
def test_a_gate_on_the_post_is_named_whichever_message_opens_the_session(opening: str) -> None:
    url, page = "http://127.0.0.1:8081/mcp", "<hr><center>nginx/1.22.1</center>"
    refused = make_handshake(
        "proxy",
        transport="unknown",
        stage="initialize",
        status=401,
        body=page,
        url=url,
        opening=opening,
    )
    asks = (("www-authenticate", 'Basic realm="closed"'),)
    answer = replace(refused.exchanges[0].timeline, headers=asks)
    refused = replace(refused, exchanges=(Exchange(opening, answer),))
    case = make_case(
        proxy="405",
        direct="405",
        url=url,
        conf='server { listen 8081; location /mcp { auth_basic "closed"; proxy_pass http://b; } }',
        handshakes=(refused, make_handshake("direct", transport="streamable-http")),
    )
    assert confidence_of("auth-gate", case) == "confirmed"
