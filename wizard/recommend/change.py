"""One directive to set, because of something found or seen."""

from collections.abc import Sequence
from dataclasses import dataclass

from wizard.recommend.config_text import meant, parse, word

SETS = frozenset({"proxy_set_header", "fastcgi_param", "uwsgi_param", "scgi_param", "add_header"})
"""Sets that a level inherits whole as long as it adds nothing to them."""


def key_of(name: str, args: Sequence[str]) -> str:
    """What one line of a level replaces another by: the directive, in a set also the header."""
    return f"{name} {args[0].lower()}" if name in SETS and args else name


@dataclass(frozen=True, slots=True)
class Change:
    """One directive to set in a block.

    Attributes:
        value: The arguments as they stand in a config.
        repeated: Whether it only repeats a line that an outer level sets.
    """

    name: str
    value: str
    reason: str
    repeated: bool = False

    @property
    def args(self) -> tuple[str, ...]:
        """The value as Nginx reads it."""
        return tuple(map(meant, parse(self.text)[0].args))

    @property
    def key(self) -> str:
        """What it replaces."""
        return key_of(self.name, self.args)

    @property
    def text(self) -> str:
        """The directive as it stands in a config."""
        return f"{self.name} {self.value};"


def line(name: str, args: Sequence[str], reason: str, *, repeated: bool = False) -> Change:
    """A change from arguments as Nginx means them: quoted where they must be."""
    return Change(name, " ".join(word(arg) if arg else "''" for arg in args), reason, repeated)


def by_key(changes: Sequence[Change]) -> dict[str, Change]:
    """The changes by what they replace; the first of two for the same thing counts."""
    found: dict[str, Change] = {}
    for one in changes:
        found.setdefault(one.key, one)
    return found
