"""What tells a silent backend from a proxy that holds, where there is no direct URL.

A FastCGI, uwsgi or SCGI backend does not speak HTTP, so it has no URL: nothing may ask for one.
"""

from wizard.diagnose.facts import directives, releases, streams
from wizard.model.case import Case
from wizard.model.release import DEFAULT_READ_TIMEOUT_S
from wizard.text.display import seconds
from wizard.text.messages import tr

_PROTOCOLS = {"fastcgi": "FastCGI", "uwsgi": "uwsgi", "scgi": "SCGI"}
"""The kinds of upstreams that speak no HTTP, and their protocols."""
MARGIN_S = 5.0
"""How much longer than Nginx's read timeout a held stream is watched, in seconds."""
_LONGEST_S = 300.0
"""The longest read timeout, in seconds, that a user is asked to wait for."""


def protocol(case: Case) -> str:
    """The protocol of a backend that has no URL, by the config; empty if it may have one."""
    return _PROTOCOLS.get(case.resolution.prefix, "") if case.resolution else ""


def patience_s(case: Case) -> float | None:
    """How long, in seconds, a held stream must be watched until Nginx shows whether it has an
    answer; None if that is known, would take too long, or would repeat a request that may change
    something.
    """
    is_sending = streams.live_direct_probes(case) or streams.live_beside_held(case)
    is_known = bool(is_sending or releases.kept_probes(case) or releases.unanswered_probe(case))
    held = [result for result in case.proxy if result.outcome == "held"]
    limit_s = directives.read_timeout_s(case.resolution) or DEFAULT_READ_TIMEOUT_S
    if is_known or not held or case.target.is_sent_once or limit_s > _LONGEST_S:
        return None
    watched_s = max(result.timeline.waited_s or 0.0 for result in held)
    return limit_s + MARGIN_S if watched_s < limit_s else None


def describe_missing_direct(case: Case) -> tuple[str, ...]:
    """That no direct URL was given, and what tells as much; empty if the case tells it already."""
    if case.target.direct or releases.kept_probes(case) or releases.unanswered_probe(case):
        return ()
    spoken, wait_s = protocol(case), patience_s(case)
    problem = tr("The backend speaks {spoken}, so it has no URL", spoken=spoken) if spoken else ""
    problem = problem or tr("No direct URL was given")
    text = tr(
        "{problem}: a silent backend and a proxy that holds the stream look the same.",
        problem=problem,
    )
    if wait_s is not None:
        limit = seconds(wait_s - MARGIN_S)
        text += tr(
            " --patience {wait_s:.0f} watches until Nginx gives up reading (after {limit}): an "
            "answer that comes only then was held, and a 504 means that there was none.",
            wait_s=wait_s,
            limit=limit,
        )
    return (text,)
