"""Challenges of services in front of Nginx, by their headers and pages."""

from dataclasses import replace

import pytest

from tests.rules.checks import confidence_of
from tests.rules.samples.build import make_case, make_log_line, with_answer
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case
from wizard.model.log_report import LogReport

OFF = {"proxy_buffering": "off"}
HTML = ("content-type", "text/html")
JUST_A_MOMENT = "<title>Just a moment...</title>"
LOGGED = make_log_line(
    '10.0.0.1 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 403 80 "-" "ssewizard"',
    client="sse-proxy h1 identity",
)


def answered(status: str, *headers: tuple[str, str], body: str = "", direct: str = "live") -> Case:
    return with_answer(make_case(proxy=status, direct=direct, settings=OFF), (*headers, HTML), body)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (answered("403", ("cf-mitigated", "challenge")), "confirmed"),
        (answered("202", ("x-amzn-waf-action", "challenge")), "confirmed"),
        (answered("405", ("x-amzn-waf-action", "captcha")), "confirmed"),
        (answered("429", ("x-vercel-mitigated", "challenge")), "confirmed"),
        (answered("503", body=JUST_A_MOMENT), "likely"),
        (
            answered("html", body="<title>Making sure you&#39;re not a bot!</title>", direct="404"),
            "likely",
        ),
        (answered("403", body="<script src='/_Incapsula_Resource?SW'></script>"), "likely"),
        (answered("404", body=JUST_A_MOMENT), None),
        (answered("403", ("content-type", "application/json"), body=JUST_A_MOMENT), None),
        (answered("403", ("server", "cloudflare"), body="<title>error code: 1020</title>"), None),
        (answered("403", ("cf-mitigated", "block")), None),
        (answered("403", ("cf-mitigated", "challenge"), direct="403"), None),
    ],
)
def test_how_sure_a_challenge_is(case: Case, expected: str | None) -> None:
    assert confidence_of("edge-challenge", case) == expected


def test_a_request_that_nginx_has_logged_was_not_stopped_in_front_of_it() -> None:
    case = answered("403", ("cf-mitigated", "challenge"))
    logged = replace(case, proxy=case.proxy[:1], logs=(LogReport("access.log", (LOGGED,), 1),))
    assert confidence_of("edge-challenge", logged) is None
    empty = replace(case, logs=(LogReport("access.log", (), 3),))
    [cause] = diagnose(empty).causes
    assert cause.id == "edge-challenge"
    assert "no line about our request" in cause.distinguishes


@pytest.mark.parametrize("server", ["cloudflare", "nginx/1.22.1"])
def test_from_the_url_alone_it_is_not_known_where_the_service_is(server: str) -> None:
    case = answered("403", ("cf-mitigated", "challenge"), ("server", server))
    alone = replace(case, direct=(), logs=())
    [cause] = diagnose(alone).causes
    assert (cause.id, cause.confidence) == ("edge-challenge", "likely")
    assert "in front of Nginx or behind it is not known" in cause.distinguishes
    assert ("speaks for a service behind" in cause.distinguishes) == server.startswith("nginx")


def test_it_is_the_only_cause_where_a_gate_or_a_limit_would_look_alike() -> None:
    for case in (answered("403", body=JUST_A_MOMENT), answered("503", body=JUST_A_MOMENT)):
        assert [cause.id for cause in diagnose(case).causes] == ["edge-challenge"]
