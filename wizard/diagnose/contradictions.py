"""What speaks against a whole class of causes; `diagnose` asks for it before it names one.

What speaks against one cause alone is looked for in its own rule.
"""

from urllib.parse import urlsplit

from wizard.diagnose.facts import product, streams
from wizard.diagnose.rule import Rule, Stage
from wizard.model.case import Case
from wizard.model.diagnosis import Finding
from wizard.model.timeline import Timeline, is_live
from wizard.text.display import seconds

_GATEWAY_ERRORS = (502, 503, 504)


def contradiction(case: Case, rule: Rule, finding: Finding) -> str:
    """Why this finding cannot be the cause, in one sentence; empty if nothing speaks against it."""
    if rule.stage == Stage.HOLD and (failure := root_failure(case)):
        return (
            f"GET / {failure} too, and a short answer is never held by buffering: what holds the "
            "stream is not buffering alone"
        )
    if finding.fix.where == "nginx" and not is_nginx_shown(case):
        named = product.other_proxy(case)
        name = named.name if named else "a server that does not name Nginx"
        return f"{name} answers at the public URL, and no config or log of Nginx was read"
    return ""


def root_failure(case: Case) -> str:
    """How `GET /` through the proxy fails like a held stream, in a few words; empty if it does not.

    It tells nothing if the config leads `/` elsewhere, if a stream came through the proxy all the
    same, or if `/` is not a short answer: the stream itself, or unanswered by the backend as well.
    """
    root = case.root
    if root is None or case.first_failing_hop is not None or not _leads_to_stream_backend(case):
        return ""
    if urlsplit(case.target.url).path in ("", "/"):
        return ""
    if any(result.outcome in streams.REACHED for result in case.proxy):
        return ""
    if root.status in _GATEWAY_ERRORS:
        return f"is answered {root.status}"
    if root.ended != "open" or root.headers_s is not None or not _is_short(case):
        return ""
    return f"has no answer after {seconds(root.waited_s)}"


def _leads_to_stream_backend(case: Case) -> bool:
    """False if the config leads `/` to other peers than the stream, or to none."""
    if case.resolution is None or case.root_resolution is None:
        return True
    stream, root = case.resolution.upstream, case.root_resolution.upstream
    return bool(stream and root and (stream.peers == root.peers or not root.peers))


def _is_short(case: Case) -> bool:
    """False if the backend itself gives no answer to `/`, or an event stream."""
    asked = streams.follow_ups(case, "root-direct")
    return all(_is_whole(sent.timeline) for sent in asked)


def _is_whole(timeline: Timeline) -> bool:
    return timeline.headers_s is not None and not is_live(timeline)


def is_nginx_shown(case: Case) -> bool:
    """True unless the answers name no Nginx, and neither a config nor a log of it was read."""
    if case.resolution is not None or any(report.read for report in case.logs):
        return True
    return not product.is_nginx_excluded(case)
