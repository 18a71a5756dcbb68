"""Investigations at a chosen moment, made by hand: no socket, no Nginx, no clock."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.outcome import classify
from wizard.investigation import step_results
from wizard.investigation.investigation import Investigation, Waiting
from wizard.investigation.steps import missing_input
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.model.events import (
    Chunk,
    Comment,
    Connected,
    Ended,
    Headers,
    ProbeEvent,
    Resolved,
    SseEvent,
)
from wizard.model.log_report import History, LogLine, LogReport
from wizard.model.steps import STEPS, StepId, StepState
from wizard.model.target import Hop, Source, Target
from wizard.model.timeline import Probe, Timeline
from wizard.model.vantage import Capabilities, Vantage
from wizard.nginx.load import config_from_text
from wizard.nginx.prediction import predict_probes
from wizard.nginx.resolve import request_for, resolve_request
from wizard.probe.matrix import probes_for_url
from wizard.recommend import recommend

URL, DIRECT = "http://mcp.example.com/sse", "http://10.0.0.7:12213/sse"
NOW = 101.2
TARGET = Target(
    URL,
    direct=(Source(DIRECT),),
    conf=Source("/etc/nginx/nginx.conf"),
    logs=(Source("/var/log/nginx/access.log"),),
)
CONF = """\
events {}
http {
    server {
        listen 80;
        server_name mcp.example.com;
        location / {
            proxy_pass http://10.0.0.7:12213;
            proxy_set_header Host $host;
            proxy_read_timeout 300;
        }
    }
}
"""
FIXED_CONF = CONF.replace(
    "proxy_read_timeout", "proxy_buffering off;\n            proxy_read_timeout"
)
_STREAM = (("content-type", "text/event-stream"), ("server", "nginx/1.22.1"))
_CHUNKED = (("content-type", "text/event-stream"), ("transfer-encoding", "chunked"))


def root(*, answers: bool = True) -> Timeline:
    """The root path, answered or still being asked."""
    probe = Probe("root-proxy", "http://mcp.example.com/")
    headers = (("content-type", "application/json"), ("server", "nginx/1.22.1"))
    answer: list[ProbeEvent] = [Headers(0.021, 200, "1.1", headers), Ended(0.022, "eof")]
    met: list[ProbeEvent] = [Resolved(0.002, "192.0.2.10"), Connected(0.014)]
    return Timeline(probe).fold(met + answer * answers)


def stream(probe: Probe, *, live: bool, until: float, ended: bool = True) -> Timeline:
    """A stream that brings an event at once and then every half second, or nothing at all."""
    events: list[ProbeEvent] = [Resolved(0.002, "192.0.2.10"), Connected(0.014)]
    if live:
        headers = _CHUNKED if probe.name == "sse-direct" else _STREAM
        events += [Headers(0.02, 200, "1.1", headers), *_arriving(until)]
    return Timeline(probe).fold([*events, *([Ended(until, "open")] if ended else [])])


def _arriving(until: float) -> list[ProbeEvent]:
    events: list[ProbeEvent] = [Chunk(0.021, 60, 60), SseEvent(0.021, "endpoint", "/message", "")]
    for number in range(1, int(until * 2)):
        at = number / 2
        item = Comment(at, "ping") if number % 3 == 0 else SseEvent(at, "message", "{}", "")
        events += [Chunk(at, 20, 20), item]
    return events


def case(*, live: bool, conf: str = CONF, ended: bool = True) -> Case:
    """Everything seen: the stream through the proxy live or held, direct always live."""
    until = 2.0 if ended else 1.2

    def seen(name: str, url: str, live: bool) -> list[Timeline]:
        return [
            stream(probe, live=live, until=until, ended=ended)
            for probe in probes_for_url(name, url)
        ]

    direct, proxied = seen("sse-direct", DIRECT, True), seen("sse-proxy", URL, live)
    config = config_from_text(conf, "/etc/nginx/nginx.conf", version="1.22.1")
    resolution = resolve_request(config, request_for(URL), "1.22.1")
    return Case(
        TARGET,
        run="c0ffee",
        root=root(),
        proxy=tuple(classify(line, direct) for line in proxied),
        direct=tuple(map(classify, direct)),
        logs=(log(held=not live),),
        resolution=resolution,
        root_resolution=resolve_request(config, request_for("http://mcp.example.com/"), "1.22.1"),
        predictions=predict_probes(resolution, [line.probe for line in proxied], direct),
    )


def log(*, held: bool) -> LogReport:
    """What the access log shows of one of our own probes."""
    status, tag = ("499 0", "held-499") if held else ("200 180", "live-200")
    meaning = "the client gave up before a single byte was passed on" if held else "180 bytes"
    text = f'198.51.100.4 - - [23/Nov/2026:03:12:09 +0000] "GET /sse HTTP/1.1" {status} "-" "x"'
    line = LogLine("access.log", text, "access", True, tag, meaning, "sse-proxy h1 identity")
    return LogReport("/var/log/nginx/access.log", (line,), read=1, history=log_history(held=held))


def log_history(*, held: bool) -> History:
    """What the log says of the 41 minutes before."""
    left = (0, 0, 1, 0, 0, 2, 0, 1, 0, 0, 0, 5, 1, 0, 0, 0, 2, 0, 0, 1, 0) if held else (0,) * 21
    named = (("198.51.100.23", 9), ("2001:db8::17", 3), ("203.0.113.8", 1)) if held else ()
    until = datetime(2026, 11, 23, 3, 12, tzinfo=UTC).timestamp()
    return History(
        lines=1204,
        counted=True,
        since=until - 2460,
        until=until,
        bucket_s=120,
        left=left,
        canceled=(0,) * 21,
        clients=named,
    )


class FakeInvestigation(Investigation):
    """An investigation that has come to a moment; `run` brings a step to its result at once."""

    def __init__(
        self, known: Case, done: Mapping[StepId, StepState], waiting: Waiting | None = None
    ) -> None:
        super().__init__(known.target, clock=lambda: NOW)
        self.known, self.done, self.waits = known, dict(done), waiting
        self.ran: list[StepId] = []

    @property
    def target(self) -> Target:
        """As changed."""
        return self.known.target

    @property
    def case(self) -> Case:
        """As staged."""
        return self.known

    @property
    def steps(self) -> Mapping[StepId, StepState]:
        """As staged."""
        return {step: self.done.get(step, StepState(step)) for step in STEPS}

    @property
    def waiting(self) -> Waiting | None:
        """As staged."""
        return self.waits

    @property
    def diagnosis(self) -> Diagnosis | None:
        """From the case, once the step has run."""
        return diagnose(self.known) if self._has_run("cause") else None

    @property
    def recommendation(self) -> Recommendation | None:
        """From the case, once the step has run."""
        if not self._has_run("fix"):
            return None
        return recommend(self.known, diagnose(self.known))

    def _has_run(self, step: StepId) -> bool:
        return self.steps[step].state not in ("todo", "running")

    def mark_reloaded(self) -> None:
        """The proof is to be made again."""
        self.done.pop("verify", None)

    def amend(self, target: Target) -> None:
        """Take it."""
        self.known = replace(self.known, target=target)
        self.done = {}

    async def run(self, step: StepId) -> StepState:
        """The step's result, at once."""
        self.ran.append(step)
        if missing := missing_input(self.target, step):
            self.done[step] = StepState(step, "skip", f"not given: {missing}")
        else:
            self.done[step] = results(self.known)[step]
        return self.done[step]


