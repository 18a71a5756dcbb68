"""What a step misses, as a question; the answer becomes part of the target."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from screens.widgets.prompt import Question
from wizard.investigation.investigation import Investigation
from wizard.investigation.saved import EVIDENCE_STEPS, SavedInvestigation
from wizard.model.parse import check_url, parse_conf, parse_hops, parse_log, parse_url
from wizard.model.steps import StepId
from wizard.model.target import LOCAL, Source, Target
from wizard.model.vantage import Vantage
from wizard.text.display import safe
from wizard.text.errors import UsageError

Give = Callable[[Target | None], None]
"""Takes the changed target, or None where the step is to be skipped."""

LOCAL_NGINX = "nginx -T"
_SKIP, _KEEP = "; Enter alone skips it", "; Enter takes it again"


def question_for(step: StepId, target: Target, give: Give) -> Question | None:
    """What can be given on this step; None where there is nothing to give."""
    made = {
        "root": _stream,
        "proxy": _stream,
        "direct": _direct,
        "logs": _log,
        "config": _conf,
    }.get(step)
    return made(target, give) if made else None


def _stream(target: Target, give: Give) -> Question:
    def done(url: object) -> None:
        give(replace(target, url=str(url)))

    return Question("The stream's public URL", check_url, done, target.url)


def _direct(target: Target, give: Give) -> Question:
    known = " ".join(map(str, target.direct))
    return Question(
        "The backend's own URL, http://host:port/sse (or several)"
        f"{_from(target)}{_KEEP if known else _SKIP}",
        lambda text: urls(text, target.vantages),
        lambda places: give(_with_direct(target, places)),
        known,
    )


def _with_direct(target: Target, places: object) -> Target | None:
    return replace(target, direct=places) if isinstance(places, tuple) and places else None


def _log(target: Target, give: Give) -> Question:
    return Question(
        f"A log file: access.log, error.log or the backend's{_from(target)}{_SKIP}",
        lambda text: log(text, target.vantages),
        _taking(give, lambda place: replace(target, logs=(*target.logs, place))),
    )


def _conf(target: Target, give: Give) -> Question:
    known = str(target.conf) or LOCAL_NGINX if target.conf else ""
    return Question(
        f"nginx.conf, a saved dump, or {LOCAL_NGINX} to run that here"
        f"{_from(target)}{_KEEP if known else _SKIP}",
        lambda text: config(text, target.vantages),
        _taking(give, lambda place: replace(target, conf=place)),
        known,
    )


def hop_question(target: Target, take: Callable[[Target], None]) -> Question:
    """The proxies in a row, all in one line; an empty one means that there are none."""

    def done(hops: object) -> None:
        if isinstance(hops, tuple) and hops != target.hops:
            take(replace(target, hops=hops))

    return Question(
        "The proxies in a row behind the URL, outermost first: NAME=URL, a space between several; "
        "NAME=PLACE=URL looks from there",
        lambda text: parse_hops(text.split(), target.vantages),
        done,
        " ".join(map(str, target.hops)),
    )


def _from(target: Target) -> str:
    """How to name the other places, where there are any."""
    names = ", ".join(f"{one.name}=…" for one in target.vantages)
    return f"; {names}: from there" if names else ""


def _taking(give: Give, changed: Callable[[Source], Target]) -> Callable[[object], None]:
    return lambda place: give(changed(place) if isinstance(place, Source) else None)


def urls(text: str, vantages: Sequence[Vantage] = ()) -> tuple[Source, ...]:
    """Each `[VANTAGE=]URL`, a blank between them. Raises `UsageError`."""
    return tuple(dict.fromkeys(parse_url(word, vantages) for word in text.split()))


def config(text: str, vantages: Sequence[Vantage] = ()) -> Source | None:
    """A config file or `nginx -T`, here or at a vantage; None for an empty answer. A file here
    must exist. Raises `UsageError`."""
    return _existing(config_of(text.strip(), vantages)) if text.strip() else None


def config_of(text: str, vantages: Sequence[Vantage]) -> Source:
    """The same, without a look at the file."""
    if text == LOCAL_NGINX:
        return Source("")
    place = parse_conf(text, vantages)
    return replace(place, locator="") if place.locator == LOCAL_NGINX else place


def log(text: str, vantages: Sequence[Vantage] = ()) -> Source | None:
    """A log file or the command that shows a log, here or at a vantage; None for an empty answer.
    A file here must exist. Raises `UsageError`."""
    return _existing(parse_log(text.strip(), vantages)) if text.strip() else None


def _existing(place: Source) -> Source:
    if place.vantage != LOCAL or place.command or not place.locator:
        return place
    path = Path(place.locator).expanduser()
    if not path.is_file():
        raise UsageError(f"{safe(place.locator, 200)}: no such file here")
    return replace(place, locator=str(path))


_THIS = "This case runs commands here, on this machine:"
_TYPE = "Type y to allow that; anything else does not:"
NOT_ALLOWED = "Nothing was run: the commands of this case were not allowed."
PAGE = 600
"""How many characters of commands are shown at a time."""


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether the commands that a case file names may run here, asked as many at a time as can be
    read at once; only a `y` allows them.

    Attributes:
        ask: Shows a question.
        refuse: Takes, in one sentence, why nothing is run.
    """

    spec: Callable[[Question], None]
    refuse: Callable[[str], None]

    def then(self, known: Investigation, steps: Iterable[StepId], run: Callable[[], None]) -> None:
        """Run, once all is allowed; at once where these steps run no command of a stranger."""
        if (
            not isinstance(known, SavedInvestigation)
            or known.trusted
            or not EVIDENCE_STEPS & set(steps)
        ):
            run()
        elif known.command_problem:
            self.refuse(known.command_problem)
        else:
            self._ask(_pages(known.commands), known, run)

    def _ask(
        self, pages: Sequence[str], known: SavedInvestigation, run: Callable[[], None]
    ) -> None:
        if not pages:
            known.trusted = known.trusted or bool(known.commands)
            run()
            return

        def answered(allowed: object) -> None:
            if allowed is True:
                self._ask(pages[1:], known, run)
            else:
                self.refuse(NOT_ALLOWED)

        self.spec(Question(f"{_THIS}\n{pages[0]}\n{_TYPE}", _is_yes, answered))


def _is_yes(text: str) -> bool:
    return text.strip().lower() in ("y", "yes")


def _pages(commands: Sequence[str]) -> list[str]:
    """The commands, each whole and on lines of its own."""
    pages: list[str] = []
    for one in commands:
        if pages and len(pages[-1]) + len(one) <= PAGE:
            pages[-1] += f"\n  {one}"
        else:
            pages.append(f"  {one}")
    return pages
