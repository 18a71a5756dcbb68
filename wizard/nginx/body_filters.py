"""The directives in force that change the body of a response, or that may do so.

What each does to an event stream was measured (docs/delivery.md, "Body filters"). Nginx's own
filters that change nothing in the delivery are left out: sub_filter, ssi, addition, gunzip, charset
and slice. gzip is part of the settings (`wizard/nginx/delivery.py`).
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from wizard.model.config import Directive
from wizard.model.resolution import BodyFilter, FilterEffect
from wizard.nginx.known_directives import PASSIVE, is_own
from wizard.text.config_redaction import redact_directive
from wizard.text.display import visible
from wizard.text.messages import tr

MAX_FILTERS = 100
"""How many body filters of one name, and of one effect, are kept."""
_CONVERTS = re.compile(r"image_filter|xslt_stylesheet")
"""Nginx's own directives that replace the whole response."""
_RATES = re.compile(r"(\w+_)?limit_rate")
_SCRIPTS = re.compile(r"body_filter_by_lua(_block|_file)?|js_body_filter")
_PASSES = re.compile(
    rf"({PASSIVE}|set|js|geoip|echo|auth|testcookie|limit|nchan|perl|health_check)(_\w+)?"
    r"|\w+_by_lua\w*|srcache_\w+|track_uploads|report_uploads|\w+_cache_purge|array_\w+"
    r"|(modsecurity|coraza|zstd|pagespeed)_\w+"
)
"""Directives of other modules that do not hold a body: they answer requests, refuse them, set
headers or variables, log or measure, or only belong to a directive that switches a filter on.
Those of headers-more, Lua, njs, echo and srcache were measured."""
_COLLECTS = re.compile(r"ngx\.arg\[1\]\s*=\s*(nil\b|\"\"|'')")
"""A Lua filter that passes nothing on at first, so probably collects the body, whatever the
buffering is."""

_DOUBTS: Mapping[FilterEffect, str] = {
    "unknown": tr("may hold the response: what it does to an event stream is not known"),
    "script": tr("runs a script, which decides what is passed on and when"),
    "rate": tr("limits the rate: a faster stream is delayed"),
}


def body_filters(blocks: Iterable[Directive]) -> tuple[BodyFilter, ...]:
    """The body filters in force in the last of these nested blocks, in the order of the config; of
    those of one effect the first `MAX_FILTERS`.

    Args:
        blocks: The blocks around the request, outermost first.
    """
    in_force: dict[str, list[Directive]] = {}
    for block in blocks:
        in_force |= _by_name(block)
    off = {
        name
        for name, directives in in_force.items()
        if any(directive.args == ("off",) for directive in directives)
    }
    by_effect: dict[FilterEffect, list[BodyFilter]] = {}
    for directives in (each for name, each in in_force.items() if name not in off):
        for directive in directives[:MAX_FILTERS]:
            if effect := _effect(directive, in_force):
                found = BodyFilter(_as_written(directive), directive.where, effect)
                by_effect.setdefault(effect, []).append(found)
    ordered = (sorted(each, key=_place)[:MAX_FILTERS] for each in by_effect.values())
    return tuple(sorted(chain.from_iterable(ordered), key=_place))


def _place(body_filter: BodyFilter) -> tuple[str, int]:
    return body_filter.where.file, body_filter.where.line


def describe_doubts(filters: Sequence[BodyFilter], buffering: bool) -> tuple[str, ...]:
    """What the body filters leave undecided, one sentence each."""
    return tuple(
        f"{each.where}: `{each.name}` {_DOUBTS[each.effect]}"
        for each in filters
        if each.effect in _DOUBTS and (buffering or each.effect != "rate")
    )


def _by_name(block: Directive) -> dict[str, list[Directive]]:
    """The directives of one block by name: those of an inner block replace the outer ones."""
    named: dict[str, list[Directive]] = {}
    for directive in block.block or ():
        named.setdefault(directive.name, []).append(directive)
    return named


def _effect(directive: Directive, in_force: dict[str, list[Directive]]) -> FilterEffect | None:
    """What the directive does to the body of an event stream; None if it does nothing."""
    name = directive.name
    # Most lines are Nginx's own, and there may be thousands of `server`: leave them out first.
    if is_own(name) and not (_CONVERTS.fullmatch(name) or _RATES.fullmatch(name)):
        return None
    if _CONVERTS.fullmatch(name):
        return "unknown"
    if _RATES.fullmatch(name):
        return "rate" if directive.args != ("0",) else None
    if _SCRIPTS.fullmatch(name):
        return "unknown" if _COLLECTS.search(" ".join(directive.args)) else "script"
    if name == "brotli":
        return "brotli" if _has_type(in_force, "brotli_types") else None
    if name == "subs_filter":
        return "lines" if _has_type(in_force, "subs_filter_types") else None
    return None if _PASSES.fullmatch(name) else "unknown"


def _has_type(in_force: dict[str, list[Directive]], name: str) -> bool:
    """True if the list of media types of that name has event streams."""
    types = {word for directive in in_force.get(name, ()) for word in directive.args}
    return not types.isdisjoint({"*", "text/event-stream"})


def _as_written(directive: Directive) -> str:
    """The directive with its first argument, if that is no code."""
    args = () if directive.name.endswith(("_by_lua", "_by_lua_block")) else directive.args[:1]
    return visible(f"{directive.name} {redact_directive(directive.name, args)}".strip(), 60)
