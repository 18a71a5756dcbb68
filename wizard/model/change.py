"""One directive to set in the Nginx config, because of something that was found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wizard.text.config_tokens import TokenKind, quote_argument, tokenize, unescape_argument

SET_DIRECTIVES = frozenset(
    {"proxy_set_header", "fastcgi_param", "uwsgi_param", "scgi_param", "add_header"}
)
"""Directives that a level inherits as a whole set, and only if it sets none of them itself."""


def change_key(name: str, args: Sequence[str]) -> str:
    """Which directives replace each other at one level: equal names, of a set the equal header."""
    return f"{name} {args[0].lower()}" if name in SET_DIRECTIVES and args else name


@dataclass(frozen=True, slots=True)
class Change:
    """One directive to set.

    Attributes:
        value: The arguments as they stand in a config, quoted where they must be.
        reason: Why it is set, for the reader of the block.
        repeated: True if it only repeats a line of an outer level, so that it is not lost.
        if_present: True if it only replaces a line that the block has already.
    """

    name: str
    value: str
    reason: str
    repeated: bool = False
    if_present: bool = False

    @classmethod
    def from_args(
        cls, name: str, args: Sequence[str], reason: str, *, repeated: bool = False
    ) -> "Change":
        """A change from the values of its arguments, which are quoted where they must be."""
        value = " ".join(quote_argument(arg) if arg else "''" for arg in args)
        return cls(name, value, reason, repeated)

    @property
    def args(self) -> tuple[str, ...]:
        """The values of the arguments, as Nginx reads them."""
        words = (token for token in tokenize(self.value) if token.kind is TokenKind.WORD)
        return tuple(unescape_argument(word.bare) for word in words)

    @property
    def key(self) -> str:
        """Changes of the same key replace each other."""
        return change_key(self.name, self.args)

    @property
    def text(self) -> str:
        """The directive as it stands in a config."""
        return f"{self.name} {self.value};"


def by_key(changes: Iterable[Change]) -> dict[str, Change]:
    """The changes by their key; of two with the same key the first counts."""
    found: dict[str, Change] = {}
    for change in changes:
        found.setdefault(change.key, change)
    return found
