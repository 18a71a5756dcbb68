"""Rules about the request: confirmed by the difference that was shown, refuted by another one."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_follow_up, make_handshake
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts.request_difference import (
    AS_SENT,
    OUTER,
    WITH,
    WITHOUT,
    describe_request,
    named_differences,
)
from wizard.model.case import Case, FollowUpResult
from wizard.model.config import Position
from wizard.model.request_difference import Difference, Likeness
from wizard.recommend import recommend

LINE = Position("nginx.conf", 7)
HOST = Difference("host", "", "127.0.0.1:12213", "mcp.example.com", LINE)
CONF = "server { listen 8081; %s location / { proxy_pass http://127.0.0.1:12213; %s } }"


def sent(
    purpose: str, likeness: Likeness, *differences: Difference, status: int = 0
) -> FollowUpResult:
    result = make_follow_up(purpose, status or (200 if likeness == "served" else 403))
    return replace(result, differences=differences, likeness=likeness)


def shown(*differences: Difference, status: int = 403) -> tuple[FollowUpResult, ...]:
    """The results that name these differences, which are needed together."""
    return (
        sent(AS_SENT, "alike", *differences, status=status),
        sent(WITH, "alike", *differences, status=status),
        sent(WITHOUT, "served"),
    )


def case_of(conf: str = CONF % ("", ""), proxy: str = "403", version: str = "1.22.1") -> Case:
    return make_case(proxy=proxy, direct="live", conf=conf, version=version)


def with_header(name: str, own: str | None, sent_as: str | None) -> Difference:
    return Difference("header", name, own, sent_as, LINE)


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        (HOST, "host-origin-rejected"),
        (with_header("Origin", None, "https://app.example"), "host-origin-rejected"),
        (with_header("Accept", "text/event-stream", None), "header-dropped"),
        (with_header("Authorization", "[redacted-1]", "[redacted-1]"), "header-dropped"),
        (with_header("X_Team", "[redacted-1]", None), "header-dropped"),
        (with_header("Accept-Encoding", "identity", "gzip"), "backend-compression"),
        (Difference("connection", "", None, "upgrade", LINE), "upgrade-hardcoded"),
        (with_header("Upgrade", None, "websocket"), "upgrade-hardcoded"),
        (Difference("query", "", "?key=1", None, LINE), "query-dropped"),
        (Difference("http-version", "", "1.1", "1.0"), "backend-ends-early"),
        (Difference("connection", "", None, "close"), "backend-ends-early"),
        (Difference("http-version", "", "1.0", "1.1"), "new-default-regression"),
    ],
    ids=lambda each: each.text if isinstance(each, Difference) else each,
)
def test_a_difference_confirms_its_cause_and_no_other(
    difference: Difference, expected: str
) -> None:
    diagnosis = diagnose(replace(case_of(), follow_ups=shown(difference)))
    assert [(cause.id, cause.confidence) for cause in diagnosis.causes] == [(expected, "confirmed")]
    evidence = diagnosis.causes[0].evidence
    assert any(item.kind == "follow-up" for item in evidence)
    assert difference.where is None or any(item.where == str(LINE) for item in evidence)


@pytest.mark.parametrize(
    "difference",
    [
        with_header("X-Real-IP", None, "10.0.0.1"),
        Difference("uri", "", "/sse", "/app/sse", LINE),
        Difference("query", "", None, "?added=1", LINE),
    ],
    ids=lambda each: each.text,
)
def test_a_difference_without_a_cause_is_a_note(difference: Difference) -> None:
    diagnosis = diagnose(replace(case_of(), follow_ups=shown(difference)))
    assert (diagnosis.causes, diagnosis.verdict) == ((), "inconclusive")
    assert any(difference.text in note and "nginx.conf:7" in note for note in diagnosis.notes)


@pytest.mark.parametrize(
    ("own", "fix"),
    [
        ("127.0.0.1:12213", "proxy_set_header Host 127.0.0.1:12213:"),
        ("127.0.0.1:8081", "proxy_set_header Host $http_host"),
        ("localhost", "proxy_set_header Host localhost:"),
    ],
    ids=["the direct URL's", "the client's own", "a unix socket's"],
)
def test_the_host_to_send_is_one_that_was_served(own: str, fix: str) -> None:
    case = replace(case_of(), follow_ups=shown(replace(HOST, own=own)))
    (cause,) = diagnose(case).causes
    assert cause.fix.summary.startswith(fix)


def test_a_redirect_because_of_the_host_is_no_refusal() -> None:
    results = shown(HOST, status=301)
    case = replace(case_of(proxy="redirect:http://other/sse"), follow_ups=results)
    diagnosis = diagnose(case)
    assert "host-origin-rejected" not in {cause.id for cause in diagnosis.causes}


TOLD = with_header("X-Forwarded-Proto", None, "http")


@pytest.mark.parametrize(
    ("difference", "target", "fix"),
    [
        (TOLD, "https://127.0.0.1:8081/sse", "X-Forwarded-Proto with the scheme that clients use"),
        (TOLD, "http://127.0.0.1:8081/sse", "X-Forwarded-Proto with the scheme that clients use"),
        (HOST, "http://other/sse", "Host with the name"),
    ],
    ids=["to https", "to itself", "to another host"],
)
def test_a_redirect_because_of_a_header_is_nginxs_to_fix(
    difference: Difference, target: str, fix: str
) -> None:
    case = case_of(proxy=f"redirect:{target}")
    (cause,) = diagnose(replace(case, follow_ups=shown(difference, status=301))).causes
    assert (cause.id, cause.confidence) == ("scheme-redirect", "confirmed")
    assert (cause.fix.where, cause.fix.summary.startswith(fix)) == ("nginx", True)
    assert any(item.where == str(LINE) for item in cause.evidence)


def test_a_redirect_because_of_something_else_is_not_about_the_scheme() -> None:
    case = case_of(proxy="redirect:https://127.0.0.1:8081/sse")
    assert [cause.id for cause in diagnose(case).causes] == ["scheme-redirect"]
    other = shown(with_header("X-A", None, "1"), status=301)
    assert diagnose(replace(case, follow_ups=other)).causes == ()


def test_the_same_url_named_again_is_no_redirect_to_https() -> None:
    assert diagnose(case_of(proxy="redirect:http://127.0.0.1:8081/sse")).causes == ()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("proxy_set_header X-Forwarded-Proto $scheme;", ("likely", "nginx")),
        ("proxy_set_header X-Forwarded-Proto https;", ("confirmed", "client")),
    ],
)
def test_a_post_that_may_be_redirected_because_of_a_header(
    line: str, expected: tuple[str, str]
) -> None:
    case = case_of(CONF % ("", line), proxy="redirect:https://127.0.0.1:8081/sse")
    (cause,) = diagnose(replace(case, target=replace(case.target, method="POST"))).causes
    assert cause.id == "scheme-redirect"
    assert (cause.confidence, cause.fix.where) == expected


DROPPED = CONF % ("", "proxy_set_header Accept '';")


def test_another_difference_refutes_what_the_config_suggests() -> None:
    case = case_of(DROPPED)
    assert [cause.id for cause in diagnose(case).causes] == ["header-dropped"]
    refuted = diagnose(replace(case, follow_ups=shown(HOST)))
    assert [cause.id for cause in refuted.causes] == ["host-origin-rejected"]
    assert any("and without that not" in note for note in refuted.notes)


def test_a_request_that_is_served_refutes_it_too() -> None:
    dropped = with_header("Accept", "*/*", None)
    served = replace(case_of(DROPPED), follow_ups=(sent(AS_SENT, "served", dropped),))
    diagnosis = diagnose(served)
    assert diagnosis.causes == ()
    assert any("is not at fault" in note for note in diagnosis.notes)


def test_a_request_that_could_not_be_sent_whole_refutes_nothing() -> None:
    dropped = with_header("Accept", "*/*", None)
    doubtful = replace(sent(AS_SENT, "served", dropped), doubts=("X-A is not known",))
    diagnosis = diagnose(replace(case_of(DROPPED), follow_ups=(doubtful,)))
    assert [(cause.id, cause.confidence) for cause in diagnosis.causes] == [
        ("header-dropped", "likely")
    ]
    assert any("X-A is not known" in note for note in diagnosis.notes)


OUTER_HOST = CONF % ("proxy_set_header Host $http_host;", "proxy_set_header Connection '';")
LOST = Difference("host", "", "127.0.0.1:12213", "bots")


@pytest.mark.parametrize(
    ("outer", "expected"),
    [
        ("served", {"header-inheritance-lost": "confirmed"}),
        ("alike", {"host-origin-rejected": "confirmed"}),
        ("", {"header-inheritance-lost": "likely", "host-origin-rejected": "confirmed"}),
    ],
)
def test_a_lost_line_is_at_fault_if_it_would_help(
    outer: Likeness, expected: dict[str, str]
) -> None:
    tried = (sent(OUTER, outer),) if outer else ()
    case = replace(case_of(OUTER_HOST), follow_ups=(*shown(LOST), *tried))
    causes = diagnose(case).causes
    assert {cause.id: cause.confidence for cause in causes} == expected


@pytest.mark.parametrize(
    "results",
    [
        (sent(AS_SENT, "alike", HOST), sent(WITH, "alike", HOST)),
        (sent(AS_SENT, "alike", HOST), sent(WITH, "other", HOST), sent(WITHOUT, "served")),
        (*shown(HOST), sent(WITH, "served", HOST)),
        (*shown(HOST), sent(WITHOUT, "alike")),
    ],
    ids=["not without it", "not with it", "served once", "refused once without it"],
)
def test_what_was_not_shown_twice_is_not_named(results: tuple[FollowUpResult, ...]) -> None:
    case = replace(case_of(), follow_ups=results)
    assert named_differences(case) == ()
    assert not any(cause.confidence == "confirmed" for cause in diagnose(case).causes)
    assert "which of its differences is at fault was not shown" in describe_request(case)[0]


def test_without_the_config_the_requests_say_nothing() -> None:
    """They were sent as that config passes them on."""
    case = replace(case_of(DROPPED), follow_ups=shown(HOST))
    assert named_differences(replace(case, resolution=None)) == ()
    assert describe_request(replace(case, resolution=None)) == ()


def test_several_that_are_needed_together_are_all_named() -> None:
    other = with_header("X-A", None, "1")
    case = replace(case_of(), follow_ups=shown(HOST, other))
    assert named_differences(case) == (HOST, other)


def test_a_path_that_is_lost_confirms_the_prefix() -> None:
    conf = (
        "server { listen 8081; location /x/ { proxy_pass http://127.0.0.1:12213/; }"
        " location / { proxy_pass http://127.0.0.1:12213/web/; } }"
    )
    url = "http://127.0.0.1:8081/x/sse"
    failed = make_handshake("proxy", stage="initialize", status=400, url=url)
    handshakes = (failed, make_handshake("direct"))
    case = make_case(proxy="live", direct="live", url=url, conf=conf, handshakes=handshakes)
    assert diagnose(case).causes[0].confidence != "confirmed"
    path = Difference("uri", "", "/message", "/web/message", LINE)
    causes = diagnose(replace(case, follow_ups=shown(path, status=400))).causes
    assert [(cause.id, cause.confidence) for cause in causes] == [
        ("endpoint-prefix-lost", "confirmed")
    ]


def test_a_compression_that_nginx_asks_for_is_nginxs_to_fix() -> None:
    asked = with_header("Accept-Encoding", "identity", "gzip")
    conf = CONF % ("", "proxy_set_header Accept-Encoding gzip;")
    (cause,) = diagnose(replace(case_of(conf), follow_ups=shown(asked))).causes
    assert cause.fix.where == "nginx"


@pytest.mark.parametrize(
    ("value", "direct_gzip", "line"),
    [
        ("gzip", "silent", "proxy_set_header Accept-Encoding '';"),
        ("br", "silent", "proxy_set_header Accept-Encoding '';"),
        ("br", "live", "proxy_set_header Accept-Encoding $http_accept_encoding;"),
    ],
)
def test_a_backend_that_holds_gzip_is_asked_for_none(
    value: str, direct_gzip: str, line: str
) -> None:
    conf = CONF % ("", f"proxy_buffering off; proxy_set_header Accept-Encoding {value};")
    case = make_case(proxy="silent", direct="live", direct_gzip=direct_gzip, conf=conf)
    results = shown(with_header("Accept-Encoding", "identity", value), status=200)
    case = replace(case, follow_ups=results)
    diagnosis = diagnose(case)
    assert [cause.id for cause in diagnosis.causes] == ["backend-compression"]
    recommendation = recommend(case, diagnosis)
    assert recommendation is not None
    assert line in {each.text.strip() for each in recommendation.lines}


BELOW = "server { listen 8081; location /app/ { proxy_pass http://127.0.0.1:12213%s; %s } }"
REWRITTEN = "rewrite ^/app/(.*)$ /$1 break;"
BY_REGEX = (
    "server { listen 8081; location ~ ^/app/(.*)$ { proxy_pass http://127.0.0.1:12213/$1; } }"
)


@pytest.mark.parametrize(
    ("conf", "asked"),
    [
        (BELOW % ("/", ""), "/events"),
        (BELOW % ("/other/", ""), "/other/events"),
        (BELOW % ("", REWRITTEN), "/events"),
        (BY_REGEX, "/events"),
    ],
)
def test_a_prefix_that_the_stream_needs_is_kept(conf: str, asked: str) -> None:
    url = "http://127.0.0.1:8081/app/events"
    case = make_case(proxy="404", direct="live", url=url, conf=conf)
    path = Difference("uri", "", "/app/events", asked, LINE)
    case = replace(case, follow_ups=shown(path, status=404))
    diagnosis = diagnose(case)
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("endpoint-prefix-lost", "confirmed")
    assert "stream" in cause.title
    assert "/app" in cause.fix.summary
    recommendation = recommend(case, diagnosis)
    assert recommendation is not None
    lines = {line.text.strip() for line in recommendation.lines}
    assert "proxy_pass http://127.0.0.1:12213;" in lines
    assert not any(line.startswith("rewrite") for line in lines)


@pytest.mark.parametrize(
    ("passed", "url", "own", "asked"),
    [
        ("/app", "http://127.0.0.1:8081/app/events", "/app/events", "/appevents"),
        ("/app/", "http://127.0.0.1:8081/app/events", "/events", "/app/events"),
        ("/", "http://127.0.0.1:8081/app/events", "/x/events", "/events"),
    ],
    ids=["no whole segment", "nothing is lost", "another direct path"],
)
def test_another_path_is_no_lost_prefix(passed: str, url: str, own: str, asked: str) -> None:
    case = make_case(proxy="404", direct="live", url=url, conf=BELOW % (passed, ""))
    path = Difference("uri", "", own, asked, LINE)
    diagnosis = diagnose(replace(case, follow_ups=shown(path, status=404)))
    passed_on = (
        case.resolution and case.resolution.upstream and case.resolution.upstream.request_uri
    )
    expected = {"wrong-backend-path"} if passed_on == asked else set()
    assert {cause.id for cause in diagnosis.causes} == expected


@pytest.mark.parametrize(
    ("location", "passed", "own", "asked", "written"),
    [
        ("/app/", "", "/sse", "/app/sse", "http://127.0.0.1:12213/sse"),
        ("/app/sse", "/sse/", "/app/sse", "/sse/", "http://127.0.0.1:12213"),
        ("/app/", "/v1/", "/v2/sse", "/v1/sse", "http://127.0.0.1:12213/v2/sse"),
    ],
    ids=["not removed", "a slash too many", "another folder"],
)
def test_the_fix_asks_for_the_path_that_was_served(
    location: str, passed: str, own: str, asked: str, written: str
) -> None:
    passes = f"proxy_pass http://127.0.0.1:12213{passed};"
    conf = f"server {{ listen 8081; location {location} {{ {passes} }} }}"
    case = make_case(proxy="404", direct="live", url="http://127.0.0.1:8081/app/sse", conf=conf)
    path = Difference("uri", "", own, asked, LINE)
    case = replace(case, follow_ups=shown(path, status=404))
    diagnosis = diagnose(case)
    assert [cause.id for cause in diagnosis.causes] == ["wrong-backend-path"]
    recommendation = recommend(case, diagnosis)
    assert recommendation is not None
    assert f"proxy_pass {written};" in {line.text.strip() for line in recommendation.lines}
