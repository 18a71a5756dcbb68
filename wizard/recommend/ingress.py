"""A recommendation as annotations of an Ingress, in the dialect of its controller."""

from collections.abc import Iterator, Sequence

from wizard.diagnose.settings import NginxSettings
from wizard.model.case import Case
from wizard.model.change import SET_DIRECTIVES, Change, by_key
from wizard.model.diagnosis import BlockLine, Recommendation
from wizard.model.target import Style
from wizard.recommend import reasons
from wizard.recommend.dialect import DIALECTS, Dialect, is_virtual_server
from wizard.recommend.from_config import pending
from wizard.recommend.from_observation import message_paths
from wizard.recommend.settings import in_scope, message_changes, notes_of, stream_changes

_GENERATED = "edit the Ingress, not nginx.conf: the controller writes that file again"
_NOT_IN_SNIPPETS = SET_DIRECTIVES | {"limit_conn", "limit_req_dry_run"}
"""Directives for which the controllers have settings of their own."""


def recommend_annotations(
    case: Case, wanted: Sequence[NginxSettings], style: Style
) -> Recommendation:
    """What to write into the Ingress."""
    dialect, changes = DIALECTS[style], _changes(case, wanted)
    annotated = [change for change in changes if change.name in dialect.annotations]
    names = {change.name for change in annotated} | _NOT_IN_SNIPPETS
    snippet = [change for change in changes if change.name not in names]
    lines = [*_annotations(dialect, annotated), *_snippet(dialect, snippet)]
    if lines:
        lines.insert(0, BlockLine("metadata:", "of the Ingress that holds the path"))
        lines.insert(1, BlockLine("  annotations:", "added to those that it has"))
    if any(settings.routes_messages for settings in wanted):
        lines += _path_rule(case)
    what = " and ".join(dialect.annotations[change.name][0] for change in annotated)
    return Recommendation(
        summary=f"as annotations of the Ingress: {what or 'see what is to adapt'}",
        lines=tuple(lines) or (_NO_ANNOTATION,),
        adapt=tuple(filter(None, _notes(case, wanted, style))),
    )


_NO_ANNOTATION = BlockLine("# no annotation says this: see what is to adapt", "as it says")


def _changes(case: Case, wanted: Sequence[NginxSettings]) -> tuple[Change, ...]:
    """What to set for the stream and its messages that is not in force yet."""
    stream, messages = case.resolution, case.message_resolution or case.resolution
    changes = stream_changes(case, wanted)
    upstream = in_scope(changes, "upstream")
    changes = in_scope(changes, "location")
    posted = in_scope(message_changes(case, messages, wanted), "location")
    if stream and messages:
        changes, posted = pending(stream, changes), pending(messages, posted)
    merged = by_key((*changes, *posted, *upstream)).values()
    return tuple(change for change in merged if not change.if_present)


def _annotations(dialect: Dialect, changes: Sequence[Change]) -> Iterator[BlockLine]:
    for change in changes:
        name, format_value = dialect.annotations[change.name]
        line = f'    {dialect.prefix}/{name}: "{format_value(change.value)}"'
        yield BlockLine(line, reasons.changed(change))


def _snippet(dialect: Dialect, changes: Sequence[Change]) -> Iterator[BlockLine]:
    if changes:
        why = f"no annotation of its own; a snippet {dialect.snippet_condition}"
        yield BlockLine(f"    {dialect.prefix}/{dialect.snippet}: |", why)
    for change in changes:
        yield BlockLine(f"      {change.text}", reasons.changed(change))


def _path_rule(case: Case) -> Iterator[BlockLine]:
    """The messages' path in the Ingress's rule."""
    paths = message_paths(case)
    path = paths[0] if paths else "/message"
    yield BlockLine(
        "# under spec.rules[].http.paths, with the backend of the stream's path:", "where"
    )
    yield BlockLine(f'- path: "{path}"', "the path that the endpoint event names")
    yield BlockLine("  pathType: Exact", "this path alone")


def _notes(case: Case, wanted: Sequence[NginxSettings], style: Style) -> Iterator[str]:
    dialect = DIALECTS[style]
    yield _GENERATED
    yield dialect.scope_note
    if is_virtual_server(case.resolution):
        yield dialect.virtual_server_note
    if any(settings.ends_buffering for settings in wanted):
        yield dialect.unbuffered_note
    yield from notes_of(case, wanted, style)
    yield dialect.controller_note
