"""The direct request under the name that Nginx passes on, or without the Origin that was given:
does the backend refuse the name?"""

from dataclasses import replace
from urllib.parse import urlsplit

from wizard.model.case import Case, FollowUpResult
from wizard.model.timeline import Probe, is_live
from wizard.nginx.upstream import host_header
from wizard.probe.followups.followup import FollowUp, patience, plain, probe_first_event
from wizard.probe.request import ProbeOptions, RequestSpec

PURPOSE, WITHOUT = "public-host", "no-origin"
REFUSALS = frozenset({400, 403, 421})
"""What a guard against DNS rebinding answers to a name that it does not know."""


def _needed(case: Case) -> bool:
    """Refused through the proxy, live direct under its own name."""
    refused = any(result.timeline.status in REFUSALS for result in case.proxy)
    return refused and any(is_live(result.timeline) for result in case.direct)


async def _make(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """One request for each name that Nginx may pass on, until one is refused: two at the most."""
    live = plain(tuple(result for result in case.direct if is_live(result.timeline)))
    if live is None:
        return ()
    made: tuple[FollowUpResult, ...] = ()
    for host in hosts(case):
        asked = live.timeline.probe
        probe = Probe("replay-direct", asked.url, vantage=asked.vantage)
        line = await probe_first_event(
            probe, options, patience(case), RequestSpec(headers=(("Host", host),))
        )
        made = (*made, FollowUpResult(PURPOSE, line, f"the direct request with Host: {host}"))
        if line.status in REFUSALS:
            break
    return made


def hosts(case: Case) -> tuple[str, ...]:
    """The Host that the backend is asked for: the config says which; else the likely ones."""
    parts = urlsplit(case.target.url)
    asked = parts.netloc.rpartition("@")[2]
    known = host_header(case.resolution, asked) if case.resolution else ""
    return (known,) if known else tuple(dict.fromkeys((asked, parts.hostname or "")))


def _origin_needed(case: Case) -> bool:
    """Refused on both sides, and an Origin was given."""
    given = any(name.lower() == "origin" for name, _ in case.target.headers)
    results = (*case.proxy, *case.direct)
    return given and bool(case.direct) and all(c.timeline.status in REFUSALS for c in results)


async def _without_origin(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """One direct request with all that was given but the Origin."""
    kept = tuple((name, value) for name, value in options.headers if name.lower() != "origin")
    asked = case.direct[0].timeline.probe
    probe = Probe("replay-direct", asked.url, vantage=asked.vantage)
    line = await probe_first_event(probe, replace(options, headers=kept), patience(case))
    return (FollowUpResult(WITHOUT, line, "the direct request without the Origin that was given"),)


FOLLOW_UP = FollowUp(PURPOSE, _needed, _make)
ORIGIN = FollowUp(WITHOUT, _origin_needed, _without_origin)
