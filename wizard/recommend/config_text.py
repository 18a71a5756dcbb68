"""An Nginx config's text as statements with their offsets: what a line edit needs.

The parsed tree knows lines only; two statements on one line can be told apart by offsets alone.
Follows `ngx_conf_read_token` (src/core/ngx_conf_file.c): a brace opens a block wherever a word
may end, except after `$`; `#` opens a comment only where a word may begin.
"""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import quote

from wizard.model.config import Directive
from wizard.text.config_redaction import redact_config
from wizard.text.config_tokens import VARIABLE
from wizard.text.display import visible
from wizard.text.redaction import MASK, redact

_NOT_TEXT = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_PLAIN = re.compile(r"(?:[^\s;{}\"'\\#]|\\[^\s;{}\"'\\trn])+")
_ESCAPE = re.compile(r"\\([\"'\\trn])")
_TAKEN = re.compile(r"\\(?=[\"'\\trn]|$)")
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}


def word(text: str) -> str:
    """`text` as one word of a config: in quotes where Nginx would end or change it."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = _TAKEN.sub(r"\\\\", text).replace('"', '\\"')
    return f'"{escaped}"'


def meant(written: str) -> str:
    """What a word means to Nginx: it takes the backslash from some escapes, and leaves others."""
    return _ESCAPE.sub(lambda match: _CONTROL.get(match[1], match[1]), written)


def uri(path: str) -> str:
    """A decoded path as Nginx would send it upstream (`ngx_escape_uri`), without variables."""
    return quote(path, safe="/!&'()*+,-.:;=@_~[]")


def is_text(line: str) -> bool:
    """Whether a line may be shown as it stands: it can move no cursor, and was valid UTF-8."""
    return all(map(_is_plain, line))


def printable(text: str) -> str:
    """`text` with each character written out that may not be shown; line ends stay."""
    return "".join(char if char == "\n" or _is_plain(char) else visible(char) for char in text)


def _is_plain(char: str) -> bool:
    return char == "\t" or (char != "\ufffd" and unicodedata.category(char) not in _NOT_TEXT)


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


_TELLING = 4


def is_secret(statement: Statement, source: str) -> bool:
    """Whether the statement holds a credential as a literal; one in a variable is no secret."""
    return masked(statement, source) != source[statement.start : statement.end]


def near(source: str, statements: Iterable[Statement], span: range) -> frozenset[str]:
    """The credentials in a stretch of the source, as the pieces of lines that must not show."""
    found = (
        _own(one, source)
        for top in statements
        if _meets(top, span)
        for one in top.walk()
        if _meets(one, span)
    )
    return frozenset(piece for text in found for piece in _hidden_lines(text))


def _own(statement: Statement, source: str) -> str:
    """The statement's text, of a block its head alone; what a map holds is told by its head."""
    is_head = statement.opened is not None and statement.name != "map"
    return source[statement.start : statement.opened if is_head else statement.end]


def _hidden_lines(text: str) -> Iterator[str]:
    made = _hidden(text)
    if made == text:
        return iter(())
    lines, shown = text.split("\n"), made.split("\n")
    if len(lines) != len(shown):
        return fragments(text)
    pairs = zip(lines, shown, strict=True)
    return fragments("\n".join(line for line, other in pairs if line != other))


def fragments(text: str) -> Iterator[str]:
    """The lines of a statement that could tell something."""
    return (line.strip() for line in text.split("\n") if len(line.strip()) >= _TELLING)


def _meets(statement: Statement, span: range) -> bool:
    return statement.start < span.stop and statement.end > span.start


def reads_secret(text: str) -> bool:
    """Whether a text holds something that no report may show."""
    bare = VARIABLE.sub("", text)
    return redact(bare) != bare


def masked(statement: Statement, source: str) -> str:
    """The statement's text with each credential written over, as a case file would."""
    return _hidden(source[statement.start : statement.end])


def _hidden(text: str) -> str:
    made = redact_config(text, redact, lambda secret: MASK)
    return redact(made) if reads_secret(made) else made
