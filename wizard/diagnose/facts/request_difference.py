"""Facts about the request as Nginx passes it on, sent to the direct URL and bisected there.

The rules about the request ask here which of its differences from the client's request makes it
fail; `wizard/probe/followups/as_sent.py` has sent the requests.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile

from wizard.diagnose.facts import addresses, streams
from wizard.diagnose.facts.evidence import follow_up_evidence
from wizard.model.case import Case, FollowUpResult
from wizard.model.diagnosis import Evidence
from wizard.model.request_difference import Difference, describe_differences
from wizard.model.timeline import is_live
from wizard.text.display import comma_list, safe
from wizard.text.messages import tr
from wizard.text.urls import split_url

AS_SENT = "as-sent"
"""The purpose of the request as Nginx passes it on."""
WITH, WITHOUT = "as-sent-with", "as-sent-without"
"""The purposes of the two requests that confirm a set of differences: with it alone, and with all
others."""
OUTER = "as-sent-outer"
"""The purpose of a request with the Host that an outer level of the config sets, in vain."""
_TRIALS = (AS_SENT, "as-sent-part", WITH, WITHOUT)
IsAbout = Callable[[Case, Difference], bool]
"""True if a difference is the one that a failure mode is about."""
DISTINGUISHES = tr(
    "Sent to the direct URL, the client's request is served; {}, and with nothing else "
    "that Nginx changes, it fails there as it does through the proxy."
)
_SERVED = tr(
    "The backend serves the request as Nginx passes it on, when it is sent to the direct URL. "
    "So the request is not at fault: Nginx answers by itself, the fault is on the way back, or "
    "the running Nginx has another config"
)

_SERVED_ELSEWHERE = tr(
    "The request as Nginx passes it on is served at the direct URL; but Nginx passes this path to "
    "{other}, which is another address."
)
_SERVED_IN_PART = tr(
    "The backend serves the request as Nginx passes it on, as far as it could be sent to the "
    "direct URL. The fault is in what was left out of it, in Nginx's own answer or on the way "
    "back, or the running Nginx has another config"
)
_REFUSALS = frozenset({400, 401, 403, 404, 406, 415, 421, 426})
"""How a backend refuses a request because of what it holds."""


def _sent(case: Case, purpose: str) -> tuple[FollowUpResult, ...]:
    """The requests that were made for this purpose; none without the config that they follow."""
    return streams.follow_ups(case, purpose) if case.resolution else ()


def named_differences(case: Case) -> tuple[Difference, ...]:
    """The differences because of which the request fails; empty if none were shown.

    Several are needed together, or each of them is enough. It was shown with them alone, which
    fails as through the proxy, and without them, which is served.
    """
    failing = [each for each in _sent(case, WITH) if each.likeness == "alike"]
    served = any(each.likeness == "served" for each in _sent(case, WITHOUT))
    if not served or not _is_consistent(case, [set(each.differences) for each in failing]):
        return ()
    return tuple(dict.fromkeys(item for each in failing for item in each.differences))


def _is_consistent(case: Case, failing: Sequence[set[Difference]]) -> bool:
    """True if exactly the requests with one of these sets of differences failed.

    Else chance decides at this backend, or more than was searched for.
    """
    sent = (each for purpose in _TRIALS for each in _sent(case, purpose))
    return all(
        (each.likeness == "alike") == any(one <= set(each.differences) for one in failing)
        for each in sent
    )


def difference_about(case: Case, is_about: IsAbout) -> Difference | None:
    """The named difference that a failure mode is about; None if none is."""
    return next((each for each in named_differences(case) if is_about(case, each)), None)


def is_path(case: Case, difference: Difference) -> bool:
    """True for the path."""
    return difference.kind == "uri"


def lost_prefix(case: Case) -> str:
    """The prefix that Nginx removes or replaces, and that the backend needs; empty if none is.

    The direct request with the public path is served, and it fails with what the config makes of
    that path: a new beginning, with the same end.
    """
    difference, resolution = difference_about(case, is_path), case.resolution
    upstream = resolution.upstream if resolution else None
    if difference is None or resolution is None or upstream is None:
        return ""
    own, sent = difference.own or "", difference.sent or ""
    asked = (upstream.request_uri or "").partition("?")[0]
    if own != split_url(case.target.url).path or sent != asked:
        return ""
    parts = own.split("/")
    pairs = zip(reversed(parts), reversed(sent.split("/")), strict=False)
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return "/".join(parts[:-same]) if same else ""


def is_request_served(case: Case) -> bool:
    """True if the request as Nginx passes it on, as a whole, was served at the direct URL."""
    sent = _sent(case, AS_SENT)
    return any(each.likeness == "served" and not each.doubts for each in sent)


def refutation(case: Case, is_about: IsAbout) -> str:
    """Why a fault in the request is not the one that a failure mode is about, in one sentence;
    empty if nothing was measured that says so."""
    if is_request_served(case):
        return _SERVED
    named = named_differences(case)
    if not named or any(is_about(case, each) for each in named):
        return ""
    return tr(
        "sent to the direct URL, the request fails {named}, and without that not",
        named=_describe(named),
    )


def difference_evidence(case: Case, difference: Difference) -> tuple[Evidence, ...]:
    """The line that makes the difference, and the requests that show what it does."""
    sent = [each for each in _sent(case, WITH) if difference in each.differences]
    served = [each for each in _sent(case, WITHOUT) if each.likeness == "served"]
    return (_line_evidence(case, difference), *map(follow_up_evidence, (*sent[:1], *served[:1])))


def _line_evidence(case: Case, difference: Difference) -> Evidence:
    resolution, where, by = case.message_resolution or case.resolution, difference.where, ""
    if where is None and resolution is not None:
        upstream, by = resolution.upstream, tr(", as Nginx does unless told otherwise")
        where = upstream.where if upstream else None
    place = str(where or (resolution.config.main if resolution else tr("the config")))
    own = (
        tr(" (the client's request: {own})", own=safe(difference.own, 120))
        if difference.own
        else ""
    )
    return Evidence(
        "config",
        place,
        tr(
            "the backend is asked {difference}{own}{by}",
            difference=safe(difference.text, 200),
            own=own,
            by=by,
        ),
    )


def describe_distinction(difference: Difference) -> str:
    """What separates this difference from all others, in one sentence."""
    return DISTINGUISHES.format(safe(difference.text, 200))


def describe_request(case: Case) -> tuple[str, ...]:
    """What the request as Nginx passes it on has shown, where no cause says it: a sentence each."""
    sent = next(iter(_sent(case, AS_SENT)), None)
    if sent is None:
        return _untried(case)
    doubts = tuple(
        tr("In the request as Nginx passes it on, {each}.", each=each) for each in sent.doubts
    )
    if sent.likeness == "served" and (other := addresses.other_backend(case)):
        return (_SERVED_ELSEWHERE.format(other=safe(other, 120)), *doubts)
    if sent.likeness == "served":
        return (f"{_SERVED_IN_PART if doubts else _SERVED}.", *doubts)
    if sent.likeness != "alike":
        evidence = follow_up_evidence(sent)
        return (
            tr(
                "The request as Nginx passes it on, at the direct URL: {evidence}.",
                evidence=evidence.text,
            ),
            *doubts,
        )
    named = named_differences(case)
    if named:
        lines = comma_list(dict.fromkeys(str(each.where) for each in named if each.where))
        place = f" ({lines})" if lines else ""
        return (
            tr(
                "The direct request fails as the proxied one does {named}{place}.",
                named=_describe(named),
                place=place,
            ),
        )
    everything = _describe(sent.differences)
    text = tr("The request as Nginx passes it on fails at the direct URL as through the proxy")
    return (
        tr(
            "{text}; which of its differences is at fault was not shown: {everything}.",
            text=text,
            everything=everything,
        ),
        *doubts,
    )


def _untried(case: Case) -> tuple[str, ...]:
    """That a request which may change something was not sent as Nginx passes it on."""
    is_served = any(is_live(result.timeline) for result in case.direct)
    refused = [r for r in case.proxy if r.outcome == "status" and r.timeline.status in _REFUSALS]
    if not case.target.is_sent_once or case.resolution is None or not (refused and is_served):
        return ()
    return (
        tr(
            "The request as Nginx passes it on was not sent to the direct URL, since it is no "
            "GET. ssewizard inspect --as-sent shows it: compare it with what the client sends."
        ),
    )


def _describe(differences: Iterable[Difference]) -> str:
    return safe(describe_differences(differences), 400)
