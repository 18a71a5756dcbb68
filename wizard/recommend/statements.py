"""An Nginx config's text as statements with their offsets: what a line edit needs.

The parsed tree knows lines only; two statements on one line can be told apart by offsets alone.
Follows `ngx_conf_read_token` (src/core/ngx_conf_file.c): a brace opens a block wherever a word
may end, except after `$`; `#` opens a comment only where a word may begin.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from wizard.nginx.tree import Directive
from wizard.recommend.quoting import meant

COMMENT = "#"
"""The name of a comment's statement."""

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
      | (?P<comment>\#[^\r\n]*)
      | (?P<mark>[;{}])
      | (?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<word>(?:\\.|\$\{|[^ \t\r\n;{\\])+|\\)""",
    re.VERBOSE | re.DOTALL,
)
_LUA = re.compile(
    r"""--\[(=*)\[.*?\]\1\] | --[^\n]* | \[(=*)\[.*?\]\2\]
      | "(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*' | (?P<brace>[{}])""",
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One directive or comment as it stands in the text.

    Attributes:
        args: The arguments without their quotes; backslashes as they stand.
        start: The offset of the name; `text[start:end]` is the whole statement with its end mark.
        line: The line of the name, counted from 1.
        opened: The offset after the opening brace, None for a simple statement.
        closed: The offset of the closing brace.
    """

    name: str
    args: tuple[str, ...]
    start: int
    end: int
    line: int
    opened: int | None = None
    closed: int | None = None
    children: tuple["Statement", ...] = ()

    def walk(self) -> Iterator["Statement"]:
        """This statement and all inside it, in the order of the text."""
        waiting = [self]
        while waiting:
            statement = waiting.pop()
            yield statement
            waiting.extend(reversed(statement.children))


def parse(text: str) -> tuple[Statement, ...]:
    """The statements of a config's text; what never closes is left out."""
    reader = _Reader(text)
    at = 0
    while match := _TOKEN.match(text, at):
        at = reader.take(match)
    return tuple(reader.stack[0].children)


@dataclass(slots=True)
class _Open:
    """A block whose closing brace has not come yet."""

    words: list[str]
    start: int
    opened: int
    children: list[Statement] = field(default_factory=list)


class _Reader:
    """Holds the open blocks on a stack of its own: a hostile nesting must not overflow Python's."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = [match.start() for match in re.finditer("\n", text)]
        self.stack = [_Open([], 0, 0)]
        self.words: list[str] = []
        self.start = 0

    def take(self, match: re.Match[str]) -> int:
        """Take one token; the offset where the next begins."""
        value, end = match.group(), match.end()
        if match["comment"]:
            self._add(_Open([COMMENT], match.start(), 0), end)
        elif match["word"] or match["quoted"]:
            self.start = self.start if self.words else match.start()
            self.words.append(value[1:-1] if match["quoted"] else value)
        elif value == "{":
            return self._opening(end)
        elif match["mark"]:
            self._ending(value, end)
        return end

    def _opening(self, end: int) -> int:
        words, self.words = self.words, []
        self.stack.append(_Open(words, self.start, end))
        is_lua = bool(words) and words[0].endswith("_by_lua_block")
        return _lua_end(self.text, end) if is_lua else end

    def _ending(self, mark: str, end: int) -> None:
        words, self.words = self.words, []
        if mark == "}" and len(self.stack) > 1:
            self._add(self.stack.pop(), end)
        elif words:
            self._add(_Open(words, self.start, 0), end)

    def _add(self, read: _Open, end: int) -> None:
        name, *args = read.words or [""]
        self.stack[-1].children.append(
            Statement(
                name,
                tuple(args),
                start=read.start,
                end=end,
                line=bisect_left(self.lines, read.start) + 1,
                opened=read.opened or None,
                closed=end - 1 if read.opened else None,
                children=tuple(read.children),
            )
        )


def _lua_end(text: str, at: int) -> int:
    """The offset of the brace that ends a Lua block: its text follows Lua's rules, not Nginx's."""
    depth = 1
    for match in _LUA.finditer(text, at):
        brace = match.group("brace")
        depth += {"{": 1, "}": -1}.get(brace or "", 0)
        if depth == 0:
            return match.start()
    return len(text)


def find(statements: Iterable[Statement], directive: Directive) -> Statement | None:
    """The statement that a directive of the parsed tree stands for, or None."""
    found = [
        statement
        for top in statements
        for statement in top.walk()
        if statement.name == directive.name and statement.line == directive.where.line
    ]
    same = [one for one in found if tuple(map(meant, one.args)) == directive.args]
    return next(iter(same or found), None)
