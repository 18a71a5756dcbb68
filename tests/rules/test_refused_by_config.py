"""refused-by-config: the config decides the answer, or the error log says it."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_log_line, make_post_case, with_answer
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case

PAGE = "<html><head><title>403 Forbidden</title></head><hr><center>nginx</center></html>"
DENIED = (
    "2026/11/23 16:00:00 [error] 1#1: *1 access forbidden by rule, client: 10.0.0.1, server: , "
    'request: "GET /sse HTTP/1.1", host: "127.0.0.1"'
)


def conf(server: str = "", location: str = "") -> str:
    passed = f"location / {{ {location} proxy_pass http://127.0.0.1:12213; proxy_buffering off; }}"
    return f"server {{ listen 8081; {server} {passed} }}"


def named(case: Case) -> list[tuple[str, str]]:
    return [(cause.id, cause.confidence) for cause in diagnose(case).causes]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (conf("return 403;"), "403"),
        (conf(location="deny all;"), "403"),
        (conf("if ($request_method = GET) { return 503; }"), "503"),
        (conf("return 444;"), "closed"),
        (conf("rewrite ^/(.*)$ /$1 last;", "rewrite ^/(.*)$ /$1 last;"), "500"),
    ],
)
def test_the_config_decides_the_answer(text: str, kind: str) -> None:
    case = make_case(proxy=kind, direct="live", conf=text)
    assert named(case) == [("refused-by-config", "confirmed")]
    (cause,) = diagnose(case).causes
    assert any(item.kind == "config" and "nginx.conf:1" in item.where for item in cause.evidence)
    assert named(replace(case, direct=())) == [("refused-by-config", "likely")]


@pytest.mark.parametrize("status", [403, 502])
def test_another_answer_than_the_config_makes_is_not_its_own(status: int) -> None:
    text = conf("if ($request_method = GET) { return 503; }")
    case = make_case(proxy=str(status), direct="live", conf=text)
    assert "refused-by-config" not in dict(named(case))


def test_a_rule_for_addresses_is_likely_and_the_log_confirms_it() -> None:
    text = conf(location="allow 10.0.0.0/8; deny all;")
    case = with_answer(make_case(proxy="403", direct="live", conf=text), body=PAGE)
    assert named(case) == [("refused-by-config", "likely")]
    logged = make_case(proxy="403", direct="live", conf=text, logs=(make_log_line(DENIED),))
    assert named(logged) == [("refused-by-config", "confirmed")]


def test_a_rule_for_addresses_is_not_to_blame_for_the_page_of_a_backend() -> None:
    text = conf(location="allow 10.0.0.0/8; deny all;")
    case = with_answer(make_case(proxy="403", direct="live", conf=text), body="no")
    assert named(case) == [("refused-by-config", "possible")]


def test_a_condition_on_a_file_is_likely() -> None:
    text = conf("if (-f /var/www/maintenance) { return 503; }")
    assert named(make_case(proxy="503", direct="live", conf=text)) == [
        ("refused-by-config", "likely")
    ]


def test_a_post_that_is_refused_is_no_missing_route() -> None:
    text = conf("if ($request_method !~ ^(GET|HEAD)$) { return 403; }")
    assert named(make_post_case(text, 403)) == [("refused-by-config", "confirmed")]


def test_a_condition_that_is_not_met_is_no_cause() -> None:
    text = conf("if ($request_method = PUT) { return 403; }")
    assert "refused-by-config" not in dict(named(make_case(proxy="403", direct="live", conf=text)))
