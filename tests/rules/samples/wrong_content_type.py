"""Samples of wrong-content-type."""

from dataclasses import replace

from tests.rules.samples.build import make_case
from wizard.diagnose.outcome import classify
from wizard.model.case import Case
from wizard.model.timeline import Timeline

_EVENTS = 'event: tick\nid: 1\ndata: {"n": 1}\n\n'
_LINES = '0:"Hel"\n0:"lo"\n'
"""A stream of text that is read by a client of its own."""


def _case(body: str) -> Case:
    headers = {"content-type": "text/plain; charset=utf-8"}
    case = make_case(proxy="live", direct="live", proxy_headers=headers, direct_headers=headers)

    def changed(timeline: Timeline) -> Timeline:
        return replace(timeline, excerpt=body, events=0, first_event_s=None)

    direct = [changed(result.timeline) for result in case.direct]
    proxied = [classify(changed(result.timeline), direct) for result in case.proxy]
    return replace(case, direct=tuple(map(classify, direct)), proxy=tuple(proxied))


def fires() -> Case:
    """The body is an event stream, of type text/plain."""
    return _case(_EVENTS)


def silent() -> Case:
    """A stream of text that is no event stream."""
    return _case(_LINES)
