"""A config that does not tell who answers the stream's path, and the case without it.

Such a config supports no conclusion about the path, and must not stand in the way of one that was
possible without any config.
"""

from collections.abc import Iterator
from dataclasses import replace

from wizard.model.case import Case
from wizard.model.diagnosis import Finding
from wizard.model.resolution import RequestResolution
from wizard.text.display import safe

_UNREAD = ("give --conf to confirm", "give --conf")
_GIVEN = "the given config does not decide it"


def without_undecided_config(case: Case) -> Case:
    """The case without the resolutions that do not tell who answers."""
    if not any(_undecided(case)):
        return case
    return replace(
        case,
        resolution=_decided(case.resolution),
        root_resolution=_decided(case.root_resolution),
        message_resolution=_decided(case.message_resolution),
    )


def describe_undecided_config(case: Case) -> tuple[str, ...]:
    """One sentence for each reason why the config does not decide who answers."""
    paths: dict[str, list[str]] = {}
    for each in _undecided(case):
        paths.setdefault(each.doubt, []).append(safe(each.request.path, 120))
    return tuple(
        f"The config does not tell who answers {' and '.join(dict.fromkeys(names))}: "
        f"{safe(doubt, 300)}. What is said of it rests on the probes and logs."
        for doubt, names in paths.items()
    )


def reword(finding: Finding, case: Case) -> Finding:
    """The finding without the advice to give a config, if one was given that decides nothing."""
    if not any(_undecided(case)):
        return finding
    text = finding.distinguishes
    for advice in _UNREAD:
        text = text.replace(advice, _GIVEN)
    return replace(finding, distinguishes=text)


def _undecided(case: Case) -> Iterator[RequestResolution]:
    for each in (case.resolution, case.message_resolution):
        if each is not None and each.is_undecided:
            yield each


def _decided(resolution: RequestResolution | None) -> RequestResolution | None:
    return None if resolution is not None and resolution.is_undecided else resolution
