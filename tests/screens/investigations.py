"""Sample investigations in a chosen state, without sockets, Nginx or a clock."""

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

from wizard.diagnose.outcome import classify
from wizard.investigation import step_results
from wizard.investigation.attempts import attempt_of, config_changes
from wizard.investigation.investigation import Investigation, Waiting
from wizard.investigation.proof import conclude, prove, rate_proof, states_now
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
from wizard.model.probe import Probe
from wizard.model.steps import STEPS, StepId, StepState
from wizard.model.target import Hop, Source, Target
from wizard.model.timeline import Timeline
from wizard.model.vantage import Capabilities, Vantage
from wizard.nginx.load import config_from_text
from wizard.nginx.prediction import predict_probes
from wizard.nginx.resolve import request_for, resolve_request
from wizard.probe.matrix import probes_for_url
from wizard.recommend import recommend
from wizard.text.messages import plural, tr

Script = Callable[[Probe], AsyncGenerator[tuple[ProbeEvent, ...], None]]
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
    """Return the timeline of the root path, with or without an answer."""
    probe = Probe("root-proxy", "http://mcp.example.com/")
    headers = (("content-type", "application/json"), ("server", "nginx/1.22.1"))
    answer: list[ProbeEvent] = [Headers(0.021, 200, "1.1", headers), Ended(0.022, "eof")]
    connected: list[ProbeEvent] = [Resolved(0.002, "192.0.2.10"), Connected(0.014)]
    return Timeline(probe).fold(connected + answer * answers)


def stream(probe: Probe, *, live: bool, until: float, ended: bool = True) -> Timeline:
    """Return a stream with an event at once and then every half second, or with nothing."""
    events: list[ProbeEvent] = [Resolved(0.002, "192.0.2.10"), Connected(0.014)]
    if live:
        headers = _CHUNKED if probe.name == "sse-direct" else _STREAM
        events += [Headers(0.02, 200, "1.1", headers), *_stream_events(until)]
    return Timeline(probe).fold([*events, *([Ended(until, "open")] if ended else [])])


def _stream_events(until: float) -> list[ProbeEvent]:
    events: list[ProbeEvent] = [Chunk(0.021, 60, 60), SseEvent(0.021, "endpoint", "/message", "")]
    for number in range(1, int(until * 2)):
        at = number / 2
        item = Comment(at, "ping") if number % 3 == 0 else SseEvent(at, "message", "{}", "")
        events += [Chunk(at, 20, 20), item]
    return events


def case(*, live: bool, conf: str = CONF, ended: bool = True) -> Case:
    """Return a case whose proxied stream is live or held, and whose direct stream is live."""
    until = 2.0 if ended else 1.2

    def timelines(name: str, url: str, live: bool) -> list[Timeline]:
        return [
            stream(probe, live=live, until=until, ended=ended)
            for probe in probes_for_url(name, url)
        ]

    direct, proxied = timelines("sse-direct", DIRECT, True), timelines("sse-proxy", URL, live)
    config = config_from_text(conf, "/etc/nginx/nginx.conf", version="1.22.1")
    resolution = resolve_request(config, request_for(URL), "1.22.1")
    return Case(
        TARGET,
        run="c0ffee",
        root=root(),
        proxy=tuple(classify(timeline, direct) for timeline in proxied),
        direct=tuple(map(classify, direct)),
        logs=(log(held=not live),),
        resolution=resolution,
        root_resolution=resolve_request(config, request_for("http://mcp.example.com/"), "1.22.1"),
        predictions=predict_probes(resolution, [timeline.probe for timeline in proxied], direct),
    )


def log(*, held: bool) -> LogReport:
    """Return an access log with the line of one of our probes."""
    status, tag = ("499 0", "held-499") if held else ("200 180", "live-200")
    left = tr("the client left before it got a byte")
    meaning = left if held else plural(180, "byte")
    text = f'198.51.100.4 - - [23/Nov/2026:03:12:09 +0000] "GET /sse HTTP/1.1" {status} "-" "x"'
    line = LogLine("access.log", text, "access", True, tag, meaning, "sse-proxy h1 identity")
    return LogReport("/var/log/nginx/access.log", (line,), read=1, history=log_history(held=held))


