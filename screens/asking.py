"""What a step misses, as a question; the answer becomes part of the target."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from screens.prompt import Question
from wizard.cli.places import check_url, conf_of, url_of
from wizard.errors import UsageError
from wizard.investigation import Investigation
from wizard.model import Place, StepId, Target
from wizard.reopened import GATHERING, Reopened
from wizard.text import safe

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


def trust_question(
    known: Investigation, steps: Iterable[StepId], run: Callable[[], None]
) -> Question | None:
    """Whether the commands that a case file names may run here; None where none would."""
    if not isinstance(known, Reopened) or known.trusted or not known.commands:
        return None
    if not GATHERING & set(steps):
        return None

    def confirm(answer: object) -> None:
        known.trusted = True
        run()

    said = "; ".join(safe(one, 1000) for one in known.commands)
    return Question(f"This case runs here: {said}. Enter allows it, Esc does not", str, confirm)


def _stream(target: Target, give: Give) -> Question:
    def done(url: object) -> None:
        give(replace(target, url=str(url)))

    return Question("The stream's public URL", check_url, done, target.url)


def _direct(target: Target, give: Give) -> Question:
    known = target.direct[0].what if target.direct else ""
    return Question(
        f"The backend's own URL, http://host:port/sse{_KEEP if known else _SKIP}",
        lambda text: url_of(text.strip(), target.vantages) if text.strip() else None,
        _taking(give, lambda place: replace(target, direct=(place,))),
        known,
    )


def _log(target: Target, give: Give) -> Question:
    return Question(
        f"A log file: access.log, error.log or the backend's{_SKIP}",
        existing,
        _taking(give, lambda place: replace(target, logs=(*target.logs, place))),
    )


def _conf(target: Target, give: Give) -> Question:
    known = (target.conf.what or LOCAL_NGINX) if target.conf else ""
    return Question(
        f"nginx.conf, a saved dump, or {LOCAL_NGINX} to run that here{_KEEP if known else _SKIP}",
        config,
        _taking(give, lambda place: replace(target, conf=place)),
        known,
    )


def _taking(give: Give, changed: Callable[[Place], Target]) -> Callable[[object], None]:
    return lambda place: give(changed(place) if isinstance(place, Place) else None)


def config(text: str) -> Place | None:
    """A config file, or a local `nginx -T`. Raises `UsageError`."""
    return Place("") if text.strip() == LOCAL_NGINX else existing(text)


def existing(text: str) -> Place | None:
    """The file of that name, None for an empty answer. Raises `UsageError`."""
    name = text.strip()
    if not name:
        return None
    place = conf_of(name)
    if not Path(place.what).expanduser().is_file():
        raise UsageError(f"{safe(name, 200)}: no such file here")
    return Place(str(Path(place.what).expanduser()), place.vantage)
