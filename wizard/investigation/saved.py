"""An investigation that a case file holds: shown as it was, and able to ask again."""

import shlex
import time
from collections.abc import Callable
from dataclasses import replace

from wizard.investigation.casefile import CaseRecord, cause_labels
from wizard.investigation.investigation import Investigation
from wizard.investigation.steps import StepResult
from wizard.model.case import StepId, StepState
from wizard.model.target import Target
from wizard.text.display import safe, visible
from wizard.text.redaction import has_withheld_secret

EVIDENCE_STEPS: frozenset[StepId] = frozenset(
    {"root", "proxy", "direct", "logs", "config", "verify"}
)
HEADER_STEPS: frozenset[StepId] = frozenset({"root", "proxy", "direct", "verify"})
"""The steps that send the headers that were given."""
LONGEST = 400
"""The longest command, in characters, that can be confirmed: beyond it nobody reads it whole."""


class SavedInvestigation(Investigation):
    """Begins with what was recorded; what was concluded is concluded anew.

    Attributes:
        record: What the file holds.
        trusted: Whether the commands that the case names may be run on this machine. A case file
            can come from anybody: its vantages are commands.
    """

    def __init__(
        self,
        record: CaseRecord,
        *,
        trusted: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(record.case.target, clock=clock, stored=record.case)
        self.record, self.trusted = record, trusted
        self._anew: set[StepId] = set()
        done = [one for one in record.steps if one.state not in ("todo", "running")]
        if {one.id for one in done} & {"cause", "fix"}:
            self._conclude()
        if "fix" in {one.id for one in done}:
            self._derive()
        for one in record.steps:
            cut = one.state == "running"
            self._enter(one.id, "todo" if cut else one.state, "interrupted" if cut else one.why)

    @property
    def elapsed_s(self) -> float:
        """As recorded, in seconds, until something is asked again."""
        return super().elapsed_s if self._anew else self.record.elapsed_s

    @property
    def is_as_recorded(self) -> bool:
        """Whether nothing was asked since it was opened."""
        return not self._anew

    @property
    def commands(self) -> tuple[str, ...]:
        """The commands of the case that asking again would run on this machine, each as a shell
        would take it, whole and visible."""
        target = self.target
        words = [
            *(one.prefix for one in target.vantages),
            *(place.command for place in target.logs if place.command),
        ]
        shown = (shlex.join(one) for one in words)
        return tuple(dict.fromkeys(visible(one, len(one)) for one in shown))

    def refusal(self, step: StepId) -> str:
        """Why this step can ask nothing again; empty if it can."""
        if has_withheld_secret(_asked(self.target)):
            return (
                "a case file holds no secrets, and one belongs to the URL or to a command of this "
                "case: give it again, with i or on the command line"
            )
        names = ", ".join(name for name, value in self.target.headers if has_withheld_secret(value))
        if names and step in HEADER_STEPS:
            return (
                f"not asked without {names}, whose value no case file holds: "
                f"ssewizard open FILE --header '{names.split(', ')[0]}: …'"
            )
        return "" if self.trusted else self._unconfirmed()

    @property
    def command_problem(self) -> str:
        """Why the case's commands cannot be confirmed at all; empty if they can."""
        long = next((one for one in self.commands if len(one) > LONGEST), "")
        if not long:
            return ""
        return (
            f"this case would run a command of {len(long)} characters here, too long to be "
            f"confirmed: {long[:60]} …"
        )

    def _unconfirmed(self) -> str:
        if self.command_problem or not self.commands:
            return self.command_problem
        return f"this case runs commands here, not confirmed yet: {self.commands[0]}"

    async def run(self, step: StepId) -> StepState:
        """As ever; refused where the case lacks what it would take, or names commands to run here
        that nobody has confirmed. That is no fault of what is looked into: it is skipped."""
        if step in EVIDENCE_STEPS and not self.missing_input(step):
            if problem := self.refusal(step):
                return self._enter(step, "skip", problem)
            self._anew.add(step)
        return await super().run(step)

    def conclude(self) -> None:
        """Conclude from what is recorded, also where that was never done; asks nothing."""
        if self._diagnosis is None:
            self._conclude()

    def give_headers(self, headers: tuple[tuple[str, str], ...]) -> None:
        """Values for headers that the file holds the names of, and further ones; what was
        recorded with them stays."""
        given = {name.lower() for name, _ in headers}
        kept = tuple(one for one in self.target.headers if one[0].lower() not in given)
        self._session.give_headers((*kept, *headers))

    def _conclude(self) -> StepResult:
        result = super()._conclude()
        assert self._diagnosis is not None
        notes = (*self._remarks(cause_labels(self._diagnosis)), *self._diagnosis.notes)
        self._diagnosis = replace(self._diagnosis, notes=notes)
        return result

    def _remarks(self, causes: tuple[str, ...]) -> tuple[str, ...]:
        """What must be said of a conclusion from a file."""
        record = self.record
        again = ", ".join(sorted(self._anew))
        asked = f"run again since: {again}" if again else "nothing was asked now"
        said = f"As recorded {record.when} by ssewizard {record.tool}; {asked}."
        if self._anew or not record.verdict or causes == record.causes:
            return (said, *record.notes)
        then = ", ".join(record.causes) or record.verdict
        now = ", ".join(causes) or "no cause"
        return (said, f"That version concluded {then}; this one {now}.", *record.notes)


def _asked(target: Target) -> str:
    """All that would be sent or run, headers left out: those that are withheld are not sent."""
    return repr(replace(target, headers=()))


def record_of(investigation: Investigation) -> CaseRecord:
    """The investigation at this moment."""
    if isinstance(investigation, SavedInvestigation) and investigation.is_as_recorded:
        return investigation.record
    diagnosis = investigation.diagnosis
    return CaseRecord(
        investigation.case,
        tuple(investigation.steps.values()),
        saved=time.time(),
        elapsed_s=investigation.elapsed_s,
        verdict=diagnosis.verdict if diagnosis else "",
        causes=cause_labels(diagnosis) if diagnosis else (),
    )


def shown(record: CaseRecord) -> str:
    """A record in one line: which URL, when, how far it came."""
    return f"{safe(record.case.target.url, 100)}, {record.when}, {record.done} steps done"