def log_history(*, held: bool) -> History:
    """Return the log's history of the 41 minutes before."""
    left = (0, 0, 1, 0, 0, 2, 0, 1, 0, 0, 0, 5, 1, 0, 0, 0, 2, 0, 0, 1, 0) if held else (0,) * 21
    clients = (("198.51.100.23", 9), ("2001:db8::17", 3), ("203.0.113.8", 1)) if held else ()
    until = datetime(2026, 11, 23, 3, 12, tzinfo=UTC).timestamp()
    return History(
        lines=1204,
        counted=True,
        since=until - 2460,
        until=until,
        bucket_s=120,
        left=left,
        canceled=(0,) * 21,
        clients=clients,
    )


class FakeInvestigation(Investigation):
    """An investigation with given values; `run` gives a step its result at once."""

    def __init__(
        self, sample: Case, states: Mapping[StepId, StepState], waiting: Waiting | None = None
    ) -> None:
        super().__init__(sample.target, clock=lambda: NOW)
        self.sample, self.states, self.given_waiting = sample, dict(states), waiting
        self.ran: list[StepId] = []
        self.patience_s = 0.0
        self.script: Script | None = None
        self.concluded: tuple[Case, tuple[Diagnosis, Recommendation | None]] | None = None

    @property
    def may_watch(self) -> bool:
        """True if there is a script of what comes."""
        return self.script is not None

    def watch(self, probe: Probe) -> AsyncGenerator[tuple[ProbeEvent, ...], None]:
        """The scripted events of this probe."""
        assert self.script is not None
        return self.script(probe)

    @property
    def target(self) -> Target:
        """The target, with its changes."""
        return self.sample.target

    @property
    def case(self) -> Case:
        """The given case."""
        return self.sample

    @property
    def steps(self) -> Mapping[StepId, StepState]:
        """The given states; a step without one is `todo`."""
        return {step: self.states.get(step, StepState(step)) for step in STEPS}

    @property
    def waiting(self) -> Waiting | None:
        """The given waiting."""
        return self.given_waiting

    @property
    def diagnosis(self) -> Diagnosis | None:
        """The diagnosis of the case, once the step has run."""
        return self._conclusions()[0] if self._has_run("cause") else None

    @property
    def recommendation(self) -> Recommendation | None:
        """The recommendation for the case, once the step has run."""
        if not self._has_run("fix") or self.sample.is_fixed:
            return None
        return self._conclusions()[1]

    def _conclusions(self) -> tuple[Diagnosis, Recommendation | None]:
        """Conclude once for each case, as the product does: the screens ask with every key."""
        if self.concluded is None or self.concluded[0] is not self.sample:
            diagnosis = conclude(self.sample)
            self.concluded = self.sample, (diagnosis, recommend(self.sample, diagnosis))
        return self.concluded[1]

    def _has_run(self, step: StepId) -> bool:
        return self.steps[step].state not in ("todo", "running")

    def mark_reloaded(self) -> None:
        """Forget the result of the last step."""
        self.states.pop("verify", None)

    def amend(self, target: Target) -> None:
        """Replace the target and forget all results."""
        self.sample = replace(self.sample, target=target)
        self.states = {}

    async def run(self, step: StepId, patience_s: float = 0.0) -> StepState:
        """Give the step its result at once."""
        self.ran.append(step)
        self.patience_s = patience_s
        if missing := missing_input(self.target, step):
            self.states[step] = StepState(step, "skip", f"missing: {missing}")
        else:
            self.states[step] = results(self.sample)[step]
        return self.states[step]


def results(sample: Case) -> dict[StepId, StepState]:
    """Return each step's result for this case, by the functions of the product."""
    diagnosis = conclude(sample)
    results_by_step: dict[StepId, step_results.StepResult] = {
        "root": step_results.rate_root(sample.root or root(answers=False)),
        "proxy": step_results.rate_proxied(sample),
        "direct": step_results.rate_results(sample.direct),
        "logs": step_results.rate_logs(sample.logs),
        "config": step_results.rate_resolution(sample.resolution)
        if sample.resolution
        else ("fail", "not read"),
        "cause": step_results.rate_diagnosis(diagnosis),
        "fix": step_results.rate_recommendation(recommend(sample, diagnosis), diagnosis),
        "verify": rate_proof(prove(sample, 0.0)),
    }
    return {step: StepState(step, *result) for step, result in results_by_step.items()}


def empty() -> FakeInvestigation:
    """Nothing has run, and only the URL is given."""
    return FakeInvestigation(Case(Target(URL)), {})


