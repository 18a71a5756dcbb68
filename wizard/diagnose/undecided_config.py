"""A config that does not tell who answers the stream's path, or that Nginx refuses, and the case
without it.

Such a config supports no conclusion about the path, and must not stand in the way of one that was
possible without any config.
"""

from collections.abc import Iterator
from dataclasses import replace

from wizard.model.case import Case
from wizard.model.resolution import RequestResolution
from wizard.text.display import and_list, safe
from wizard.text.messages import tr


def without_undecided_config(case: Case) -> Case:
    """The case without the resolutions on which no conclusion may rest."""
    if not has_useless_config(case):
        return case
    return replace(
        case,
        resolution=_decided(case.resolution),
        root_resolution=_decided(case.root_resolution),
        message_resolution=_decided(case.message_resolution),
    )


def describe_undecided_config(case: Case) -> tuple[str, ...]:
    """One sentence for each reason why no conclusion rests on the config."""
    refusals = {str(each.refusal) for each in _unsupportive(case) if each.refusal}
    if refusals:
        return tuple(map(describe_refusal, sorted(refusals)))
    paths: dict[str, list[str]] = {}
    for each in _unsupportive(case):
        paths.setdefault(str(each.doubt), []).append(safe(each.request.path, 120))
    return tuple(
        tr(
            "The config does not show who answers {places}: {doubt}. What is said about that "
            "path rests on the requests and logs.",
            places=and_list(dict.fromkeys(names)),
            doubt=safe(doubt, 300),
        )
        for doubt, names in paths.items()
    )


def describe_refusal(refusal: object) -> str:
    """That Nginx refuses this config, in two sentences."""
    return tr(
        "Nginx refuses this config ({refusal}), so the running Nginx has another one. What is "
        "said about the path rests on the requests and logs.",
        refusal=safe(str(refusal), 300),
    )


def has_useless_config(case: Case) -> bool:
    """True if a config was given on which no conclusion may rest."""
    return any(_unsupportive(case))


def _unsupportive(case: Case) -> Iterator[RequestResolution]:
    for each in (case.resolution, case.message_resolution):
        if each is not None and each.supports_nothing:
            yield each


def _decided(resolution: RequestResolution | None) -> RequestResolution | None:
    return None if resolution is not None and resolution.supports_nothing else resolution
