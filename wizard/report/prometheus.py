"""The report as Prometheus metrics, for node_exporter's textfile collector.

Alert rules depend on the names of metrics: new ones may be added, none renamed.
"""

from collections.abc import Iterable, Iterator, Mapping

from wizard import __version__
from wizard.model.probe_result import HELD_OUTCOMES, ProbeResult
from wizard.report.result import Check, Result, unread_inputs
from wizard.text.display import safe
from wizard.text.marks import MARK, MASK

Labels = tuple[tuple[str, str], ...]
Sample = tuple[str, Labels, float]
"""A metric's name without `ssewizard_`, its labels, and its value."""

HELP: Mapping[str, str] = {
    "build_info": "Always 1; the version of ssewizard.",
    "healthy": "1 where the verdict is healthy, else 0.",
    "verdict": "1 for the verdict of this run, 0 for the two others.",
    "cause": "1 for each cause that was found; none when healthy.",
    "check": "1 for the status that each check has: pass, fail, warn or skip.",
    "held": "1 where a request was held back: no headers, no event, or only late.",
    "connect_seconds": "Seconds from the start of a request until TCP was connected; absent if "
    "never.",
    "headers_seconds": "Seconds from the start of a request to its headers; absent if never.",
    "first_event_seconds": "Seconds from the start of a request to its first event; absent if "
    "never.",
    "received_bytes": "Body bytes received, before decompression, while the request was watched.",
    "events": "Events received while the request was watched.",
    "unread_inputs": "How many of the given configs and logs could not be read.",
    "vantage_usable": "1 where a vantage could be used, 0 where it could not be reached or has no "
    "HTTP client.",
    "run_timestamp_seconds": "When the run began, in seconds since the epoch.",
    "elapsed_seconds": "How long the whole check took, in seconds.",
}
"""The help text of each metric, in the order of the output; all are gauges."""

_VERDICTS = ("healthy", "fault", "inconclusive")


def prometheus_report(result: Result) -> str:
    """Return the metrics of one target; the label `target` is its URL."""
    return exposition(samples(result.case.target.url, result))


def exposition(samples: Iterable[Sample]) -> str:
    """Return the samples in the text exposition format, grouped by metric.

    Of samples with the same labels (two URLs that differ only in what is redacted) the highest
    value is kept.
    """
    families: dict[str, dict[Labels, float]] = {name: {} for name in HELP}
    for name, labels, value in (("build_info", (("version", __version__),), 1.0), *samples):
        # The number of a mark differs from run to run, and a label must not.
        labels = tuple((key, MARK.sub(MASK, text)) for key, text in labels)
        families[name][labels] = max(value, families[name].get(labels, value))
    return "".join(_family(name, rows) for name, rows in families.items() if rows)


def _family(name: str, rows: Mapping[Labels, float]) -> str:
    head = f"# HELP ssewizard_{name} {HELP[name]}\n# TYPE ssewizard_{name} gauge\n"
    return head + "".join(
        f"ssewizard_{name}{{{','.join(map(_label, labels))}}} {_number(value)}\n"
        for labels, value in rows.items()
    )


def _label(pair: tuple[str, str]) -> str:
    name, value = pair
    for char, escaped in (("\\", r"\\"), ('"', r"\""), ("\n", r"\n")):
        value = value.replace(char, escaped)
    return f'{name}="{value}"'


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 4))


def samples(target: str, result: Result) -> Iterator[Sample]:
    """Yield the samples of one target; `target` becomes its label, redacted."""
    case, diagnosis = result.case, result.diagnosis
    label = ("target", safe(target, 200))
    yield "healthy", (label,), float(diagnosis.verdict == "healthy")
    for verdict in _VERDICTS:
        yield "verdict", (label, ("verdict", verdict)), float(diagnosis.verdict == verdict)
    for cause in diagnosis.causes:
        yield "cause", (label, ("id", safe(cause.id, 80)), ("confidence", cause.confidence)), 1.0
    for check in result.checks:
        yield "check", (label, ("check", check.id), ("status", check.status)), 1.0
        for probe_result in check.results:
            # For a request that was not made, neither 0 bytes nor "not held" would be true.
            if probe_result.was_made:
                yield from _probe_samples(label, check, probe_result)
    yield "unread_inputs", (label,), float(len(unread_inputs(case)))
    for vantage in case.capabilities:
        yield "vantage_usable", (label, ("vantage", vantage.vantage)), float(not vantage.problem)
    yield "run_timestamp_seconds", (label,), case.started
    yield "elapsed_seconds", (label,), result.elapsed_s


def _probe_samples(target: tuple[str, str], check: Check, result: ProbeResult) -> Iterator[Sample]:
    timeline, probe = result.timeline, result.timeline.probe
    labels = (
        target,
        ("check", check.id),
        ("url", safe(probe.url, 200)),
        ("vantage", probe.vantage),
        ("hop", probe.hop),
        ("http", probe.http),
        ("encoding", probe.encoding),
    )
    yield "held", labels, float(result.outcome in HELD_OUTCOMES)
    times = (timeline.connect_s, timeline.headers_s, timeline.first_event_s)
    for name, at in zip(("connect", "headers", "first_event"), times, strict=True):
        if at is not None:
            yield f"{name}_seconds", labels, at
    yield "received_bytes", labels, float(timeline.bytes)
    yield "events", labels, float(timeline.events)