def results(known: Case) -> dict[StepId, StepState]:
    """What each step comes to for this case, by the functions that decide it for real."""
    diagnosis = diagnose(known)
    found: dict[StepId, step_results.StepResult] = {
        "root": step_results.rate_root(known.root or root(answers=False)),
        "proxy": step_results.rate_proxied(known),
        "direct": step_results.rate_results(known.direct),
        "logs": step_results.rate_logs(known.logs),
        "config": step_results.rate_resolution(known.resolution)
        if known.resolution
        else ("fail", "not read"),
        "cause": step_results.rate_diagnosis(diagnosis),
        "fix": step_results.rate_recommendation(recommend(known, diagnosis), diagnosis),
        "verify": step_results.rate_verify(known),
    }
    return {step: StepState(step, *result) for step, result in found.items()}


def empty() -> FakeInvestigation:
    """Nothing has run, and only the URL is known."""
    return FakeInvestigation(Case(Target(URL)), {})


def running(step: StepId) -> FakeInvestigation:
    """This step runs; those before it have."""
    known = case(live=False, ended=False)
    if step == "root":
        known = replace(Case(TARGET), root=root(answers=False))
    known = replace(known, logs=(), resolution=None) if step in ("logs", "config") else known
    if step == "verify":
        known = replace(case(live=True, ended=False), before=case(live=False).proxy)
    before = STEPS[: STEPS.index(step)]
    done = {one: results(case(live=False))[one] for one in before}
    done[step] = StepState(step, "running")
    waits = Waiting("waiting for the first event", since=NOW - 1.2, max_duration_s=2.0)
    return FakeInvestigation(
        known, done, waits if step in ("root", "proxy", "direct", "verify") else None
    )


