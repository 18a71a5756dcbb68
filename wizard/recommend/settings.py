"""The settings that the paths need: those of all findings' rules, merged."""

from collections.abc import Iterable
from dataclasses import dataclass

from wizard.diagnose.rule_settings import NginxSettings, cache_off, is_passed_on
from wizard.diagnose.rules import rule_named
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
    "_hide_header",
    "add_header",
    "_ssl_server_name",
    "_ssl_name",
    "_connect_timeout",
    "limit_req_dry_run",
    "limit_conn",
    "client_max_body_size",
    "_read_timeout",
)
"""The order of new settings in a block, by the ends of their names."""


@dataclass(frozen=True, slots=True)
class WantedSettings:
    """The settings of each finding's rule, in the order of the findings."""

    parts: tuple[NginxSettings, ...]

    @property
    def ends_buffering(self) -> bool:
        """True if the stream is held by buffering."""
        return any(part.ends_buffering for part in self.parts)

    @property
    def routes_stream(self) -> bool:
        """True if another location must serve the stream."""
        return any(part.routes_stream for part in self.parts)

    @property
    def routes_messages(self) -> bool:
        """True if the messages need a location that leads to the stream's backend."""
        return any(part.routes_messages for part in self.parts)

    @property
    def concerns_messages(self) -> bool:
        """True if something changes for the path of the messages."""
        return any(part.concerns_messages for part in self.parts)

    def for_stream(self, case: Case, scope: Scope = "location") -> tuple[Change, ...]:
        """What to set for the stream's path in that block. A cache is always switched off."""
        resolution = case.resolution
        changes: list[Change] = []
        for part in self.parts:
            changes += (*part.stream(case, resolution), *part.both(case, resolution))
        if resolution:
            cache = cache_off(case, resolution)
            changes += (
                change for change in cache if resolution.value(change.name) not in ("", "off")
            )
        return _ordered(changes, scope)

    def for_messages(
        self, case: Case, resolution: RequestResolution | None, scope: Scope = "location"
    ) -> tuple[Change, ...]:
        """What to set in that block for the messages' path, whose resolution this is."""
        alone = [change for part in self.parts for change in part.messages(case, resolution)]
        both: list[Change] = []
        if resolution is None or is_passed_on(resolution):
            both += [change for part in self.parts for change in part.both(case, resolution)]
        return merge((*_ordered(alone, scope), *_ordered(both, scope)))

    def public_paths(self, case: Case) -> tuple[str, ...]:
        """The paths that need a location which leads to the stream's backend, open to everybody."""
        paths = (part.public_path(case) for part in self.parts)
        return tuple(dict.fromkeys(filter(None, paths)))

    def notes(self, case: Case, style: Style) -> tuple[str, ...]:
        """What the reader of a config of this kind must know, each note once."""
        notes = (note for part in self.parts for note in part.notes(case, style))
        return tuple(dict.fromkeys(notes))


def wanted_settings(diagnosis: Diagnosis) -> WantedSettings | None:
    """What to set because of the findings, risks included; None if Nginx can fix no cause."""
    if not any(map(_settings_of, diagnosis.causes)):
        return None
    parts = map(_settings_of, (*diagnosis.causes, *diagnosis.risks))
    return WantedSettings(tuple(filter(None, parts)))


def _settings_of(finding: Finding) -> NginxSettings | None:
    rule = rule_named(finding.id) if finding.fix.where == "nginx" else None
    return rule.settings if rule else None


def merge(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The changes, with one for each directive (see `by_key`)."""
    return tuple(by_key(changes).values())


_MISSING = frozenset({"grpc_buffering", "grpc_cache"})
"""What Nginx has for other modules alone: it never holds an answer of `grpc_pass`."""


def _ordered(changes: Iterable[Change], scope: Scope) -> tuple[Change, ...]:
    possible = (each for each in changes if each.scope == scope and each.name not in _MISSING)
    return tuple(sorted(merge(possible), key=_rank))


def _rank(change: Change) -> int:
    ranks = (rank for rank, end in enumerate(_ORDER) if change.name.endswith(end))
    return next(ranks, len(_ORDER))
