"""The request as Nginx passes it on, sent to the direct URL: does it fail there, and why?

Where it fails as it does through the proxy, the fault is in the request: then the smallest set of
its differences from the client's own request that fails is searched for. At most `MAX_REQUESTS`
requests are sent, over the vantage of the direct probe.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from wizard.model.case import Case, FollowUpResult
from wizard.model.request_difference import Difference, Likeness, describe_differences
from wizard.model.resolution import RequestResolution
from wizard.model.timeline import Timeline
from wizard.nginx.as_sent import as_sent
from wizard.nginx.settings import dropped_headers
from wizard.nginx.upstream import fill_host
from wizard.probe.bisection import smallest_failing
from wizard.probe.followups.failing_request import (
    Attempt,
    FailingRequest,
    failing_request,
    prepared,
)
from wizard.probe.followups.followup import FollowUp, best_direct
from wizard.probe.host_guard import requested_host
from wizard.probe.likeness import likeness
from wizard.probe.request import ProbeOptions
from wizard.probe.request_variants import Comparison, RawRequest, compare
from wizard.text.messages import tr

MAX_REQUESTS = 10
"""How many requests are sent at most, those that open and close a session included."""
PART, WITH, WITHOUT = "as-sent-part", "as-sent-with", "as-sent-without"
"""The purposes of the requests with some of the differences: while searching, and the two that
confirm the result: with it alone, and with all others."""
PUBLIC_HOST, OUTER = "public-host", "as-sent-outer"
"""The purposes of a request with another Host, after one was refused: the client's own, and the one
that an outer level of the config sets, whose lines are not in force."""


_Group = tuple[Difference, ...]


class _NoRequestsLeftError(Exception):
    """The search needs more requests than it may send."""


class _Trials:
    """Sends the client's request with some of the differences, and keeps the results."""

    def __init__(self, failing: FailingRequest, attempt: Attempt, comparison: Comparison) -> None:
        self._failing, self._attempt, self._comparison = failing, attempt, comparison
        self._left = MAX_REQUESTS - attempt.requests
        self.groups = _groups(comparison.differences)
        self.results: list[FollowUpResult] = []

    def can_send(self, *, failing: int = 0, served: int = 0) -> bool:
        """True if so many further trials may be made, of which these are expected to be served."""
        return self._left >= failing + served * self._attempt.most

    async def send(self, purpose: str, chosen: tuple[Difference, ...]) -> Likeness:
        """Send the request with these differences."""
        timeline, alike = await self._send(self._comparison.variant(chosen))
        what = describe_differences(chosen) or tr("once more")
        why = tr("the direct {name} {what}", name=self._failing.name, what=what)
        doubts = self._comparison.doubts if purpose == AS_SENT.purpose else ()
        self.results.append(FollowUpResult(purpose, timeline, why, chosen, alike, doubts))
        return alike

    def last_confirming(self) -> tuple[_Group, _Group] | None:
        """The differences of the last request that failed alone, and of the one without them that
        was served; None if there were none."""
        sent = [(each.purpose, each.likeness, each.differences) for each in self.results]
        failed = [chosen for *kind, chosen in sent if kind == [WITH, "alike"]]
        served = [chosen for *kind, chosen in sent if kind == [WITHOUT, "served"]]
        return (failed[-1], served[-1]) if failed and served else None

    async def fails(self, chosen: tuple[Difference, ...]) -> bool:
        """True if the request with these differences fails as it does through the proxy.

        Raises:
            _NoRequestsLeftError: Only the requests that confirm the result are left.
        """
        sets = max(map(len, self.groups))
        if not self.can_send(failing=sets, served=2):
            raise _NoRequestsLeftError
        return await self.send(PART, chosen) == "alike"

    async def send_with_host(self, purpose: str, host: str) -> None:
        """Send the client's request with another Host: would that be served?"""
        own = self._comparison.own
        headers = tuple((key, host if key.lower() == "host" else text) for key, text in own.headers)
        timeline, alike = await self._send(replace(own, headers=headers))
        timeline = replace(timeline, probe=replace(timeline.probe, host=host))
        why = tr("the direct {name} with Host: {host}", name=self._failing.name, host=host)
        self.results.append(FollowUpResult(purpose, timeline, why, likeness=alike))

    async def _send(self, request: RawRequest) -> tuple[Timeline, Likeness]:
        failing, trial = self._failing, await self._attempt.send(request)
        self._left -= trial.requests
        resolution = self._attempt.resolution
        alike = likeness(trial.answer, failing.proxied, failing.direct, resolution)
        return trial.timeline, alike


