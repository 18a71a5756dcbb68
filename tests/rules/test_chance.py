"""What the new rules say beside their samples: how sure, in whose hands, and when not at all."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import (
    make_case,
    make_follow_up,
    make_handshake,
    make_log_line,
    with_answer,
    with_endpoint,
)
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.rules import rule_named
from wizard.model.case import Case
from wizard.model.diagnosis import Finding
from wizard.model.handshake import HandshakeStage

ERROR = '2026/11/23 15:23:37 [error] 7#7: *1 %s, client: ::1, request: "GET /sse HTTP/1.1"'
OFF = {"proxy_buffering": "off"}


def found(id: str, known: Case) -> Finding | None:
    rule = rule_named(id)
    assert rule is not None
    return rule.check(rule, known)


def sure(id: str, known: Case) -> str | None:
    finding = found(id, known)
    return finding.confidence if finding else None


FAILED = make_log_line(ERROR % "auth request unexpected status: 404 while sending to client")
GATED = {**OFF, "auth_request": "/auth"}


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (make_case(proxy="500", direct="live", settings=GATED, logs=(FAILED,)), "confirmed"),
        (make_case(proxy="500", direct="live", settings=GATED), "likely"),
        (make_case(proxy="500", direct="live", settings=OFF), None),
        (make_case(proxy="401", direct="live", settings=OFF), "possible"),
        (make_case(proxy="403", direct="live", settings=GATED), "confirmed"),
        (make_case(proxy="403", direct="live", settings=OFF), None),
        (make_case(proxy="401", direct="held", settings=GATED), "likely"),
        (make_case(proxy="401", direct="401", settings=GATED), None),
        (make_case(proxy="redirect:https://sso/login", direct="live", settings=GATED), "confirmed"),
        (make_case(proxy="redirect:https://sso/login", direct="live", settings=OFF), "possible"),
        (make_case(proxy="redirect:https://x/sse/", direct="live", settings=GATED), None),
        (make_case(proxy="redirect:/elsewhere", direct="live", settings=OFF), None),
    ],
)
def test_a_gate(known: Case, expected: str | None) -> None:
    assert sure("auth-gate", known) == expected


GATED_MESSAGES = """
http { server { listen 8081;
location / { proxy_pass http://127.0.0.1:12213; }
location /message { auth_basic staff; proxy_pass http://127.0.0.1:12213; } } }
"""


def test_a_gate_before_the_messages_alone() -> None:
    spoken = (make_handshake("proxy", stage="initialize", status=401), make_handshake("direct"))
    known = make_case(proxy="live", direct="live", conf=GATED_MESSAGES, handshakes=spoken)
    assert [cause.id for cause in diagnose(known).causes] == ["auth-gate"]
    assert sure("auth-gate", known) == "confirmed"
    assert sure("auth-gate", replace(known, message_resolution=None, resolution=None)) == "likely"
    taken = replace(known, handshakes=(make_handshake("proxy"), make_handshake("direct")))
    assert sure("auth-gate", taken) is None


def test_a_refused_name_is_no_gate() -> None:
    known = make_case(proxy="403", direct="live", settings=GATED)
    known = replace(known, follow_ups=(make_follow_up("public-host", 403),))
    assert [cause.id for cause in diagnose(known).causes] == ["host-origin-rejected"]


LIMITED = {**OFF, "limit_conn": "one 1"}
FULL = make_log_line(ERROR % 'limiting connections by zone "one"')


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (make_case(proxy="503", direct="live", settings=OFF, logs=(FULL,)), "confirmed"),
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
def test_a_limit(known: Case, expected: str | None) -> None:
    assert sure("limits", known) == expected


def test_a_limit_that_lets_a_whole_session_pass_may_be_meant() -> None:
    """Four at once are more than one client needs."""
    known = make_case(
        proxy="live",
        proxy_gzip="503",
        direct="live",
        settings=LIMITED,
        handshakes=(make_handshake("proxy"),),
    )
    second = make_case(proxy="live", direct="live", settings=LIMITED).proxy
    known = replace(known, proxy=(*known.proxy, second[0]))
    assert sure("limits", known) == "possible"


def test_a_limit_that_one_alone_does_not_meet() -> None:
    known = make_case(proxy="503", direct="live", settings=LIMITED)
    alone = make_follow_up("alone", 200, side="proxy")
    assert sure("limits", replace(known, follow_ups=(alone,))) == "confirmed"
    refused = make_follow_up("alone", 503, side="proxy")
    assert sure("limits", replace(known, follow_ups=(refused,))) == "likely"


def test_where_the_backend_itself_forgets_nginx_cannot_help() -> None:
    known = make_case(proxy="live", direct="live", settings=OFF)
    for side, where in (("proxy", "backend"), ("direct", "backend")):
        pings = tuple(make_follow_up("affinity", one, side=side) for one in (202, 404))
        finding = found("no-affinity", replace(known, follow_ups=pings))
        assert finding is not None
        assert finding.fix.where == where, side


def test_where_nginx_shares_out_it_is_its_upstream() -> None:
    conf = """
    http { upstream bots { server 127.0.0.1:12213; server 127.0.0.1:12214; }
    server { listen 8081; location / { proxy_pass http://bots; } } }
    """
    pings = tuple(make_follow_up("affinity", one, side="proxy") for one in (404, 202))
    finding = found(
        "no-affinity", replace(make_case(proxy="live", direct="live", conf=conf), follow_ups=pings)
    )
    assert finding is not None
    assert finding.fix.where == "nginx"
    assert any("2 servers" in one.text for one in finding.evidence if one.kind == "config")


def test_messages_that_all_arrive_are_no_fault() -> None:
    pings = tuple(make_follow_up("affinity", 202, side="proxy") for _ in range(9))
    known = replace(make_case(proxy="live", direct="live", settings=OFF), follow_ups=pings)
    assert sure("no-affinity", known) is None


@pytest.mark.parametrize(("direct", "expected"), [("done", "likely"), ("initialize", None)])
def test_one_session_lost_and_another_not(direct: HandshakeStage, expected: str | None) -> None:
    """The same message fails direct, too: then it is the message that the server does not take."""
    pings = tuple(make_follow_up("affinity", 202, side="proxy") for _ in range(8))
    spoken = (
        make_handshake("proxy", stage="initialize", status=400),
        make_handshake("direct", stage=direct, status=202 if direct == "done" else 400),
    )
    known = make_case(proxy="live", direct="live", settings=OFF, handshakes=spoken)
    assert sure("no-affinity", replace(known, follow_ups=pings)) == expected


URL = "http://127.0.0.1:8081/.well-known/oauth-protected-resource"


@pytest.mark.parametrize(
    ("named", "expected"),
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
def test_where_the_metadata_is_said_to_be(named: str, expected: str | None) -> None:
    known = make_case(proxy="401", direct="401", settings=OFF)
    challenge = (("www-authenticate", f'Bearer realm="x", resource_metadata="{named}"'),)
    assert sure("oauth-metadata-lost", with_answer(known, challenge)) == expected


def test_metadata_that_answers_is_no_fault() -> None:
    known = make_case(proxy="401", direct="401", settings=OFF)
    known = with_answer(known, (("www-authenticate", f"Bearer resource_metadata={URL}"),))
    for status, expected in ((404, "confirmed"), (200, None), (0, None), (401, None)):
        asked = make_follow_up("metadata", status, side="proxy")
        assert sure("oauth-metadata-lost", replace(known, follow_ups=(asked,))) == expected


def test_a_worker_that_was_killed_makes_it_likely() -> None:
    killed = make_log_line("[2026-11-23 16:00:00 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:12)")
    known = make_case(proxy="held", direct="live", direct_gzip="held", settings=OFF, logs=(killed,))
    assert sure("backend-blocked", known) == "likely"
    calm = make_case(proxy="live", direct="live", settings=OFF, logs=(killed,))
    assert sure("backend-blocked", calm) is None


CACHED = {"proxy_buffering": "on", "proxy_cache": "one"}
ONE = "/message?sessionId=1"


@pytest.mark.parametrize(("settings", "expected"), [(CACHED, "likely"), (OFF, None)])
def test_a_copy_without_a_direct_stream(settings: dict[str, str], expected: str | None) -> None:
    known = make_case(proxy="live", direct="live", settings=settings)
    results = tuple(with_endpoint(result, ONE) for result in known.proxy)
    assert sure("cache-replay", replace(known, proxy=results, direct=())) == expected


STUCK = make_log_line(
    ERROR % "upstream timed out (110: Connection timed out) while connecting to upstream"
)
PAIR = ("127.0.0.1:12213", "127.0.0.1:12214")


def slow(known: Case) -> Case:
    """Its second stream came a second after the first."""
    first, second = known.proxy
    line = replace(second.timeline, first_data_s=1.01)
    return replace(known, proxy=(first, replace(second, timeline=line)))


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (make_case(proxy="live", direct="live", settings=OFF, peers=PAIR, logs=(STUCK,)), None),
        (slow(make_case(proxy="live", direct="live", settings=OFF, peers=PAIR)), None),
        (
            slow(make_case(proxy="live", direct="live", settings=OFF, peers=PAIR, logs=(STUCK,))),
            "confirmed",
        ),
        (slow(make_case(proxy="live", direct="live", settings=OFF, logs=(STUCK,))), None),
    ],
    ids=["none late", "no log", "late", "one peer"],
)
def test_a_peer_without_a_direct_stream(known: Case, expected: str | None) -> None:
    assert sure("dead-peer-replay", replace(known, direct=())) == expected
