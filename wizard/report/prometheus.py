"""The report as metrics: the text exposition format, as node_exporter's textfile collector reads
it. Every name is a promise to somebody's alert rule: add, never rename."""

from collections.abc import Iterable, Iterator, Mapping

from wizard import __version__
from wizard.model.case import HELD_OUTCOMES, ProbeResult
from wizard.report.result import Check, Result, unread
from wizard.text.display import safe

Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]
"""A metric's name without `ssewizard_`, its labels in their order, its value."""

HELP: Mapping[str, str] = {
    "build_info": "Always 1; the version of ssewizard.",
    "healthy": "1 where the verdict is healthy, else 0.",
    "verdict": "1 for the verdict of this run, 0 for the two others.",
    "cause": "1 for each cause that was found; none when healthy.",
    "check": "1 for the status that each check has: pass, fail, warn or skip.",
    "held": "1 where a request was held back: no headers, no event, or only late.",
    "connect_seconds": "Seconds from the start of a request until TCP stood; absent if never.",
    "headers_seconds": "Seconds from the start of a request to its headers; absent if never.",
    "first_event_seconds": "Seconds from the start of a request to its first event; absent if "
    "never.",
    "received_bytes": "Body bytes that came on the wire while the request was watched.",
    "events": "Events that came while the request was watched.",
    "unread_inputs": "How many of the configs and logs that were given were of no use.",
    "vantage_usable": "1 where a vantage could be used, 0 where it could not be reached, or has "
    "nothing to ask with.",
    "run_timestamp_seconds": "When the run began, in seconds since the epoch.",
    "elapsed_seconds": "How long the whole check took, in seconds.",
}
"""What each metric means, in the order in which they are written; all are gauges."""

_VERDICTS = ("healthy", "fault", "inconclusive")


def prometheus_report(result: Result) -> str:
    """The metrics of one target, which is called as its URL."""
    return exposition(samples(result.case.target.url, result))


def exposition(found: Iterable[Sample]) -> str:
    """The samples by metric, each metric once with its meaning; what would stand there twice (two
    URLs that differ only in what is redacted) stands there once, with the higher value."""
    known: dict[str, dict[Labels, float]] = {name: {} for name in HELP}
    for name, labels, value in (("build_info", (("version", __version__),), 1.0), *found):
        known[name][labels] = max(value, known[name].get(labels, value))
    return "".join(_family(name, rows) for name, rows in known.items() if rows)


def _family(name: str, rows: Mapping[Labels, float]) -> str:
    head = f"# HELP ssewizard_{name} {HELP[name]}\n# TYPE ssewizard_{name} gauge\n"
    return head + "".join(
        f"ssewizard_{name}{{{','.join(map(_label, labels))}}} {_number(value)}\n"
        for labels, value in rows.items()
    )


def _label(pair: tuple[str, str]) -> str:
    name, value = pair
    for char, written in (("\\", r"\\"), ('"', r"\""), ("\n", r"\n")):
        value = value.replace(char, written)
    return f'{name}="{value}"'


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 4))


def samples(target: str, result: Result) -> Iterator[Sample]:
    """One target's samples.

    Args:
        target: What the label `target` says; redacted here.
    """
    case, diagnosis = result.case, result.diagnosis
    of = ("target", safe(target, 200))
    yield "healthy", (of,), float(diagnosis.verdict == "healthy")
    for verdict in _VERDICTS:
        yield "verdict", (of, ("verdict", verdict)), float(diagnosis.verdict == verdict)
    for cause in diagnosis.causes:
        yield "cause", (of, ("id", cause.id), ("confidence", cause.confidence)), 1.0
    for check in result.checks:
        yield "check", (of, ("check", check.id), ("status", check.status)), 1.0
        for probe_result in check.results:
            # A request that was not made has come to nothing: not to 0 bytes, not to "not held".
            if probe_result.was_made:
                yield from _of_probe(of, check, probe_result)
    yield "unread_inputs", (of,), float(len(unread(case)))
    for one in case.capabilities:
        yield "vantage_usable", (of, ("vantage", one.vantage)), float(not one.problem)
    yield "run_timestamp_seconds", (of,), case.started
    yield "elapsed_seconds", (of,), result.elapsed_s


def _of_probe(of: tuple[str, str], check: Check, probe_result: ProbeResult) -> Iterator[Sample]:
    line = probe_result.timeline
    labels = (of, ("check", check.id), ("url", safe(line.probe.url, 200)),
              ("vantage", line.probe.vantage), ("hop", line.probe.hop),
              ("http", line.probe.http), ("encoding", line.probe.encoding))  # fmt: skip
    yield "held", labels, float(probe_result.outcome in HELD_OUTCOMES)
    times = (line.connect_s, line.headers_s, line.first_event_s)
    for name, at in zip(("connect", "headers", "first_event"), times, strict=True):
        if at is not None:
            yield f"{name}_seconds", labels, at
    yield "received_bytes", labels, float(line.bytes)
    yield "events", labels, float(line.events)
