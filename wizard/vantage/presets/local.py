"""Menus of local containers and network namespaces, and the rows of the first menu."""

import shutil
from collections.abc import Callable
from functools import partial

from wizard.text.display import comma_list
from wizard.text.messages import tr
from wizard.vantage.presets import menu
from wizard.vantage.presets.kubectl import context_menu
from wizard.vantage.presets.menu import Choice, Listing, Menu, Preset, is_usable_name, parse_name
from wizard.vantage.presets.ssh import host_menu

_ROW = "{{.Names}}\t{{.Image}}\t{{.Status}}"


def container_menu(program: str) -> Menu:
    """Return the menu of the running containers."""
    return Menu(
        tr("{program}: which container", program=program),
        partial(_list_containers, program),
        lambda text: _container_preset(program, parse_name(text)),
    )


async def _list_containers(program: str) -> Listing:
    listed = await menu.list_lines((program, "ps", "--format", _ROW))
    rows = [(*line.split("\t"), "", "")[:3] for line in listed.lines]
    choices = tuple(
        Choice(name, comma_list(filter(None, (image, status))), _container_preset(program, name))
        for name, image, status in rows
        if is_usable_name(name)
    )
    return Listing(choices, listed.problem or ("" if choices else tr("no container is running")))


def _container_preset(program: str, name: str) -> Preset:
    return Preset(menu.short_name(name), (program, "exec", name))


def namespace_menu() -> Menu:
    """Return the menu of the named network namespaces."""
    title = tr("which network namespace")
    return Menu(title, _list_namespaces, lambda text: _namespace_preset(parse_name(text)))


async def _list_namespaces() -> Listing:
    listed = await menu.list_lines(("ip", "netns", "list"))
    # ip-netns(8) prints `NAME (id: 0)`, the number only if the namespace has a peer.
    names = [line.partition(" (id:")[0].strip() for line in listed.lines]
    choices = tuple(
        Choice(name, "", _namespace_preset(name)) for name in names if is_usable_name(name)
    )
    return Listing(choices, listed.problem or ("" if choices else tr("no namespace has a name")))


def _namespace_preset(name: str) -> Preset:
    return Preset(menu.short_name(name), ("ip", "netns", "exec", name))


_KINDS: tuple[tuple[tuple[str, ...], str, str, Callable[[str], Menu]], ...] = (
    (("kubectl", "oc"), "", tr("a pod of a cluster"), context_menu),
    (("ssh",), "", tr("a host of your ssh config"), lambda _: host_menu()),
    (("docker",), "", tr("a running container"), container_menu),
    (("podman",), "", tr("a running container"), container_menu),
    (("ip",), "netns", tr("a network namespace of this machine"), lambda _: namespace_menu()),
)
"""Alternative programs, the row's text if it is not the program, its note, and its menu."""


def list_kinds() -> tuple[Choice, ...]:
    """Return a row for each kind of place whose program is installed on this machine."""
    rows = []
    for programs, name, note, make_menu in _KINDS:
        program = next(filter(shutil.which, programs), None)
        if program is not None:
            rows.append(Choice(name or program, note, make_menu(program)))
    return tuple(rows)
