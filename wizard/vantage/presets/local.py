"""Running containers, as docker or podman lists them."""

import shutil
from collections.abc import Callable
from functools import partial

from wizard.vantage.presets import menu
from wizard.vantage.presets.kubectl import contexts
from wizard.vantage.presets.menu import Choice, Listing, Menu, Preset, checked, printed, usable
from wizard.vantage.presets.ssh import hosts

_ROW = "{{.Names}}\t{{.Image}}\t{{.Status}}"


def containers(program: str) -> Menu:
    """All that run."""
    return Menu(
        f"{program}: which container",
        partial(_containers, program),
        lambda text: _place(program, checked(text)),
    )


async def _containers(program: str) -> Listing:
    known = await printed((program, "ps", "--format", _ROW))
    rows = [(*line.split("\t"), "", "")[:3] for line in known.lines]
    choices = tuple(
        Choice(name, ", ".join(filter(None, (image, status))), _place(program, name))
        for name, image, status in rows
        if usable(name)
    )
    return Listing(choices, known.problem or ("" if choices else "no container runs"))


def _place(program: str, name: str) -> Preset:
    return Preset(menu.short(name), (program, "exec", name))


def namespaces() -> Menu:
    """All that have a name."""
    return Menu("which network namespace", _namespaces, lambda text: _namespace(checked(text)))


async def _namespaces() -> Listing:
    known = await printed(("ip", "netns", "list"))
    # ip-netns(8) prints `NAME (id: 0)`; the number is there once it has a peer.
    names = [line.partition(" (id:")[0].strip() for line in known.lines]
    choices = tuple(Choice(name, "", _namespace(name)) for name in names if usable(name))
    return Listing(choices, known.problem or ("" if choices else "none has a name"))


def _namespace(name: str) -> Preset:
    return Preset(menu.short(name), ("ip", "netns", "exec", name))


_KINDS: tuple[tuple[tuple[str, ...], str, str, Callable[[str], Menu]], ...] = (
    (("kubectl", "oc"), "", "a pod of a cluster", contexts),
    (("ssh",), "", "a host of your ssh config", lambda _: hosts()),
    (("docker",), "", "a running container", containers),
    (("podman",), "", "a running container", containers),
    (("ip",), "netns", "a network namespace of this machine", lambda _: namespaces()),
)
"""Programs of which the first that is installed is taken, what the row is called if not as that,
what it leads to."""


def list_kinds() -> tuple[Choice, ...]:
    """One row for each kind that can be had on this machine."""
    rows = []
    for programs, name, note, choices in _KINDS:
        found = next((one for one in programs if shutil.which(one)), None)
        if found is not None:
            rows.append(Choice(name or found, note, choices(found)))
    return tuple(rows)
