"""A recommendation for the form of Nginx Proxy Manager, which rewrites its files on every save."""

from collections.abc import Sequence
from dataclasses import replace

from wizard.model.diagnosis import Action, BlockLine, Part, Recommendation
from wizard.text.messages import tr

_INCLUDE = "include conf.d/include/proxy.conf;"
_WHY_INCLUDE = tr(
    "Nginx Proxy Manager's own lines: the headers, and proxy_pass to the host that the form names"
)
_BOX = tr(
    "paste it into the box: Proxy Hosts, this host, Edit, Advanced (the gear), Custom "
    "Nginx Configuration. Saving tests and reloads it; the file itself is written again "
    "on each save"
)
_EXISTING = tr(
    "where such a location stands in the box already, change it there; one of the tab "
    "Custom Locations has a box of its own (its gear): only the changed lines go there"
)
_OUTSIDE = tr(
    "the box is inside the server block: upstream, map and limit_conn_zone belong into "
    "/data/nginx/custom/http_top.conf"
)
_DEFAULTS = tr(
    "Nginx Proxy Manager has buffering on and a read timeout of 90 s for all hosts; what "
    "its form calls Cache Assets and Websockets Support does not change that"
)


_OUTER_BLOCKS = ("upstream ", "map ", "limit_conn_zone ")
_WHOLE_HOST = tr("paste into the box, where it holds for every path of this host")


def for_proxy_manager(recommendation: Recommendation, *, has_config: bool) -> Recommendation:
    """The lines for the form's box, and how to find it; there is no diff, as no file is edited.

    Unless the lines come from the config, the manager's own ones replace `proxy_pass`.
    """
    parts = tuple(_for_box(part, has_config=has_config) for part in recommendation.parts)
    lines = [line for part in parts for line in part.lines]
    is_outside = any(line.text.startswith(_OUTER_BLOCKS) for line in lines)
    outside = (_OUTSIDE,) if is_outside else ()
    return replace(
        recommendation,
        change=tr("for Nginx Proxy Manager's box: {change}", change=recommendation.change),
        parts=parts,
        adapt=(_BOX, _EXISTING, *outside, _DEFAULTS, *recommendation.adapt),
    )


def _for_box(part: Part, *, has_config: bool) -> Part:
    """The part with its place in the form, and without the indentation of a file."""
    lines = part.lines if has_config else tuple(map(_with_include, part.lines))
    dedented = Part(lines, part.action).dedented
    return replace(dedented, where=_where(part.action, dedented.lines))


def _where(action: Action, lines: Sequence[BlockLine]) -> str:
    header = lines[0].text.rstrip(" {") if lines else ""
    if header.startswith(_OUTER_BLOCKS):
        return tr("{action} it in /data/nginx/custom/http_top.conf", action=action)
    if action == "replace":
        return tr("in the box, replace {header} with this", header=header)
    return tr("paste into the box") if action == "insert" else _WHOLE_HOST


def _with_include(line: BlockLine) -> BlockLine:
    """The manager's own lines in place of an address."""
    indent = line.text[: len(line.text) - len(line.text.lstrip())]
    is_pass = line.text.lstrip().startswith("proxy_pass ")
    return BlockLine(f"{indent}{_INCLUDE}", _WHY_INCLUDE) if is_pass else line