def healthy() -> FakeInvestigation:
    """All has run and nothing is wrong."""
    known = case(live=True, conf=FIXED_CONF)
    known = replace(known, before=known.proxy)
    return FakeInvestigation(known, results(known))


def failing() -> FakeInvestigation:
    """All has run: the incident. The proof has run too, and the reload was forgotten."""
    known = case(live=False)
    known = replace(known, before=known.proxy)
    return FakeInvestigation(known, results(known))


def several_hops() -> FakeInvestigation:
    """The incident over TLS, looked at from four places: the edge in front of the Nginx holds."""
    url = URL.replace("http:", "https:")
    direct = [
        stream(probe, live=True, until=2.0)
        for vantage, there in (("web", "http://svc-bot-prod:12213/sse"), ("svc", DIRECT))
        for probe in probes_for_url("sse-direct", there, vantage)
    ]
    known = replace(
        case(live=False), resolution=None, root_resolution=None, predictions=(), logs=()
    )
    hops = (Hop("edge", Source("https://10.0.0.4/sse")), Hop("nginx", Source(URL, "web")))
    vantages = (Vantage("web", ("ssh", "web")), Vantage("svc", ("ssh", "svc")))
    target = replace(TARGET, url=url, hops=hops, vantages=vantages, conf=None, logs=())
    inner = [
        stream(replace(probe, hop=hop.name), live=hop.name == "nginx", until=2.0)
        for hop in hops
        for probe in probes_for_url("sse-hop", hop.source.locator, hop.source.vantage)
    ]
    proxied = [stream(probe, live=False, until=2.0) for probe in probes_for_url("sse-proxy", url)]
    known = replace(
        known,
        target=target,
        proxy=tuple(classify(line, direct) for line in proxied),
        hops=tuple(classify(line, direct) for line in inner),
        direct=tuple(map(classify, direct)),
        capabilities=(
            Capabilities("web", "curl", "curl 8.5.0", 0.042, 0.1, 0.021, "+0000"),
            Capabilities("svc", "wget", "BusyBox wget 1.36", 0.061, -2.0, 0.5, "+0100"),
        ),
    )
    return FakeInvestigation(known, results(known))


def broken() -> FakeInvestigation:
    """The config cannot be read, and nothing answers."""
    said = "/etc/nginx/nginx.conf:14: unexpected end of file, expecting '}'"
    done: dict[StepId, StepState] = {"config": StepState("config", "fail", said)}
    done["root"] = StepState("root", "fail", "no connection to 192.0.2.10: Connection refused")
    return FakeInvestigation(Case(TARGET), done)
