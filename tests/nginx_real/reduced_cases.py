"""A case with less evidence: without direct URL, config, logs or handshakes."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.nginx.prediction import predict_probes

PARTS = ("direct", "config", "logs", "handshakes")


def reduced_cases(case: Case) -> Iterator[tuple[str, Case]]:
    """The case without each combination of parts, and the names of these; first the whole case."""
    for count in range(len(PARTS) + 1):
        for missing in combinations(PARTS, count):
            yield " ".join(missing) or "nothing", _without(case, missing)


def _without(case: Case, missing: tuple[str, ...]) -> Case:
    if "handshakes" in missing:
        case = replace(case, handshakes=(), follow_ups=(), message_resolution=None)
    if "logs" in missing:
        case = replace(case, logs=(), target=replace(case.target, logs=()))
    if "direct" in missing:
        case = _without_direct(case)
    if "config" in missing:
        case = replace(
            case, resolution=None, root_resolution=None, message_resolution=None, predictions=()
        )
        # The config says what Nginx sends: without it these requests would not have been sent.
        follow_ups = tuple(e for e in case.follow_ups if not e.purpose.startswith("as-sent"))
        case = replace(case, target=replace(case.target, conf=None), follow_ups=follow_ups)
    return case


def _without_direct(case: Case) -> Case:
    """The case with the proxied probes classified without direct ones."""
    timelines = [result.timeline for result in case.proxy]
    resolution, predictions = case.resolution, case.predictions
    if resolution is not None and resolution.settings.get("proxy_buffer_size"):
        probes = [timeline.probe for timeline in timelines]
        predictions = predict_probes(resolution, probes, ())
    return replace(
        case,
        target=replace(case.target, direct=()),
        proxy=tuple(classify(timeline) for timeline in timelines),
        direct=(),
        handshakes=tuple(each for each in case.handshakes if each.side == "proxy"),
        follow_ups=(),
        predictions=predictions,
    )
