"""Network namespaces of this machine, as ip lists them."""

from wizard.vantage.presets import naming
from wizard.vantage.presets.listing import checked, printed, usable
from wizard.vantage.presets.menu import Choice, Listed, Menu, Preset


def namespaces() -> Menu:
    """All that have a name."""
    return Menu("which network namespace", _namespaces, lambda text: _place(checked(text)))


async def _namespaces() -> Listed:
    known = await printed(("ip", "netns", "list"))
    # ip-netns(8) prints `NAME (id: 0)`; the number is there once it has a peer.
    names = [line.partition(" (id:")[0].strip() for line in known.lines]
    choices = tuple(Choice(name, "", _place(name)) for name in names if usable(name))
    return Listed(choices, known.problem or ("" if choices else "none has a name"))


def _place(name: str) -> Preset:
    return Preset(naming.short(name), ("ip", "netns", "exec", name))
