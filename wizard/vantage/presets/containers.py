"""Running containers, as docker or podman lists them."""

from functools import partial

from wizard.vantage.presets import naming
from wizard.vantage.presets.listing import checked, printed, usable
from wizard.vantage.presets.menu import Choice, Listed, Menu, Preset

_ROW = "{{.Names}}\t{{.Image}}\t{{.Status}}"


def containers(program: str) -> Menu:
    """All that run."""
    return Menu(
        f"{program}: which container",
        partial(_containers, program),
        lambda text: _place(program, checked(text)),
    )


async def _containers(program: str) -> Listed:
    known = await printed((program, "ps", "--format", _ROW))
    rows = [(*line.split("\t"), "", "")[:3] for line in known.lines]
    choices = tuple(
        Choice(name, ", ".join(filter(None, (image, status))), _place(program, name))
        for name, image, status in rows
        if usable(name)
    )
    return Listed(choices, known.problem or ("" if choices else "no container runs"))


def _place(program: str, name: str) -> Preset:
    return Preset(naming.short(name), (program, "exec", name))
