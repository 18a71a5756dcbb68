"""What speaks against whole classes of causes: a held `/`, and requests that are not direct."""

from dataclasses import replace

import pytest

from tests.rules.checks import finding_of
from tests.rules.samples.build import (
    DIRECT_URL,
    PROXY_URL,
    make_case,
    make_follow_up,
    make_handshake,
    make_log_line,
)
from wizard.diagnose.diagnose import diagnose
from wizard.model.case import Case, Prediction
from wizard.model.log_report import LogReport
from wizard.model.probe_result import ProbeResult
from wizard.model.target import Source
from wizard.model.timeline import Timeline

ROOT_URL = PROXY_URL.removesuffix("sse")
CONF = "http { server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; } %s } }"
ELSEWHERE = "location = / { proxy_pass http://127.0.0.1:9; }"
HELD_BY_CONF = make_case(proxy="held", direct="live", conf=CONF % "")


def with_root(case: Case, status: int | None) -> Case:
    """Let `GET /` have this answer; None is no answer."""
    assert case.root is not None
    root: Timeline = replace(case.root, status=status, headers=())
    if status is None:
        root = replace(root, http=None, headers_s=None, ended="open", waited_s=2.0)
    return replace(case, root=root)


def cause_ids(case: Case) -> list[str]:
    return [cause.id for cause in diagnose(case).causes]


def without_config(case: Case) -> Case:
    return replace(
        case,
        target=replace(case.target, conf=None),
        resolution=None,
        root_resolution=None,
        predictions=(),
    )


@pytest.mark.parametrize("status", [None, 502, 503, 504])
def test_a_root_path_that_fails_too_clears_buffering(status: int | None) -> None:
    assert cause_ids(HELD_BY_CONF) == ["proxy-buffering-hold"]
    for case in (HELD_BY_CONF, without_config(HELD_BY_CONF)):
        diagnosis = diagnose(with_root(case, status))
        assert diagnosis.causes == ()
        assert diagnosis.verdict == "inconclusive"
        assert any("GET /" in note and "buffering" in note for note in diagnosis.notes)


@pytest.mark.parametrize("status", [200, 301, 401, 404, 405])
def test_any_other_answer_clears_nothing(status: int) -> None:
    assert cause_ids(with_root(HELD_BY_CONF, status)) == ["proxy-buffering-hold"]


def test_a_root_path_that_leads_elsewhere_tells_nothing() -> None:
    case = make_case(proxy="held", direct="live", conf=CONF % ELSEWHERE)
    elsewhere = make_case(proxy="held", direct="live", conf=CONF % ELSEWHERE, url=ROOT_URL)
    case = replace(case, root_resolution=elsewhere.resolution)
    assert cause_ids(with_root(case, None)) == ["proxy-buffering-hold"]


@pytest.mark.parametrize(("status", "expected"), [(404, []), (200, ["proxy-buffering-hold"])])
def test_a_root_path_that_is_a_stream_itself_is_held_too(status: int, expected: list[str]) -> None:
    """The follow-up's 200 is an event stream."""
    answer = make_follow_up("root-direct", status)
    case = replace(with_root(HELD_BY_CONF, None), follow_ups=(answer,))
    assert cause_ids(case) == expected


def test_a_root_path_that_hangs_at_the_backend_too_tells_nothing() -> None:
    case = replace(with_root(HELD_BY_CONF, None), follow_ups=(make_follow_up("root-direct", 0),))
    assert cause_ids(case) == ["proxy-buffering-hold"]


def at_address(result: ProbeResult, address: str) -> ProbeResult:
    return replace(result, timeline=replace(result.timeline, address=address))


