"""How sure rules are in cases beside their samples, and who has to apply the fix."""

import json
from dataclasses import replace

import pytest

from tests.rules.checks import confidence_of, finding_of
from tests.rules.samples.build import (
    PROXY_URL,
    make_case,
    make_follow_up,
    make_handshake,
    make_log_line,
    with_answer,
    with_endpoint,
)
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case, FollowUpResult
from wizard.model.handshake import HandshakeStage
from wizard.model.probe import Probe
from wizard.model.timeline import Timeline

ERROR = '2026/11/23 15:23:37 [error] 7#7: *1 %s, client: ::1, request: "GET /sse HTTP/1.1"'
OFF = {"proxy_buffering": "off"}


GATE_FAILED = make_log_line(ERROR % "auth request unexpected status: 404 while sending to client")
GATED = {**OFF, "auth_request": "/auth"}


OWN_PAGE = "<hr><center>nginx</center>"


def refused(kind: str, settings: dict[str, str], challenge: str = "", body: str = OWN_PAGE) -> Case:
    """A proxied answer with this body and challenge, of a backend that is live."""
    headers = (("www-authenticate", challenge),) if challenge else ()
    case = make_case(proxy=kind, direct="live", settings=settings)
    location = dict(case.proxy[0].timeline.headers).get("location")
    return with_answer(case, (*headers, *([("location", location)] if location else [])), body)


def unread(case: Case, *headers: tuple[str, str]) -> Case:
    """The case without the config, with these headers of the user."""
    return replace(case, resolution=None, target=replace(case.target, headers=headers))


BASIC = {**OFF, "auth_basic": "staff only"}
TOKEN = ("Authorization", "Bearer abc")
METADATA = 'Bearer resource_metadata="http://127.0.0.1:8081/.well-known/x"'


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (make_case(proxy="500", direct="live", settings=GATED, logs=(GATE_FAILED,)), "confirmed"),
        (refused("500", GATED), "likely"),
        (refused("500", OFF), None),
        (refused("401", OFF), "possible"),
        (refused("403", GATED), "confirmed"),
        (refused("403", OFF), None),
        (
            with_answer(make_case(proxy="401", direct="held", settings=GATED), (), OWN_PAGE),
            "likely",
        ),
        (make_case(proxy="401", direct="401", settings=GATED), None),
        (refused("redirect:https://sso/login", GATED), "confirmed"),
        (refused("redirect:https://sso/login", OFF), "possible"),
        (refused("redirect:https://x/sse/", GATED), None),
        (refused("redirect:/elsewhere", OFF), None),
        (refused("401", BASIC, 'Basic realm="staff only"'), "confirmed"),
        (refused("401", BASIC | {"auth_basic": "$zone"}, 'Basic realm="a"'), "confirmed"),
        (refused("401", BASIC, 'Basic realm="app"', "{}"), None),
        (refused("401", BASIC, METADATA, "{}"), None),
        (refused("401", OFF, METADATA, "{}"), None),
        (refused("401", GATED, METADATA), "confirmed"),
        (refused("401", GATED, METADATA, "{}"), None),
        (refused("401", GATED | {"error_page": "401 = @login"}, "", "{}"), "confirmed"),
        (unread(refused("401", OFF, 'Basic realm="x"')), "likely"),
        (unread(refused("401", OFF, "Bearer", "{}")), "possible"),
        (unread(refused("401", OFF, "Bearer", "{}"), TOKEN), None),
        (unread(refused("redirect:/login", OFF, "", "")), "possible"),
    ],
)
def test_how_sure_a_gate_is(case: Case, expected: str | None) -> None:
    assert confidence_of("auth-gate", case) == expected


