"""limits and upstream-unreachable: what Nginx could not open, and what it may have delayed."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_log_line
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case

REQUEST = (
    ', client: 10.0.0.1, server: , request: "GET /sse HTTP/1.1", '
    'upstream: "http://127.0.0.1:12213/sse", host: "127.0.0.1"'
)
TIME = "2026/11/23 16:00:00 [error] 1#1: "
NO_FILE = (
    f"{TIME}*1 socket() failed (24: Too many open files) while connecting to upstream{REQUEST}"
)
DENIED = (
    f"{TIME}*1 connect() to unix:/run/app.sock failed (13: Permission denied) "
    f"while connecting to upstream{REQUEST}"
)
POOL = "upstream bots { server 127.0.0.1:12213 max_conns=3; }"


def case_of(
    kind: str, *lines: str, pool: str = POOL, location: str = "", ours: bool = True
) -> Case:
    passed = f"proxy_pass http://bots; proxy_buffering off; {location}"
    conf = f"{pool} server {{ listen 8081; location / {{ {passed} }} }}"
    logs = tuple(make_log_line(line, ours=ours) for line in lines)
    return make_case(proxy=kind, direct="live", conf=conf, logs=logs)


def named(case: Case) -> list[tuple[str, str]]:
    return [(cause.id, cause.confidence) for cause in diagnose(case).causes]


def test_open_files_that_are_used_up() -> None:
    case = case_of("500", NO_FILE)
    assert named(case) == [("limits", "confirmed")]
    assert "worker_rlimit_nofile" in diagnose(case).causes[0].fix.summary


def test_without_permission_the_address_is_not_at_fault() -> None:
    (cause,) = diagnose(case_of("502", DENIED)).causes
    assert (cause.id, cause.confidence) == ("upstream-unreachable", "confirmed")
    assert "setsebool" in cause.fix.summary


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("limit_req zone=one burst=20;", [("limits", "possible")]),
        ("limit_req zone=one burst=20 nodelay;", []),
        ("limit_req zone=one;", []),
        ("", []),
    ],
)
def test_a_delay_that_no_log_shows_is_possible(limit: str, expected: list[tuple[str, str]]) -> None:
    case = case_of("live", location=limit)
    held = make_case(proxy="held", direct="live", conf=CONF % limit)
    case = replace(held, proxy=(case.proxy[0], held.proxy[1]))
    assert [each for each in named(case) if each[0] == "limits"] == expected


CONF = (
    "limit_req_zone $binary_remote_addr zone=one:1m rate=6r/m; server { listen 8081; "
    "location / { proxy_pass http://127.0.0.1:12213; proxy_buffering off; %s } }"
)
