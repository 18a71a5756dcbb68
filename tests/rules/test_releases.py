"""What comes when Nginx gives up reading: rated with the URL alone, and with a config."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.events import Ending
from wizard.model.timeline import Timeline

CONF = "server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; %s } }"
NGINX_PAGE = "<center><h1>504 Gateway Time-out</h1></center>\n<hr><center>nginx/1.22.1</center>"


def kept(
    timeline: Timeline, waited_s: float, *, ended: Ending = "reset", after_s: float = 0.002
) -> Timeline:
    """The stream whose headers come only then, and which ends a moment later."""
    return replace(
        timeline,
        status=200,
        http="1.1",
        headers=(("server", "nginx/1.22.1"), ("content-type", "text/event-stream")),
        headers_s=waited_s + 0.001,
        last_byte_s=waited_s + 0.001,
        waited_s=waited_s + 0.001 + after_s,
        ended=ended,
    )


def gateway_timeout(timeline: Timeline, waited_s: float, page: str = NGINX_PAGE) -> Timeline:
    """The answer of Nginx that got none."""
    at = waited_s + 0.001
    return replace(
        timeline, status=504, http="1.1", headers_s=at, waited_s=at, ended="eof", excerpt=page
    )


def case_of(change: Callable[..., Timeline], conf: str | None = None, **options: object) -> Case:
    """A held stream without a direct URL, as `change` makes it with these options."""
    case = make_case(proxy="held", direct="live", conf=CONF % (conf or ""))
    proxied = [change(result.timeline, **options) for result in case.proxy]
    case = replace(
        case,
        target=replace(case.target, direct=(), conf=case.target.conf if conf is not None else None),
        proxy=tuple(map(classify, proxied)),
        direct=(),
    )
    if conf is None:
        return replace(case, resolution=None, root_resolution=None, predictions=())
    return case


def causes_of(case: Case) -> list[tuple[str, str]]:
    """The causes with their confidence."""
    return [(cause.id, cause.confidence) for cause in diagnose(case).causes]


@pytest.mark.parametrize(
    ("waited_s", "conf", "confidence"),
    [
        (60.05, None, "likely"),
        (2.0, None, "possible"),
        (37.4, None, "possible"),
        (2.01, "proxy_read_timeout 2s;", "likely"),
        (60.05, "", "likely"),
        # Held for longer: the backend sent more before it became silent.
        (75.0, "", "likely"),
        # Nginx gives up only after 60 s.
        (2.01, "", "possible"),
    ],
)
def test_an_answer_that_comes_only_when_nginx_gives_up(
    waited_s: float, conf: str | None, confidence: str
) -> None:
    case = case_of(kept, conf=conf, waited_s=waited_s)
    assert {result.outcome for result in case.proxy} == {"held"}
    assert causes_of(case) == [("proxy-buffering-hold", confidence)]


def test_a_config_without_buffering_does_not_hold_it() -> None:
    assert causes_of(case_of(kept, conf="proxy_buffering off;", waited_s=60.0)) == []


@pytest.mark.parametrize(
    "options",
    [
        {"waited_s": 60.0, "after_s": 60.0},  # a backend that needed 60 s, and was then cut
        {"waited_s": 60.0, "ended": "eof"},  # an answer to its end
        {"waited_s": 60.0, "ended": "open", "after_s": 5.0},
        {"waited_s": 0.02},
    ],
)
def test_a_backend_that_is_late_is_not_held(options: dict[str, Any]) -> None:
    case = case_of(kept, **options)
    assert "held" not in {result.outcome for result in case.proxy}
    assert "proxy-buffering-hold" not in dict(causes_of(case))


def test_a_backend_that_is_as_late_when_asked_directly_is_not_held() -> None:
    case = make_case(proxy="held", direct="live")
    direct = [kept(result.timeline, 5.0) for result in case.direct]
    assert {classify(timeline).outcome for timeline in direct} == {"cut"}
    proxied = kept(case.proxy[0].timeline, 5.1)
    assert classify(proxied, direct).outcome == "cut"
    assert classify(proxied, [result.timeline for result in case.direct]).outcome == "held"


@pytest.mark.parametrize("conf", [None, "", "proxy_read_timeout 60s;"])
def test_a_504_of_nginx_itself_shows_that_it_had_nothing_to_hold(conf: str | None) -> None:
    causes = dict(causes_of(case_of(gateway_timeout, conf=conf, waited_s=60.0)))
    assert causes["backend-silent"] == ("possible" if conf is None else "likely")
    assert "proxy-buffering-hold" not in causes


def test_a_504_after_a_short_timeout_does_not_show_a_silent_backend() -> None:
    case = case_of(gateway_timeout, conf="proxy_read_timeout 3s;", waited_s=3.0)
    [finding] = [each for each in diagnose(case).causes if each.id == "backend-silent"]
    assert finding.confidence == "possible"
    assert "needs more time" in finding.distinguishes


@pytest.mark.parametrize(
    ("conf", "waited_s", "direct_s", "expected"),
    [
        ("proxy_read_timeout 3s;", 3.0, 4.5, "confirmed"),
        (None, 3.0, 4.5, "possible"),
        ("proxy_read_timeout 60s;", 3.0, 4.5, None),
        ("proxy_read_timeout 3s;", 3.0, 0.1, None),
    ],
)
def test_a_stream_whose_first_byte_comes_after_the_read_timeout(
    conf: str | None, waited_s: float, direct_s: float, expected: str | None
) -> None:
    case = case_of(gateway_timeout, conf=conf, waited_s=waited_s)
    direct = make_case(proxy="held", direct="live").direct[0].timeline
    late = replace(direct, headers_s=direct_s, first_byte_s=direct_s, first_data_s=direct_s)
    slow = replace(case, direct=(classify(late),))
    causes = {each.id: each for each in diagnose(slow).causes}
    finding = causes.get("header-timeout-504")
    assert (finding.confidence if finding else None) == expected
    if finding:
        assert "in the location that serves the stream" in str(finding.fix)


def test_one_504_speaks_for_the_probes_beside_it() -> None:
    case = case_of(gateway_timeout, conf="", waited_s=60.0)
    held = make_case(proxy="held", direct="live").proxy[1]
    assert "proxy-buffering-hold" not in dict(causes_of(replace(case, proxy=(case.proxy[0], held))))


@pytest.mark.parametrize(
    ("conf", "page"),
    [("proxy_read_timeout 5m;", NGINX_PAGE), ("", "upstream request timeout"), ("", "")],
)
def test_the_504_of_another_proxy_says_nothing_of_this_nginx(conf: str, page: str) -> None:
    case = case_of(gateway_timeout, conf=conf, waited_s=60.0, page=page)
    assert "backend-silent" not in dict(causes_of(case))