def running(step: StepId) -> FakeInvestigation:
    """This step runs; those before it have run."""
    sample = case(live=False, ended=step not in ("proxy", "direct"))
    if step == "root":
        sample = replace(Case(TARGET), root=root(answers=False))
    sample = replace(sample, logs=(), resolution=None) if step in ("logs", "config") else sample
    if step == "verify":
        sample = replace(case(live=True, ended=False), baseline=attempt_of(case(live=False)))
    before = results(case(live=False))
    states = {step_id: before[step_id] for step_id in STEPS[: STEPS.index(step)]}
    states[step] = StepState(step, "running")
    given_waiting = Waiting(tr("waiting for the first event"), since=NOW - 1.2, max_duration_s=2.0)
    investigation = FakeInvestigation(
        sample, states, given_waiting if step in ("root", "proxy", "direct", "verify") else None
    )
    if step == "verify":
        investigation.concluded = sample, failing()._conclusions()
    return investigation


def healthy() -> FakeInvestigation:
    """All steps have run and nothing is wrong."""
    sample = case(live=True, conf=FIXED_CONF)
    sample = replace(sample, baseline=attempt_of(sample))
    return FakeInvestigation(sample, results(sample))


def fixed() -> FakeInvestigation:
    """All steps of the incident have run, Nginx was reloaded, and the fix was proven."""
    before, sample = case(live=False), case(live=True, conf=FIXED_CONF)
    assert before.resolution is not None
    assert sample.resolution is not None
    changes = config_changes(before.resolution.config, sample.resolution.config)
    sample = replace(
        sample,
        logs=before.logs,
        baseline=attempt_of(before),
        config_changed=True,
        config_changes=changes,
    )
    sample = replace(sample, proof=prove(sample, 1_795_777_200.0))
    states = results(before) | {"verify": results(sample)["verify"]}
    return FakeInvestigation(sample, states_now(sample, states))


def failing() -> FakeInvestigation:
    """All steps of the incident have run; the last one ran without a reload."""
    sample = case(live=False)
    sample = replace(sample, baseline=attempt_of(sample))
    return FakeInvestigation(sample, results(sample))


def several_hops() -> FakeInvestigation:
    """The incident over TLS with four entry points: the edge before Nginx holds the stream."""
    url = URL.replace("http:", "https:")
    direct = [
        stream(probe, live=True, until=2.0)
        for vantage, source in (("web", "http://svc-bot-prod:12213/sse"), ("svc", DIRECT))
        for probe in probes_for_url("sse-direct", source, vantage)
    ]
    sample = replace(
        case(live=False), resolution=None, root_resolution=None, predictions=(), logs=()
    )
    hops = (Hop("edge", Source("https://10.0.0.4/sse")), Hop("nginx", Source(URL, "web")))
    vantages = (Vantage("web", ("ssh", "web")), Vantage("svc", ("ssh", "svc")))
    target = replace(TARGET, url=url, hops=hops, vantages=vantages, conf=None, logs=())
    hop_timelines = [
        stream(replace(probe, hop=hop.name), live=hop.name == "nginx", until=2.0)
        for hop in hops
        for probe in probes_for_url("sse-hop", hop.source.locator, hop.source.vantage)
    ]
    proxied = [stream(probe, live=False, until=2.0) for probe in probes_for_url("sse-proxy", url)]
    sample = replace(
        sample,
        target=target,
        proxy=tuple(classify(timeline, direct) for timeline in proxied),
        hops=tuple(classify(timeline, direct) for timeline in hop_timelines),
        direct=tuple(map(classify, direct)),
        capabilities=(
            Capabilities("web", "curl", "curl 8.5.0", 0.042, 0.1, 0.021, "+0000"),
            Capabilities("svc", "wget", "BusyBox wget 1.36", 0.061, -2.0, 0.5, "+0100"),
        ),
    )
    return FakeInvestigation(sample, results(sample))


def broken() -> FakeInvestigation:
    """The config cannot be read, and nothing answers."""
    error = "/etc/nginx/nginx.conf:14: unexpected end of file, expecting '}'"
    states: dict[StepId, StepState] = {"config": StepState("config", "fail", error)}
    states["root"] = StepState("root", "fail", "no connection to 192.0.2.10: Connection refused")
    return FakeInvestigation(Case(TARGET), states)
