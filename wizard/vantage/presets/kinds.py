"""The kinds of places that can be chosen here: what is installed decides."""

import shutil
from collections.abc import Callable

from wizard.vantage.presets.containers import containers
from wizard.vantage.presets.kubectl import contexts
from wizard.vantage.presets.menu import Choice, Menu
from wizard.vantage.presets.netns import namespaces
from wizard.vantage.presets.ssh import hosts

_KINDS: tuple[tuple[tuple[str, ...], str, str, Callable[[str], Menu]], ...] = (
    (("kubectl", "oc"), "", "a pod of a cluster", contexts),
    (("ssh",), "", "a host of your ssh config", lambda _: hosts()),
    (("docker",), "", "a running container", containers),
    (("podman",), "", "a running container", containers),
    (("ip",), "netns", "a network namespace of this machine", lambda _: namespaces()),
)
"""Programs of which the first that is installed is taken, what the row is called if not as that,
what it leads to."""


def kinds() -> tuple[Choice, ...]:
    """One row for each kind that can be had on this machine."""
    rows = []
    for programs, name, note, menu in _KINDS:
        found = next((one for one in programs if shutil.which(one)), None)
        if found is not None:
            rows.append(Choice(name or found, note, menu(found)))
    return tuple(rows)
