"""Which settings the paths need: what the rules of the findings ask for, merged."""

from collections.abc import Iterable, Sequence

from wizard.diagnose.rules import rule_named
from wizard.diagnose.settings import NginxSettings, cache_off
from wizard.model.case import Case
from wizard.model.change import Change, Scope, by_key
from wizard.model.diagnosis import Diagnosis, Finding
from wizard.model.resolution import RequestResolution
from wizard.model.target import Style

_ORDER = (
    "_buffering",
    "_ignore_headers",
    "gzip",
    "_cache",
    "_http_version",
    "_set_header",
    "add_header",
    "_ssl_server_name",
    "_ssl_name",
    "_connect_timeout",
    "limit_req_dry_run",
    "limit_conn",
    "client_max_body_size",
    "_read_timeout",
)
"""The order in which a reader finds new settings, by the ends of their names."""


def settings_of(diagnosis: Diagnosis) -> tuple[NginxSettings, ...]:
    """What the rules of all findings ask for that Nginx can fix, risks included.

    Nothing if Nginx can fix none of the causes.
    """
    if not any(map(_settings, diagnosis.causes)):
        return ()
    found = map(_settings, (*diagnosis.causes, *diagnosis.risks))
    return tuple(settings for settings in found if settings)


def _settings(finding: Finding) -> NginxSettings | None:
    rule = rule_named(finding.id) if finding.fix.where == "nginx" else None
    return rule.settings if rule else None


def stream_changes(case: Case, wanted: Iterable[NginxSettings]) -> tuple[Change, ...]:
    """What to set for the stream's path. A cache is always switched off there."""
    resolution = case.resolution
    changes = [
        change
        for settings in wanted
        for get in (settings.stream, settings.both)
        for change in get(case, resolution)
    ]
    no_cache = cache_off(resolution)
    if resolution and resolution.value(no_cache.name) not in ("", "off"):
        changes.append(no_cache)
    return _merged(changes)


def message_changes(
    case: Case, resolution: RequestResolution | None, wanted: Iterable[NginxSettings]
) -> tuple[Change, ...]:
    """What to set for the path that messages are posted to.

    Args:
        resolution: What serves that path; None without a config.
    """
    alone = [change for one in wanted for change in one.messages(case, resolution)]
    if resolution is None or not resolution.can_buffer:
        return _merged(alone)
    both = [change for one in wanted for change in one.both(case, resolution)]
    return tuple(by_key((*_merged(alone), *_merged(both))).values())


def _merged(changes: Iterable[Change]) -> tuple[Change, ...]:
    return tuple(sorted(by_key(changes).values(), key=_rank))


def _rank(change: Change) -> int:
    return next((at for at, end in enumerate(_ORDER) if change.name.endswith(end)), len(_ORDER))


def in_scope(changes: Iterable[Change], scope: Scope) -> tuple[Change, ...]:
    """The changes that belong into the location, the upstream block or the http block."""
    return tuple(change for change in changes if change.scope == scope)


def notes_of(case: Case, wanted: Sequence[NginxSettings], style: Style) -> tuple[str, ...]:
    """What the rules tell the reader of a config of this kind, each note once."""
    notes = (note for settings in wanted for note in settings.notes(case, style))
    return tuple(dict.fromkeys(notes))
