"""The same case as somebody would have it who was given less: no direct URL, no config, no logs."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.nginx.prediction import predict_probes

PARTS = ("direct", "config", "logs", "handshakes")


def poorer(case: Case) -> Iterator[tuple[str, Case]]:
    """Every way to leave parts away, named by what is missing; first the whole case."""
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
        case = replace(case, target=replace(case.target, conf=None))
    return case


def _without_direct(case: Case) -> Case:
    """What the proxied legs are judged to be without a direct one beside them."""
    lines = [result.timeline for result in case.proxy]
    known = (
        predict_probes(case.resolution, [line.probe for line in lines], ())
        if case.resolution
        else ()
    )
    return replace(
        case,
        target=replace(case.target, direct=()),
        proxy=tuple(classify(line) for line in lines),
        direct=(),
        handshakes=tuple(one for one in case.handshakes if one.side == "proxy"),
        follow_ups=(),
        predictions=known,
    )
