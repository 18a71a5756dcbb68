"""One directive to set in the Nginx config, and the reason for it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from wizard.text.config_tokens import TokenKind, quote_argument, tokenize, unescape_argument

SET_DIRECTIVES = frozenset({
    "proxy_set_header", "fastcgi_param", "uwsgi_param", "scgi_param", "add_header",
    "proxy_hide_header", "fastcgi_hide_header", "uwsgi_hide_header", "scgi_hide_header",
    "grpc_hide_header",
})  # fmt: skip
"""Directives that a level inherits as a whole set, and only if it sets none of them itself."""
_SEVERAL = SET_DIRECTIVES | {"server"}
"""Directives of which a block holds several, told apart by their first argument: the headers of a
set, and the servers of an upstream block."""

_CONDITION_MARKS = re.compile(r"[()'\"\s]")
"""What the condition of an `if` may be written with and without."""

Scope = Literal["location", "upstream", "http"]


def change_key(name: str, args: Sequence[str]) -> str:
    """The key of a directive: of two with the same key at one level, one replaces the other.

    The condition of an `if` may be written with and without quotes and spaces.
    """
    if name == "if":
        return f"if {_CONDITION_MARKS.sub('', ''.join(args))}"
    return f"{name} {args[0].lower()}" if name in _SEVERAL and args else name


@dataclass(frozen=True, slots=True)
class Change:
    """One directive to set.

    Attributes:
        value: The arguments as they stand in a config, quoted where they must be.
        reason: Why it is set, for the reader of the block.
        scope: The block for the line: the path's location, the upstream block or the http block.
        repeated: True if the line repeats one of an outer level that would else not apply.
        if_present: True if it only replaces a line that the block has already.
        drops: The names of directives in the block that it replaces.
        for_all_paths: True if each path of the location has the fault, so that the line is changed
            where it stands, and not for one path alone.
        is_specific: True if its reason says more than the usual one of this directive.
        block: The lines of a block, such as that of an `if`; it goes before all other lines.
    """

    name: str
    value: str
    reason: str
    scope: Scope = "location"
    repeated: bool = False
    if_present: bool = False
    drops: frozenset[str] = frozenset()
    for_all_paths: bool = False
    block: tuple[str, ...] = ()
    is_specific: bool = False

    @classmethod
    def from_args(
        cls, name: str, args: Sequence[str], reason: str, *, repeated: bool = False
    ) -> "Change":
        """A change from the values of its arguments, which are quoted where they must be."""
        value = " ".join(quote_argument(arg) if arg else "''" for arg in args)
        return cls(name, value, reason, repeated=repeated)

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
        """The directive as it stands in a config; a block on several lines."""
        if self.block:
            lines = "".join(f"    {line}\n" for line in self.block)
            return f"{self.name} {self.value} {{\n{lines}}}"
        return f"{self.name} {self.value};"


def by_key(changes: Iterable[Change]) -> dict[str, Change]:
    """The changes by their key.

    Of two with the same key the first counts, unless the other one is more specific.
    """
    result: dict[str, Change] = {}
    for change in changes:
        first = result.get(change.key)
        if first is None or change.is_specific:
            result[change.key] = change
    return result