async def _send(case: Case, options: ProbeOptions) -> tuple[FollowUpResult, ...]:
    """Send the request as Nginx passes it on; if it fails alike, search for what makes it fail."""
    failing = failing_request(case)
    if failing is None:
        return ()
    async with prepared(case, options, failing) as attempt:
        comparison = _compare(case, attempt) if attempt else None
        if comparison is not None and failing.is_new_default:
            comparison = comparison.with_old_default()
        if attempt is None or comparison is None:
            return ()
        if not comparison.differences:
            return _unchanged(case, failing, comparison)
        trials = _Trials(failing, attempt, comparison)
        if failing.is_new_default and await trials.send(WITHOUT, ()) != "served":
            return tuple(trials.results)
        if await trials.send(AS_SENT.purpose, comparison.differences) == "alike":
            named = await _search(trials)
            await _try_hosts(case, attempt.resolution, trials, named)
            await _repeat(trials)
        return tuple(trials.results)


def _unchanged(
    case: Case, failing: FailingRequest, comparison: Comparison
) -> tuple[FollowUpResult, ...]:
    """The direct probe, where the backend gets the client's request unchanged: it need not be sent
    again."""
    direct = best_direct(case)
    if failing.exchange or direct is None:
        return ()
    why = tr("the direct GET, which Nginx passes on unchanged")
    doubts = comparison.doubts
    return (
        FollowUpResult(AS_SENT.purpose, direct.timeline, why, likeness="served", doubts=doubts),
    )


def _compare(case: Case, attempt: Attempt) -> Comparison | None:
    """Compare the client's request with what Nginx makes of it."""
    own = attempt.own
    public = ("Host", requested_host(case))
    headers = [public if name.lower() == "host" else (name, value) for name, value in own.headers]
    body_bytes = len(own.content) if own.content else None
    sent = as_sent(attempt.resolution, headers, method=own.method, body_bytes=body_bytes)
    given = case.target.headers
    return compare(own, sent, (case.target.url,), given) if sent else None


def _groups(differences: Sequence[Difference]) -> tuple[_Group, ...]:
    """The differences, those of one default together.

    HTTP/1.0 and `Connection: close` are what Nginx sent before 1.29.7; backends often mind both.
    """
    default = tuple(each for each in differences if each.kind in ("http-version", "connection"))
    rest = tuple((each,) for each in differences if each not in default)
    return (default, *rest) if default else rest


async def _search(trials: _Trials) -> tuple[Difference, ...]:
    """Search for the smallest set that fails, and for another one as long as the rest fails too.

    Returns:
        The differences that fail alone, none if chance may have decided.
    """

    async def fails(groups: Sequence[_Group]) -> bool:
        return await trials.fails(_flatten(groups))

    left, named = trials.groups, tuple[Difference, ...]()
    try:
        while left:
            smallest = await smallest_failing(left, fails)
            for chosen in await _split_default(trials, smallest):
                if await trials.send(WITH, chosen) != "alike":
                    return ()
                named += chosen
            left = tuple(group for group in left if group not in smallest)
            if await trials.send(WITHOUT, _flatten(left)) != "alike":
                return named
    except _NoRequestsLeftError:
        return ()
    return named


async def _split_default(trials: _Trials, groups: Sequence[_Group]) -> list[_Group]:
    """The smallest sets in these groups: where one holds two differences, each may be enough."""
    pair = next((group for group in groups if len(group) > 1), ())
    rest = _flatten([group for group in groups if group != pair])
    enough = [(each, *rest) for each in pair if await trials.fails((each, *rest))]
    return enough or [_flatten(groups)]


def _flatten(groups: Iterable[_Group]) -> _Group:
    return tuple(each for group in groups for each in group)


async def _try_hosts(
    case: Case, resolution: RequestResolution, trials: _Trials, named: Sequence[Difference]
) -> None:
    """Where another Host is refused, try the one of an outer level, and that of the client."""
    refused = next((each for each in named if each.kind == "host"), None)
    if refused is None:
        return
    requested, known = requested_host(case), {refused.own, refused.sent}
    for purpose, host in ((OUTER, _outer_host(resolution, requested)), (PUBLIC_HOST, requested)):
        if host and host not in known and trials.can_send(served=1):
            await trials.send_with_host(purpose, host)
        known.add(host)


async def _repeat(trials: _Trials) -> None:
    """Confirm a result once more, with the requests that are left: chance may have decided."""
    last = trials.last_confirming()
    if last is None or not trials.can_send(failing=1, served=1):
        return
    failing, served = last
    await trials.send(WITH, failing)
    await trials.send(WITHOUT, served)


def _outer_host(resolution: RequestResolution, requested: str) -> str:
    """The Host that the lines of an outer level would send, had they not been lost."""
    dropped = dropped_headers(resolution)
    lines = dropped.lines if dropped else ()
    written = [line.args[1] for line in lines if line.args[0].lower() == "host"]
    return fill_host(resolution, written[-1], requested) if written else ""


AS_SENT = FollowUp(
    purpose="as-sent",
    question=tr("is the fault in the request as Nginx passes it on?"),
    requests=tr(
        "with a config, where a GET or a message of the handshake fails through the proxy "
        "alone: that request sent to the direct URL as Nginx passes it on, then with some of "
        "the differences; without the secrets that the config adds; at a vantage by "
        "`python3`, `bash` or `nc` alone"
    ),
    most=MAX_REQUESTS,
    is_needed=lambda case: failing_request(case) is not None,
    run=_send,
)
