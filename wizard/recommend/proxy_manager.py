"""The same change for Nginx Proxy Manager's box: its files are written again on every save."""

from collections.abc import Iterable
from dataclasses import replace
from textwrap import dedent

from wizard.model.diagnosis import BlockLine, Recommendation

_PROXY = "include conf.d/include/proxy.conf;"
_WHY_PROXY = (
    "Nginx Proxy Manager's own lines: the headers, and proxy_pass to the host that the form names"
)
_BOX = (
    "paste it into the box: Proxy Hosts, this host, Edit, Advanced (the gear), Custom Nginx "
    "Configuration. Saving tests and reloads it; the file itself is written again on each save"
)
_THERE = (
    "where such a location stands in the box already, change it there; one of the tab Custom "
    "Locations has a box of its own (its gear): only the changed lines go there"
)
_OUTSIDE = (
    "the box is inside the server block: upstream and limit_conn_zone belong into "
    "/data/nginx/custom/http_top.conf"
)
_READ = (
    "Nginx Proxy Manager has buffering on and a read timeout of 90 s for all hosts; what its form "
    "calls Cache Assets and Websockets Support does not change that"
)


_OF_FILES = (
    "proxy_pass: ",
    "put it into the server",
    "the files stand",
    "the config came",
    "if sites",
)
"""How notes begin that are about files, or about an address that the manager knows itself."""


def boxed(made: Recommendation, has_config: bool) -> Recommendation:
    """The lines for the box, with where it is; no diff, since no file is to be edited.

    Args:
        has_config: Whether the lines come from the config; else the manager's own stand for them.
    """
    lines = tuple(_dedented(one if has_config else _included(one) for one in made.lines))
    outside = any(one.text.startswith(("upstream ", "limit_conn_zone ")) for one in lines)
    kept = [one for one in made.adapt if not one.startswith(_OF_FILES)]
    return replace(
        made,
        summary=f"for Nginx Proxy Manager's box: {made.summary}",
        lines=lines,
        diff=None,
        insert_at=None,
        directory="",
        adapt=(_BOX, _THERE, *((_OUTSIDE,) if outside else ()), _READ, *kept),
    )


def _included(one: BlockLine) -> BlockLine:
    """Without a config: the manager's own lines in the place of an address."""
    indent = one.text[: len(one.text) - len(one.text.lstrip())]
    passes = one.text.lstrip().startswith("proxy_pass ")
    return BlockLine(f"{indent}{_PROXY}", _WHY_PROXY) if passes else one


def _dedented(lines: Iterable[BlockLine]) -> Iterable[BlockLine]:
    given = list(lines)
    texts = dedent("\n".join(one.text for one in given)).split("\n")
    return (replace(one, text=text) for one, text in zip(given, texts, strict=True))