PENDING = make_log_line(
    "2026/11/23 16:00:00 [info] 7#7: *3 epoll_wait() reported that client prematurely closed "
    "connection, so upstream connection is closed too while sending request to upstream, client: "
    '127.0.0.1, request: "GET /sse HTTP/1.1", subrequest: "/auth", upstream: "http://a:1/", host: '
    '"a"'
)
MIRRORED = replace(PENDING, text=PENDING.text.replace("/auth", "/copy"))
ASKED = {"proxy_buffering": "off", "auth_request": "/auth"}


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (make_case(proxy="held", direct="live", settings=ASKED, logs=(PENDING,)), "confirmed"),
        (make_case(proxy="held", direct="live", settings=ASKED), "possible"),
        (make_case(proxy="held", direct="live", settings=ASKED, logs=(MIRRORED,)), "possible"),
        (make_case(proxy="held", direct="held", settings=ASKED, logs=(PENDING,)), None),
        (make_case(proxy="held", direct="live", settings=OFF, logs=(PENDING,)), None),
        (
            make_case(proxy="held", direct="live", settings=ASKED | {"proxy_buffering": "on"}),
            None,
        ),
        (make_case(proxy="live", direct="live", settings=ASKED), None),
    ],
    ids=["logged", "config", "mirror", "direct", "no gate", "buffered", "live"],
)
def test_a_gate_may_not_answer(case: Case, expected: str | None) -> None:
    assert confidence_of("auth-gate", case) == expected
    if expected == "confirmed":
        diagnosis = diagnose(case)
        assert [cause.id for cause in diagnosis.causes] == ["auth-gate"]
        assert not any("predicts" in note for note in diagnosis.notes)


STAFF = 'Basic realm="staff"'
GATED_MESSAGES = """
http { server { listen 8081;
location / { proxy_pass http://127.0.0.1:12213; }
location /message { auth_basic staff; proxy_pass http://127.0.0.1:12213; } } }
"""


def test_a_gate_may_guard_the_messages_only() -> None:
    failed = make_handshake("proxy", stage="initialize", status=401, body=OWN_PAGE)
    answer = replace(failed.exchanges[0].timeline, headers=(("www-authenticate", STAFF),))
    failed = replace(failed, exchanges=(replace(failed.exchanges[0], timeline=answer),))
    handshakes = (failed, make_handshake("direct"))
    case = make_case(proxy="live", direct="live", conf=GATED_MESSAGES, handshakes=handshakes)
    assert [cause.id for cause in diagnose(case).causes] == ["auth-gate"]
    assert confidence_of("auth-gate", case) == "confirmed"
    assert (
        confidence_of("auth-gate", replace(case, message_resolution=None, resolution=None))
        == "likely"
    )
    accepted = replace(case, handshakes=(make_handshake("proxy"), make_handshake("direct")))
    assert confidence_of("auth-gate", accepted) is None


def test_a_refused_host_is_not_a_gate() -> None:
    case = make_case(proxy="403", direct="live", settings=GATED)
    case = replace(case, follow_ups=(make_follow_up("public-host", 403),))
    assert [cause.id for cause in diagnose(case).causes] == ["host-origin-rejected"]


LIMITED = {**OFF, "limit_conn": "one 1"}
LIMIT_REACHED = make_log_line(ERROR % 'limiting connections by zone "one"')


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (make_case(proxy="503", direct="live", settings=OFF, logs=(LIMIT_REACHED,)), "confirmed"),
        (make_case(proxy="503", direct="live", settings=LIMITED), "likely"),
        (make_case(proxy="503", direct="503", settings=LIMITED), None),
        (make_case(proxy="live", proxy_gzip="503", direct="held", settings=LIMITED), None),
        (
            replace(make_case(proxy="live", proxy_gzip="429", direct="live"), resolution=None),
            "possible",
        ),
        (
            make_case(
                proxy="live",
                direct="live",
                settings=LIMITED,
                handshakes=(
                    make_handshake("proxy", stage="initialize", status=503),
                    make_handshake("direct"),
                ),
            ),
            "confirmed",
        ),
        (make_case(proxy="live", direct="live", settings=LIMITED), None),
    ],
)
def test_how_sure_a_limit_is(case: Case, expected: str | None) -> None:
    assert confidence_of("limits", case) == expected


def test_a_limit_that_lets_a_session_pass_may_be_intended() -> None:
    """Four streams at once are more than one client needs."""
    case = make_case(
        proxy="live",
        proxy_gzip="503",
        direct="live",
        settings=LIMITED,
        handshakes=(make_handshake("proxy"),),
    )
    second = make_case(proxy="live", direct="live", settings=LIMITED).proxy
    case = replace(case, proxy=(*case.proxy, second[0]))
    assert confidence_of("limits", case) == "possible"


