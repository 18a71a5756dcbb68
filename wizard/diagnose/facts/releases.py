"""What a held stream shows when Nginx gives up reading from the backend: an answer, or a 504."""

from wizard.diagnose.facts import directives, disconnects, product, streams
from wizard.model.case import Case
from wizard.model.probe_result import ProbeResult
from wizard.model.release import DEFAULT_READ_TIMEOUT_S, SHORTEST_S, kept_s
from wizard.model.timeline import connected_s


def kept_probes(case: Case) -> tuple[ProbeResult, ...]:
    """The held proxied streams whose headers came together with their broken end."""
    held = (result for result in case.proxy if result.outcome == "held")
    return tuple(result for result in held if kept_s(result.timeline) is not None)


def is_kept_by_timeout(case: Case, result: ProbeResult) -> bool:
    """True if this stream was let go when a read timeout ended, as far as its time tells.

    That is the one in force, counted from the last byte that the backend sent, so the stream may
    have been kept longer; without a config it is Nginx's default. At another time, a backend that
    answers late and breaks off in the same moment looks alike.
    """
    waited_s, limit_s = kept_s(result.timeline), directives.read_timeout_s(case.resolution)
    if waited_s is None:
        return False
    if limit_s is None:
        return disconnects.is_near(waited_s, DEFAULT_READ_TIMEOUT_S)
    return waited_s >= limit_s - disconnects.TOLERANCE_S


def unanswered_probe(case: Case) -> ProbeResult | None:
    """The proxied stream that Nginx itself answered 504: no answer of the backend came to it.

    None if there is none, or if the config is that of another Nginx: its read timeout is another,
    or it listens elsewhere.
    """
    for result in streams.counted_probes(case.proxy):
        timeline = result.timeline
        if timeline.status != 504 or not product.is_nginx_page(timeline.excerpt):
            continue
        waited_s = (timeline.headers_s or 0.0) - connected_s(timeline)
        limit_s, resolution = directives.read_timeout_s(case.resolution), case.resolution
        is_of_config = resolution is None or (
            resolution.listens and limit_s is not None and disconnects.is_near(waited_s, limit_s)
        )
        if waited_s >= SHORTEST_S and is_of_config:
            return result
    return None
