"""The question before a request that is not a GET is sent: it may change something, or cost."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain

from screens.questions import Notify, is_yes
from screens.widgets.prompt import Question
from wizard.investigation.investigation import Investigation
from wizard.investigation.requests import stream_probes
from wizard.investigation.saved import STREAM_STEPS, SavedInvestigation
from wizard.model.probe import Probe
from wizard.model.steps import StepId
from wizard.model.target import Target
from wizard.text.display import safe
from wizard.text.messages import plural, tr

NOT_SENT = tr("Nothing was sent: you did not allow the request.")
_WHY = tr("It is not a GET: it may change data on the server, or cost money.")
_ASK = tr("Type y to send it; any other answer does not:")


@dataclass(frozen=True, slots=True)
class SendPermission:
    """Asks before steps that send such a request; only `y` or `yes` allows it.

    Attributes:
        ask: Shows a question.
        notify: Shows why nothing is sent.
        repeated: The targets whose request may be sent again, by the user's word.
    """

    ask: Callable[[Question], None]
    notify: Notify
    repeated: list[Target] = field(default_factory=list)

    def then(
        self, investigation: Investigation, steps: Sequence[StepId], run: Callable[[], None]
    ) -> None:
        """Call `run` once the request may be sent; at once where these steps send none."""
        target = investigation.target
        probes = sent_probes(investigation, steps)
        is_known = target in self.repeated or _is_refused(investigation, steps)
        if target.method == "GET" or not probes or is_known:
            run()
            return

        def answered(is_allowed: object) -> None:
            if is_allowed is not True:
                self.notify(NOT_SENT)
                return
            if target.repeat:
                self.repeated.append(target)
            run()

        label = f"{describe_request(target, probes)}\n{_WHY}\n{_ASK}"
        self.ask(Question(label, is_yes, answered))


def _is_refused(investigation: Investigation, steps: Sequence[StepId]) -> bool:
    """True if a case file lacks what the request needs, so that no step sends it."""
    if not isinstance(investigation, SavedInvestigation):
        return False
    return all(investigation.refusal(step) for step in STREAM_STEPS & set(steps))


def sent_probes(investigation: Investigation, steps: Sequence[StepId]) -> tuple[Probe, ...]:
    """The probes that send the stream's request if these steps run.

    Step 2 sends the direct request too, which step 3 and step 8 then do not send again.
    """
    first: tuple[StepId, ...] = ("proxy", "verify", "direct")
    for step in first:
        if step in steps:
            return tuple(chain(*stream_probes(step, investigation.case)))
    return ()


def describe_request(target: Target, probes: Sequence[Probe]) -> str:
    """What is sent, and how often through the proxy and direct, in one sentence."""
    direct = list(dict.fromkeys(probe.url for probe in probes if probe.name == "sse-direct"))
    proxied = [probe for probe in probes if probe.name != "sse-direct"]
    often = tr("at least once") if target.repeat else tr("once")
    ways = [tr("{often} through the proxy", often=often)] if proxied else []
    ways += [tr("{often} direct, to {url}", often=often, url=safe(url, 100)) for url in direct]
    request, all_ways = f"{safe(target.method, 20)} {safe(target.url, 150)}", tr(" and ").join(ways)
    if not target.body:
        return tr("{request} is sent {ways}.", request=request, ways=all_ways)
    return tr(
        "{request}, with a body of {size}, is sent {ways}.",
        request=request,
        size=plural(len(target.body), "byte"),
        ways=all_ways,
    )