def test_a_stream_alone_that_is_served_confirms_a_limit() -> None:
    case = make_case(proxy="503", direct="live", settings=LIMITED)
    alone = make_follow_up("alone", 200, side="proxy")
    assert confidence_of("limits", replace(case, follow_ups=(alone,))) == "confirmed"
    refused = make_follow_up("alone", 503, side="proxy")
    assert confidence_of("limits", replace(case, follow_ups=(refused,))) == "likely"


def test_a_session_lost_in_the_backend_is_fixed_there() -> None:
    case = make_case(proxy="live", direct="live", settings=OFF)
    for side, where in (("proxy", "backend"), ("direct", "backend")):
        pings = tuple(make_follow_up("affinity", status, side=side) for status in (202, 404))
        finding = finding_of("no-affinity", replace(case, follow_ups=pings))
        assert finding is not None
        assert finding.fix.where == where, side


def test_a_session_lost_between_peers_is_fixed_in_nginx() -> None:
    conf = """
    http { upstream bots { server 127.0.0.1:12213; server 127.0.0.1:12214; }
    server { listen 8081; location / { proxy_pass http://bots; } } }
    """
    pings = tuple(make_follow_up("affinity", status, side="proxy") for status in (404, 202))
    finding = finding_of(
        "no-affinity", replace(make_case(proxy="live", direct="live", conf=conf), follow_ups=pings)
    )
    assert finding is not None
    assert finding.fix.where == "nginx"
    assert any("2 servers" in item.text for item in finding.evidence if item.kind == "config")


def test_messages_that_all_arrive_are_not_a_fault() -> None:
    pings = tuple(make_follow_up("affinity", 202, side="proxy") for _ in range(9))
    case = replace(make_case(proxy="live", direct="live", settings=OFF), follow_ups=pings)
    assert confidence_of("no-affinity", case) is None


@pytest.mark.parametrize(("direct", "expected"), [("done", "likely"), ("initialize", None)])
def test_a_lost_session_beside_a_working_one_is_likely_chance(
    direct: HandshakeStage, expected: str | None
) -> None:
    """If the same message fails directly too, the server does not accept the message itself."""
    pings = tuple(make_follow_up("affinity", 202, side="proxy") for _ in range(8))
    handshakes = (
        make_handshake("proxy", stage="initialize", status=400),
        make_handshake("direct", stage=direct, status=202 if direct == "done" else 400),
    )
    case = make_case(proxy="live", direct="live", settings=OFF, handshakes=handshakes)
    assert confidence_of("no-affinity", replace(case, follow_ups=pings)) == expected


POOL = """
http { upstream bots { %s server 127.0.0.1:12213; server 127.0.0.1:12214; }
server { listen 8081; location / { proxy_pass http://bots; } } }
"""
SPLIT = """
http { split_clients $request_id $port { 50% 12213; * 12214; }
server { listen 8081; location / { proxy_pass http://127.0.0.1:$port; } } }
"""
SINGLE = "server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; } }"
ONLY_STREAM = "server { listen 8081; location /sse { proxy_pass http://127.0.0.1:12213; } }"


def all_lost(conf: str, body: str = "session not found", *, direct: bool = True) -> Case:
    """Each message of the handshake and of two more sessions is answered 404 with this body."""
    failed = make_handshake("proxy", stage="initialize", status=404, body=body)
    handshakes = (failed, make_handshake("direct")) if direct else (failed,)
    case = make_case(proxy="live", direct="live", conf=conf or SINGLE, handshakes=handshakes)
    follow_ups = []
    for number in (2, 3):
        lost = make_follow_up("affinity", 404, side="proxy", body=body)
        probe = replace(lost.timeline.probe, url=f"{PROXY_URL}?sessionId={number}")
        timeline = replace(lost.timeline, probe=probe)
        follow_ups.append(replace(lost, timeline=timeline, why=f"session {number}"))
    case = replace(case, follow_ups=tuple(follow_ups), direct=case.direct if direct else ())
    return case if conf else replace(case, resolution=None, message_resolution=None)


def test_peers_that_a_variable_chooses_are_not_said_to_be_one_backend() -> None:
    case = make_case(proxy="live", direct="live", conf=SPLIT)
    pings = tuple(make_follow_up("affinity", status, side="proxy") for status in (404, 202))
    finding = finding_of("no-affinity", replace(case, follow_ups=pings))
    assert finding is not None
    assert "where Nginx has several peers" in finding.fix.summary


