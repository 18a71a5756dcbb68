"""A recommendation as annotations of an Ingress, in the dialect of its controller."""

from collections.abc import Iterator, Sequence

from wizard.model.case import Case
from wizard.model.change import SET_DIRECTIVES, Change
from wizard.model.diagnosis import BlockLine, Part, Recommendation
from wizard.model.target import Style
from wizard.recommend import reasons
from wizard.recommend.dialects import DIALECTS, Dialect, is_virtual_server
from wizard.recommend.from_config import not_in_force
from wizard.recommend.from_observation import message_paths
from wizard.recommend.settings import WantedSettings, merge
from wizard.text.messages import tr

_GENERATED = tr("edit the Ingress, not nginx.conf: the controller writes that file again")
_NOT_IN_SNIPPETS = SET_DIRECTIVES | {"limit_conn", "limit_req_dry_run", "if"}
"""Directives for which the controllers have settings of their own."""


def recommend_annotations(case: Case, wanted: WantedSettings, style: Style) -> Recommendation:
    """What to write into the Ingress."""
    dialect, changes = DIALECTS[style], _changes(case, wanted)
    annotated = [change for change in changes if change.name in dialect.annotations]
    names = {change.name for change in annotated} | _NOT_IN_SNIPPETS
    snippet = [c for c in changes if c.scope == "location" and c.name not in names]
    lines = [*_annotations(dialect, annotated), *_snippet(dialect, snippet)]
    if lines:
        lines.insert(0, BlockLine("metadata:", tr("of the Ingress that holds the path")))
        lines.insert(1, BlockLine("  annotations:", tr("added to those that it has")))
    if wanted.routes_messages:
        paths = message_paths(case)
        lines += _path_rule(paths[0] if paths else "/message", _WHY_MESSAGES)
    for path in wanted.public_paths(case):
        lines += _path_rule(path, _WHY_PUBLIC)
    what = tr(" and ").join(dialect.annotations[change.name][0] for change in annotated)
    return Recommendation(
        change=tr("as annotations of the Ingress: {what}", what=what or tr("see what to adapt")),
        parts=(Part(tuple(lines) or (_NO_ANNOTATION,)),),
        adapt=tuple(filter(None, _notes(case, wanted, style))),
    )


_NO_ANNOTATION = BlockLine(
    tr("# no annotation does this: see what to adapt"), tr("see what to adapt")
)


def _changes(case: Case, wanted: WantedSettings) -> tuple[Change, ...]:
    """What to set for the stream and its messages that is not in force yet."""
    stream, messages = case.resolution, case.message_resolution or case.resolution
    changes, posted = wanted.for_stream(case), wanted.for_messages(case, messages)
    if stream and messages:
        changes, posted = not_in_force(stream, changes), not_in_force(messages, posted)
    everything = merge((*changes, *posted, *wanted.for_stream(case, "upstream")))
    return tuple(change for change in everything if not change.if_present)


def _annotations(dialect: Dialect, changes: Sequence[Change]) -> Iterator[BlockLine]:
    for change in changes:
        name, format_value = dialect.annotations[change.name]
        line = f'    {dialect.prefix}/{name}: "{format_value(change.value)}"'
        yield BlockLine(line, reasons.reason_of(change))


def _snippet(dialect: Dialect, changes: Sequence[Change]) -> Iterator[BlockLine]:
    if changes:
        why = tr(
            "no annotation of its own; a snippet {snippet_condition}",
            snippet_condition=dialect.snippet_condition,
        )
        yield BlockLine(f"    {dialect.prefix}/{dialect.snippet}: |", why)
    for change in changes:
        yield BlockLine(f"      {change.text}", reasons.reason_of(change))


_WHY_MESSAGES = tr("the path that the endpoint event names")
_WHY_PUBLIC = tr("the path that the 401 names; without annotations that ask for credentials")


def _path_rule(path: str, reason: str) -> Iterator[BlockLine]:
    """A path of its own in the Ingress's rule."""
    place = tr("# under spec.rules[].http.paths, with the backend of the stream's path:")
    yield BlockLine(place, "where")
    yield BlockLine(f'- path: "{path}"', reason)
    yield BlockLine("  pathType: Exact", tr("this path alone"))


def _notes(case: Case, wanted: WantedSettings, style: Style) -> Iterator[str]:
    dialect = DIALECTS[style]
    yield _GENERATED
    yield dialect.scope_note
    if is_virtual_server(case.resolution):
        yield dialect.virtual_server_note
    if wanted.ends_buffering:
        yield dialect.unbuffered_note
    yield from wanted.notes(case, style)
    yield dialect.controller_note
