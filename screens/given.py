"""A place that was chosen and what to look at there, as the options would name it."""

import shlex
from dataclasses import dataclass, replace

from screens.asking import config_of, urls
from wizard.cli.places import log_of, vantages_of
from wizard.errors import UsageError
from wizard.target import LOCAL, Place, Target
from wizard.text import safe
from wizard.vantage import Equipment, Vantage
from wizard.vantage.presets import Preset

LOGS = "logs"
"""The word that stands for the preset's own command."""


@dataclass(frozen=True, slots=True)
class Given:
    """A place to look from, and what to look at there.

    Attributes:
        known: What was found there; None if that is not known yet.
    """

    vantage: Vantage
    direct: tuple[Place, ...] = ()
    conf: Place | None = None
    logs: tuple[Place, ...] = ()
    known: Equipment | None = None

    def added(self, target: Target) -> Target:
        """The target with it."""
        return replace(
            target,
            vantages=tuple(dict.fromkeys((*target.vantages, self.vantage))),
            direct=tuple(dict.fromkeys((*target.direct, *self.direct))),
            conf=self.conf or target.conf,
            logs=tuple(dict.fromkeys((*target.logs, *self.logs))),
        )

    @property
    def words(self) -> str:
        """The place and what is looked at there, in one line."""
        conf = [f"{self.conf.what or 'nginx -T'}"] if self.conf else []
        what = [*(one.what for one in self.direct), *conf, *(one.what for one in self.logs)]
        return safe(f"{self.vantage.name}: {'; '.join(what) or shlex.join(self.vantage.prefix)}")


@dataclass(frozen=True, slots=True)
class Draft:
    """A place under the name that was typed; all it reads raises a `UsageError` that says what
    is wrong."""

    target: Target
    preset: Preset
    name: str

    @property
    def vantage(self) -> Vantage:
        """The place: one that is known already, or a new one."""
        known = self.target.vantage(self.name)
        if known is not None and known.prefix == self.preset.prefix:
            return known
        before = [f"{one.name}={shlex.join(one.prefix)}" for one in self.target.vantages]
        text = f"{self.name}={shlex.join(self.preset.prefix)}"
        try:
            return vantages_of([*before, text])[-1]
        except UsageError as error:
            raise UsageError(str(error).removeprefix(f"--vantage {text}: ")) from None

    @classmethod
    def of(cls, target: Target, preset: Preset) -> "Draft":
        """Under the proposed name, unless another place has it."""
        taken = {LOCAL, *(one.name for one in target.vantages if one.prefix != preset.prefix)}
        names = [preset.name, *(f"{preset.name}-{n}" for n in range(2, len(taken) + 3))]
        return cls(target, preset, next(name for name in names if name not in taken))

    def urls(self, text: str) -> tuple[Place, ...]:
        """The backend's URLs, as they are reached from there."""
        return urls(" ".join(f"{self.name}={url}" for url in text.split()), [self.vantage])

    def conf(self, text: str) -> Place:
        """`nginx -T` or a file there."""
        return config_of(f"{self.name}={text}", [self.vantage])

    def log(self, text: str) -> Place:
        """A file or a command there; the tool that leads there shows its own log from here."""
        there = self.vantage
        if text == LOGS and self.preset.logs:
            text = shlex.join(self.preset.logs)
        words = text.split()
        if len(words) > 1 and words[0] == there.prefix[0]:
            return log_of(f"{self._log_name()}={text}")
        return log_of(f"{there.name}={text}", [there])

    def _log_name(self) -> str:
        """Another log of the same place has another name."""
        taken = {one.name for one in self.target.logs}
        names = (f"{self.name}-log{f'-{n}' if n > 1 else ''}" for n in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)