def with_direct_url(case: Case, url: str, address: str) -> Case:
    """Let the direct probes have gone to this URL."""

    def moved(result: ProbeResult) -> ProbeResult:
        probe = replace(result.timeline.probe, url=url)
        return replace(result, timeline=replace(result.timeline, probe=probe))

    direct = tuple(at_address(moved(result), address) for result in case.direct)
    proxy = tuple(at_address(result, "127.0.0.1") for result in case.proxy)
    return replace(case, direct=direct, proxy=proxy)


BOTH_HELD = make_case(proxy="held", direct="held", conf=CONF % "")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        (PROXY_URL, "127.0.0.1"),
        ("http://localhost:8081/sse", "127.0.0.1"),
        ("http://localhost:8081/sse", "::1"),
        ("http://backend.test:8081/other", "127.0.0.1"),
    ],
)
@pytest.mark.parametrize("has_config", [True, False])
def test_a_direct_url_with_the_public_address_is_not_direct(
    url: str, address: str, has_config: bool
) -> None:
    case = BOTH_HELD if has_config else without_config(BOTH_HELD)
    assert "backend-silent" in cause_ids(case)
    diagnosis = diagnose(with_direct_url(case, url, address))
    assert "backend-silent" not in {cause.id for cause in diagnosis.causes}
    assert diagnosis.verdict == "inconclusive"
    assert any(f"{url} is not direct" in note for note in diagnosis.notes)


def test_a_port_on_which_nginx_listens_by_its_config_is_not_direct() -> None:
    conf = CONF.replace("listen 8081;", "listen 8081; listen 80;")
    case = make_case(proxy="held", direct="held", conf=conf % "")
    diagnosis = diagnose(with_direct_url(case, "http://localhost/sse", "127.0.0.1"))
    assert "backend-silent" not in {cause.id for cause in diagnosis.causes}
    assert any("listens on port 80" in note for note in diagnosis.notes)
    elsewhere = with_direct_url(case, "http://backend.test/sse", "10.0.0.9")
    assert "backend-silent" in cause_ids(elsewhere)


def test_a_direct_request_in_the_log_of_nginx_is_not_direct() -> None:
    line = '127.0.0.1 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 499 0 "-" "ssewizard"'
    labels = ("sse-proxy h1 identity", "sse-direct h1 identity", "sse-direct h1 gzip")
    lines = tuple(make_log_line(line, client=label) for label in labels)
    conf = CONF.replace("listen", "access_log access.log; listen")
    case = make_case(proxy="held", direct="held", conf=conf % "")
    case = replace(
        case,
        target=replace(case.target, logs=(Source("access.log"),)),
        logs=(LogReport("access.log", lines, len(lines)),),
    )
    assert "backend-silent" in cause_ids(case), "the config passes the stream to that address"
    other = with_direct_url(case, "http://10.0.0.9:8080/sse", "10.0.0.9")
    diagnosis = diagnose(other)
    assert "backend-silent" not in {cause.id for cause in diagnosis.causes}
    assert any("are in the log of this Nginx" in note for note in diagnosis.notes)
    unnamed = replace(other, resolution=BOTH_HELD.resolution)
    assert "backend-silent" in cause_ids(unnamed), "perhaps the log of a server behind this Nginx"


def test_what_is_not_direct_is_no_ground_for_a_comparison() -> None:
    """A live "direct" stream through another location of the same Nginx accuses nobody."""
    handshakes = (make_handshake("proxy"), make_handshake("direct"))
    case = without_config(make_case(proxy="held", direct="live", handshakes=handshakes))
    assert cause_ids(case) == ["proxy-buffering-hold"]
    assert cause_ids(with_direct_url(case, "http://localhost:8081/raw", "127.0.0.1")) == []
    assert cause_ids(with_direct_url(case, DIRECT_URL, "127.0.0.1")) == ["proxy-buffering-hold"]


def divided_case() -> Case:
    """Live for clients that accept gzip and held for the others, without a direct URL."""
    case = make_case(proxy="held", proxy_gzip="live", direct="live", conf=CONF % "")
    live = case.proxy[1]
    delivery = replace(case.predictions[0].delivery, result="live")
    return replace(
        case,
        direct=(),
        target=replace(case.target, direct=()),
        predictions=(case.predictions[0], Prediction(live.timeline.probe.label, delivery)),
    )


