"""A held stream without a direct URL: what the end of Nginx's read timeout and the log tell."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.nginx_real.cgi_backend import PARAMS, cgi_backend
from tests.nginx_real.running import running_nginx
from wizard.diagnose.diagnose import diagnose
from wizard.investigation.investigation import Investigation
from wizard.lab import Lab, Scenario
from wizard.lab.nginx_process import free_ports
from wizard.lab.scenario import Behaviour
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.model.steps import StepId
from wizard.model.target import Source, Target
from wizard.recommend import recommend

pytestmark = pytest.mark.nginx

LOCATION = "location / {{ proxy_pass http://$BACKEND; proxy_read_timeout {}; {} }}"
PLAIN, TLS = (
    "listen $LISTEN;",
    ("listen $LISTEN ssl http2; ssl_certificate $CERT; ssl_certificate_key $KEY;"),
)
HTTP_1_0, HTTP_1_1 = "proxy_http_version 1.0;", "proxy_http_version 1.1;"
OFF = "proxy_buffering off;"
IDLE = Behaviour(every_s=None)
NO_HEADER = Behaviour(first_s=None, flush=False)
LATE = Behaviour(first_s=1.5, flush=False, every_s=0.1)


def scenario(listen: str, settings: str, backend: Behaviour, timeout: str = "2s") -> Scenario:
    server = f"{listen}\n{LOCATION.format(timeout, settings)}"
    return Scenario("x", "", "", server, "fault", backend=backend, tls=listen == TLS)


async def examine(target: Target) -> tuple[Case, Diagnosis]:
    """The steps for which the target has an input, and what is concluded."""
    given: dict[StepId, object] = {"logs": target.logs, "config": target.conf}
    steps: Sequence[StepId] = ("root", "proxy", *(step for step in given if given[step]))
    investigation = Investigation(target)
    for step in steps:
        await investigation.run(step)
    case = investigation.case
    await investigation.close()
    return case, diagnose(case)


def alone(target: Target, *, with_conf: bool = False, patience: float = 0.0) -> Target:
    """The target with nothing but the URL, and perhaps the config."""
    conf = target.conf if with_conf else None
    return replace(target, direct=(), logs=(), conf=conf, patience=patience, mcp="never")


def causes_of(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    return [(cause.id, cause.confidence) for cause in diagnosis.causes]


@pytest.mark.parametrize(
    ("with_conf", "confidence"),
    [pytest.param(False, "possible", marks=pytest.mark.slow), (True, "likely")],
)
async def test_nginx_lets_go_an_answer_when_its_read_timeout_ends(
    nginx: str, with_conf: bool, confidence: str
) -> None:
    async with Lab(scenario(PLAIN, HTTP_1_0, IDLE), nginx=nginx) as lab:
        case, diagnosis = await examine(alone(lab.target, with_conf=with_conf))
    assert {result.outcome for result in case.proxy} == {"held"}
    assert {result.timeline.status for result in case.proxy} == {200}
    assert {result.timeline.bytes for result in case.proxy} == {0}
    assert causes_of(diagnosis) == [("proxy-buffering-hold", confidence)], diagnosis


@pytest.mark.slow
async def test_chunks_come_with_the_answer_that_is_let_go(nginx: str) -> None:
    async with Lab(scenario(TLS, HTTP_1_1, IDLE), nginx=nginx) as lab:
        case, diagnosis = await examine(alone(lab.target, with_conf=True))
    first = case.proxy[0]
    assert (first.timeline.probe.http, first.outcome, first.timeline.events) == ("1.1", "held", 1)
    assert causes_of(diagnosis)[0] == ("proxy-buffering-hold", "likely"), diagnosis


@pytest.mark.parametrize("with_conf", [pytest.param(False, marks=pytest.mark.slow), True])
async def test_without_an_answer_nginx_sends_504(nginx: str, with_conf: bool) -> None:
    async with Lab(scenario(PLAIN, HTTP_1_0, NO_HEADER), nginx=nginx) as lab:
        _, diagnosis = await examine(alone(lab.target, with_conf=with_conf))
    causes = dict(causes_of(diagnosis))
    # A timeout this short would end the wait for a slow backend too.
    assert causes["backend-silent"] == "possible", diagnosis
    assert "proxy-buffering-hold" not in causes


@pytest.mark.slow
@pytest.mark.parametrize("backend", [LATE, replace(LATE, events=5)], ids=["continues", "ends"])
@pytest.mark.parametrize("settings", [OFF, HTTP_1_1])
async def test_a_backend_that_answers_late_is_not_held(
    nginx: str, backend: Behaviour, settings: str
) -> None:
    async with Lab(scenario(PLAIN, settings, backend), nginx=nginx) as lab:
        _, diagnosis = await examine(alone(lab.target, patience=6.0))
    assert "proxy-buffering-hold" not in dict(causes_of(diagnosis)), diagnosis


@pytest.mark.slow
@pytest.mark.parametrize(
    ("listen", "backend", "settings"),
    [(TLS, LATE, OFF), (PLAIN, replace(LATE, every_s=None), HTTP_1_1)],
)
async def test_a_late_backend_outlasts_the_wait_for_a_held_stream(
    nginx: str, listen: str, backend: Behaviour, settings: str
) -> None:
    """All probes are watched as long, so none of them counts as held beside the others."""
    later = replace(backend, first_s=6.5)
    async with Lab(scenario(listen, settings, later, "60s"), nginx=nginx) as lab:
        case, diagnosis = await examine(alone(lab.target, patience=9.0))
    assert {result.outcome for result in case.proxy} == {"live"}
    assert diagnosis.causes == (), diagnosis


@pytest.mark.slow
async def test_the_url_alone_is_enough_after_the_usual_read_timeout(nginx: str) -> None:
    async with Lab(scenario(PLAIN, HTTP_1_0, IDLE, "60s"), nginx=nginx) as lab:
        case, diagnosis = await examine(alone(lab.target, patience=65.0))
        assert causes_of(diagnosis)[0] == ("proxy-buffering-hold", "likely"), diagnosis
        assert diagnosis.verdict == "fault"
        recommendation = recommend(case, diagnosis)
    assert recommendation is not None
    assert "proxy_buffering off;" in recommendation.block


EDGE = """
server {
    listen $CLOSED;
    location / { proxy_pass http://$LISTEN; proxy_read_timeout 2s; proxy_buffering off; }
}
"""


@pytest.mark.slow
async def test_a_504_of_an_outer_nginx_does_not_accuse_the_backend_behind_the_inner(
    nginx: str,
) -> None:
    """The inner server holds the answer, and would let it go just after the outer gives up."""
    inner = replace(scenario(PLAIN, HTTP_1_0, IDLE, "60s"), http=EDGE)
    async with Lab(inner, nginx=nginx) as lab:
        text = lab.conf.read_text("utf-8")
        port = text.split("listen 127.0.0.1:")[1].split(";")[0]
        target = alone(replace(lab.target, url=f"http://127.0.0.1:{port}/sse"), with_conf=True)
        case, diagnosis = await examine(target)
    assert {result.timeline.status for result in case.proxy} == {504}
    assert diagnosis.verdict == "inconclusive", diagnosis


LOG_FORMAT = """
log_format timed '$remote_addr - - [$time_local] "$request" $status $body_bytes_sent '
    '"$http_referer" "$http_user_agent" rt=$request_time us=$upstream_status '
    'uht=$upstream_header_time';
access_log timed.log timed;
"""


@pytest.mark.slow
@pytest.mark.parametrize("protocol", PARAMS)
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("conf", "possible"),
        ("log", "likely"),
        ("log of a POST", "likely"),
        ("patience", "likely"),
        ("silent", None),
    ],
)
async def test_a_backend_that_has_no_url(
    nginx: str, tmp_path: Path, protocol: str, given: str, expected: str | None
) -> None:
    async with AsyncExitStack() as stack:
        backend = cgi_backend(protocol, answers=given != "silent")
        address = await stack.enter_async_context(backend)
        timeout = "2s" if given in ("patience", "silent") else "60s"
        passing = f"{protocol}_pass {address}; {protocol}_read_timeout {timeout};"
        location = f"location / {{ {passing} {PARAMS[protocol]} }}"
        (port,) = free_ports(1)
        running = running_nginx(nginx, tmp_path, port, location, LOG_FORMAT)
        conf = await stack.enter_async_context(running)
        logs = (Source(str(tmp_path / "timed.log")),) if given.startswith("log") else ()
        url = f"http://127.0.0.1:{port}/sse"
        target = Target(url, conf=Source(str(conf)), logs=logs)
        if given == "log of a POST":
            target = replace(target, method="POST", body=b"{}")
        _, diagnosis = await examine(target)
    causes = dict(causes_of(diagnosis))
    assert causes.get("proxy-buffering-hold") == expected, diagnosis
    assert ("backend-silent" in causes) == (given == "silent")
    texts = [cause.distinguishes for cause in diagnosis.causes]
    assert not any("add --direct" in text for text in (*texts, *diagnosis.notes))
