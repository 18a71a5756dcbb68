"""What all reports are made from, and the checks in the words of `contract.md`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wizard.investigation.step_results import rate_results
from wizard.model.case import Case, ProbeResult
from wizard.model.diagnosis import Diagnosis, Recommendation
from wizard.model.handshake import Handshake
from wizard.model.steps import State, StepId, StepState
from wizard.text.display import safe

CheckId = Literal["root-proxy", "sse-proxy", "sse-hop", "sse-direct", "logs", "config", "handshake"]
Status = Literal["pass", "fail", "warn", "skip"]

_OF_STEP: tuple[tuple[CheckId, StepId], ...] = (
    ("root-proxy", "root"),
    ("sse-proxy", "proxy"),
    ("sse-direct", "direct"),
    ("logs", "logs"),
    ("config", "config"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """One check: never `pass` unless it ran."""

    id: CheckId
    status: Status
    why: str
    results: tuple[ProbeResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One investigation's values."""

    case: Case
    diagnosis: Diagnosis
    recommendation: Recommendation | None
    steps: Mapping[StepId, StepState]
    elapsed_s: float

    @property
    def checks(self) -> tuple[Check, ...]:
        """Every check, also those that did not run."""
        root, proxy, *rest = (self._check(id, step) for id, step in _OF_STEP)
        return (root, proxy, *self._hops(), *rest, _handshake(self.case))

    def _hops(self) -> tuple[Check, ...]:
        """The proxies in a row, where any were named."""
        if not self.case.target.hops:
            return ()
        state, why = rate_results(self.case.hops, self.case.handshake("proxy"))
        return (Check("sse-hop", _status(state), safe(why), self.case.hops),)

    def _check(self, id: CheckId, step: StepId) -> Check:
        state = self.steps.get(step, StepState(step))
        status, why = _status(state.state), state.why or "it did not run"
        if id == "sse-proxy" and state.state in ("pass", "warn", "fail"):
            # The step counts the handshake too; here that is a check of its own.
            ran = rate_results(self.case.proxy, self.case.handshake("proxy"))
            status, why = _status(ran[0]), ran[1]
        return Check(id, status, safe(why), self._results(id))

    def _results(self, id: CheckId) -> tuple[ProbeResult, ...]:
        if id == "root-proxy" and self.case.root is not None:
            from wizard.diagnose.outcome import classify

            return (classify(self.case.root),)
        return {"sse-proxy": self.case.proxy, "sse-direct": self.case.direct}.get(id, ())


def problems(case: Case) -> tuple[str, ...]:
    """What was wrong with the inputs, one sentence each."""
    return (*case.problems.values(), *(one.problem for one in case.logs if one.problem))


def unreached(case: Case) -> tuple[str, ...]:
    """Why vantages could not be used, one sentence each."""
    return tuple(one.problem for one in case.capabilities if one.problem)


def unread(case: Case) -> tuple[str, ...]:
    """Those of them that cost an input: a log of which only a part was read has been read."""
    failing = (one for one in case.logs if not one.read and one.history is None)
    logs = (one.problem for one in failing if one.problem)
    return (*case.problems.values(), *logs)


def _status(state: State) -> Status:
    """A step that is still to be done, or was interrupted, counts as skipped."""
    return "skip" if state in ("todo", "running") else state  # type: ignore[return-value]


def _handshake(case: Case) -> Check:
    """Passes where the proxied handshake is done; fails where only the direct one is."""
    if not case.target.mcp:
        return Check("handshake", "skip", "--no-mcp was given")
    proxied, direct = case.handshake("proxy"), case.handshake("direct")
    if proxied is None:
        return Check("handshake", "skip", "the stream was not probed through the proxy")
    why = "; ".join(handshake_words(one) for one in (proxied, direct) if one)
    if proxied.is_complete:
        return Check("handshake", "pass", why)
    if proxied.skipped or (proxied.transport == "unknown" and not (direct and direct.is_complete)):
        return Check("handshake", "skip", why)
    return Check("handshake", "fail", why)


def handshake_words(one: Handshake) -> str:
    """One side's handshake in a few words."""
    if one.is_complete:
        version, server = safe(one.version, 40), safe(one.server, 80)
        return f"{one.side}: {one.transport} {version}, {server or 'a nameless server'}"
    if one.transport == "unknown" and not one.skipped:
        return f"{one.side}: no MCP server answered ({safe(one.why, 200)})"
    return f"{one.side}: {'not tried, ' if one.skipped else ''}{safe(one.why, 300)}"