def test_a_live_variant_proves_that_the_backend_sends() -> None:
    case = divided_case()
    for given, confidence in ((case, "confirmed"), (without_config(case), "likely")):
        (cause,) = diagnose(given).causes
        assert (cause.id, cause.confidence) == ("proxy-buffering-hold", confidence)
        assert "the backend sends" in cause.distinguishes
        assert "direct" not in cause.distinguishes


def test_a_live_variant_that_the_config_would_hold_confirms_nothing() -> None:
    case = divided_case()
    predictions = (
        *case.predictions[:1],
        replace(case.predictions[0], label=case.predictions[1].label),
    )
    (cause,) = diagnose(replace(case, predictions=predictions)).causes
    assert (cause.id, cause.confidence) == ("proxy-buffering-hold", "likely")


def test_compression_in_the_backend_is_not_the_cause_where_identity_is_held_too() -> None:
    for proxy, expected in (("live", True), ("held", False)):
        case = make_case(proxy=proxy, proxy_gzip="held", direct="live", direct_gzip="held")
        headers = (("content-encoding", "gzip"),)
        silent = make_case(
            proxy=proxy,
            proxy_gzip="held",
            direct="live",
            direct_gzip="silent",
            direct_headers=dict(headers),
        )
        for given in (case, silent):
            named = "backend-compression" in cause_ids(given)
            assert named == expected, (proxy, cause_ids(given))


@pytest.mark.parametrize(("is_own", "expected"), [(True, False), (False, True)])
@pytest.mark.parametrize("has_config", [True, False])
def test_another_address_of_this_machine_with_the_port_of_nginx_is_not_direct(
    is_own: bool, expected: bool, has_config: bool
) -> None:
    case = with_direct_url(BOTH_HELD, "http://192.0.2.7:8081/sse", "192.0.2.7")
    case = case if has_config else without_config(case)

    def marked(result: ProbeResult, own: bool) -> ProbeResult:
        return replace(result, timeline=replace(result.timeline, is_own_address=own))

    direct = tuple(marked(result, is_own) for result in case.direct)
    proxy = tuple(marked(result, True) for result in case.proxy)
    case = replace(case, direct=direct, proxy=proxy)
    assert ("backend-silent" in cause_ids(case)) == expected


def test_a_log_that_shows_the_backends_answer_counts_more_than_the_root_path() -> None:
    line = '127.0.0.1 - - [23/Nov/2026:16:00:00 +0000] "GET /sse HTTP/1.1" 499 0 "-" "x" 200 0.001'
    held = make_log_line(line, client="sse-proxy h1 identity")
    answered = replace(held, sign="answered")
    for logged, expected in ((held, []), (answered, ["proxy-buffering-hold"])):
        case = replace(HELD_BY_CONF, logs=(LogReport("access.log", (logged,), 1),))
        assert cause_ids(with_root(case, 502)) == expected


@pytest.mark.parametrize(("ignored", "is_saved"), [("", True), ("X-Accel-Buffering", False)])
def test_an_ignored_header_keeps_nothing_live(ignored: str, is_saved: bool) -> None:
    """The stream is live for another reason, its small events, say: large ones are still held."""
    settings = {"proxy_buffering": "on", "proxy_http_version": "1.1"}
    case = make_case(
        proxy="live",
        direct="live",
        direct_headers={"x-accel-buffering": "no"},
        settings=settings | ({"proxy_ignore_headers": ignored} if ignored else {}),
    )
    finding = finding_of("proxy-buffering-hold", case)
    texts = [evidence.text for evidence in finding.evidence] if finding else []
    assert ("X-Accel-Buffering: no is what keeps the stream live" in texts) == is_saved