def silent_sessions(case: Case) -> Case:
    """The same with no answer at all."""
    results = []
    for each in case.follow_ups:
        timeline = replace(each.timeline, status=None, headers_s=None, ended="timeout")
        results.append(replace(each, timeline=timeline))
    return replace(case, follow_ups=tuple(results))


def replayed(case: Case) -> Case:
    """The same with one endpoint for all sessions."""
    first = case.follow_ups[0].timeline.probe
    results = [
        replace(each, timeline=replace(each.timeline, probe=first)) for each in case.follow_ups
    ]
    return replace(case, follow_ups=tuple(results))


@pytest.mark.parametrize(
    ("case", "expected", "where"),
    [
        (all_lost(POOL % ""), "confirmed", "nginx"),
        (all_lost(POOL % "hash $arg_sessionId;"), "confirmed", "nginx"),
        (all_lost(POOL % "", "no"), "confirmed", "nginx"),
        (silent_sessions(all_lost(POOL % "")), "likely", "nginx"),
        (all_lost(POOL % "", direct=False), "likely", "nginx"),
        (all_lost(POOL % "", "no", direct=False), None, ""),
        (all_lost(POOL % "", "sessionId is required"), None, ""),
        (replayed(all_lost(POOL % "")), None, ""),
        (all_lost(SINGLE), None, ""),
        (all_lost(ONLY_STREAM), None, ""),
        (all_lost(""), "likely", "backend"),
        (all_lost("", "not found"), None, ""),
        (all_lost("", direct=False), "likely", "backend"),
        (silent_sessions(all_lost("")), None, ""),
    ],
)
def test_how_sure_it_is_if_every_message_is_lost(
    case: Case, expected: str | None, where: str
) -> None:
    finding = finding_of("no-affinity", case)
    assert (finding.confidence if finding else None) == expected
    assert (finding.fix.where if finding else "") == where


URL = "http://127.0.0.1:8081/.well-known/oauth-protected-resource"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (URL, None),
        (URL.replace("127.0.0.1", "localhost"), None),
        (URL.replace("8081", "9090"), "likely"),
        (URL.replace("8081", "12213"), "confirmed"),
        (URL.replace("127.0.0.1:8081", "svc-bot-prod"), "likely"),
        (URL.replace("127.0.0.1", "10.0.0.7"), "likely"),
        (URL.replace("http://127.0.0.1:8081", "https://login.example.com"), None),
        ("nonsense", "likely"),
    ],
)
def test_how_sure_a_wrong_metadata_url_is(url: str, expected: str | None) -> None:
    case = make_case(proxy="401", direct="401", settings=OFF)
    challenge = (("www-authenticate", f'Bearer realm="x", resource_metadata="{url}"'),)
    assert confidence_of("oauth-metadata-lost", with_answer(case, challenge)) == expected


def with_metadata(answer: Timeline, *headers: tuple[str, str], url: str = PROXY_URL) -> Case:
    """A 401 that names metadata, and the answer of its URL; further headers of the user."""
    case = make_case(proxy="401", direct="401", settings=OFF)
    named = URL.replace("http://127.0.0.1:8081", url.rpartition("/")[0])
    case = with_answer(case, (("www-authenticate", f"Bearer resource_metadata={named}"),))
    target = replace(case.target, url=url, headers=headers)
    answer = replace(answer, probe=Probe("follow-up-proxy", named))
    return replace(case, target=target, follow_ups=(FollowUpResult("metadata", answer, "asked"),))


def answered(status: int, body: str = "", **headers: str) -> Timeline:
    shown = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Timeline(Probe("x", URL), status=status or None, excerpt=body, headers=shown)


PAGE = answered(200, "<!doctype html><title>App</title>", content_type="text/html")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (answered(404), "confirmed"),
        (PAGE, "confirmed"),
        (answered(200, '"text"'), "confirmed"),
        (answered(401), "confirmed"),
        (answered(502), "likely"),
        (answered(302, location="/login?next=/"), "confirmed"),
        (answered(302, location="/app"), "likely"),
        (answered(302, location="/mcp/.well-known/oauth-protected-resource"), "possible"),
        (answered(200, '{"resource": "http://127.0.0.1:8081/sse"}'), None),
        (replace(answered(200, '{"resource": "http://12'), bytes=20_000), None),
        (answered(503), None),
        (answered(0), None),
    ],
)
def test_only_missing_metadata_is_a_fault(answer: Timeline, expected: str | None) -> None:
    case = with_metadata(answer)
    assert confidence_of("oauth-metadata-lost", case) == expected
    assert confidence_of("oauth-metadata-mismatch", case) is None


@pytest.mark.parametrize(
    ("url", "resource", "expected"),
    [
        ("https://h/mcp", "https://h/mcp", None),
        ("https://h/mcp", "https://H:443/mcp/", None),
        ("https://h/mcp", "http://h/mcp", "confirmed"),
        ("https://h/mcp", "https://h:8443/mcp", "confirmed"),
        ("https://h/mcp", "https://backend/mcp", "confirmed"),
        ("https://h/api/mcp", "https://h/mcp", "confirmed"),
        ("https://h/mcp", "https://h/mcp/more", "confirmed"),
        ("https://h/mcp", "https://h", "possible"),
        ("https://h/api/mcp", "https://h/api/", "possible"),
        ("https://h/mcp", "urn:mcp", "likely"),
        ("https://h/mcp", None, "likely"),
        ("https://h/mcp", "https://[", "likely"),
    ],
)
def test_how_sure_another_resource_is(url: str, resource: str | None, expected: str | None) -> None:
    case = with_metadata(answered(200, json.dumps({"resource": resource})), url=url)
    assert confidence_of("oauth-metadata-mismatch", case) == expected
    assert confidence_of("oauth-metadata-lost", case) is None


@pytest.mark.parametrize("answer", [PAGE, answered(200, "{}")])
def test_a_client_with_a_token_needs_no_metadata(answer: Timeline) -> None:
    diagnosis = diagnose(with_metadata(answer, ("Authorization", "Bearer abc")))
    assert diagnosis.verdict == "inconclusive"
    assert {risk.id for risk in diagnosis.risks} & {
        "oauth-metadata-lost",
        "oauth-metadata-mismatch",
    }


def test_a_killed_worker_makes_a_blocked_backend_likely() -> None:
    timeout = make_log_line("[2026-11-23 16:00:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:12)")
    case = make_case(proxy="held", direct="live", direct_gzip="held", settings=OFF, logs=(timeout,))
    assert confidence_of("backend-blocked", case) == "likely"
    undisturbed = make_case(proxy="live", direct="live", settings=OFF, logs=(timeout,))
    assert confidence_of("backend-blocked", undisturbed) is None


CACHED = {"proxy_buffering": "on", "proxy_cache": "one"}
ENDPOINT = "/message?sessionId=1"


@pytest.mark.parametrize(("settings", "expected"), [(CACHED, "likely"), (OFF, None)])
def test_a_repeated_session_without_a_direct_stream(
    settings: dict[str, str], expected: str | None
) -> None:
    case = make_case(proxy="live", direct="live", settings=settings)
    results = tuple(with_endpoint(result, ENDPOINT) for result in case.proxy)
    assert confidence_of("cache-replay", replace(case, proxy=results, direct=())) == expected


PEER_TIMED_OUT = make_log_line(
    ERROR % "upstream timed out (110: Connection timed out) while connecting to upstream"
)
PAIR = ("127.0.0.1:12213", "127.0.0.1:12214")


def with_late_stream(case: Case) -> Case:
    """Let the second stream start a second after the first."""
    first, second = case.proxy
    timeline = replace(second.timeline, first_data_s=1.01)
    return replace(case, proxy=(first, replace(second, timeline=timeline)))


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (
            make_case(
                proxy="live", direct="live", settings=OFF, peers=PAIR, logs=(PEER_TIMED_OUT,)
            ),
            None,
        ),
        (with_late_stream(make_case(proxy="live", direct="live", settings=OFF, peers=PAIR)), None),
        (
            with_late_stream(
                make_case(
                    proxy="live", direct="live", settings=OFF, peers=PAIR, logs=(PEER_TIMED_OUT,)
                )
            ),
            "confirmed",
        ),
        (
            with_late_stream(
                make_case(proxy="live", direct="live", settings=OFF, logs=(PEER_TIMED_OUT,))
            ),
            None,
        ),
    ],
    ids=["none late", "no log", "late", "one peer"],
)
def test_a_dead_peer_without_a_direct_stream(case: Case, expected: str | None) -> None:
    assert confidence_of("dead-peer-replay", replace(case, direct=())) == expected
