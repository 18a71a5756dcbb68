"""The config's text as statements with offsets, and a block as it stands in that text.

The parsed tree (`Directive`) knows lines only; to edit one of two statements on a line takes
offsets.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch

from wizard.model.config import Config, Directive, Position
from wizard.nginx.locations import PASS_DIRECTIVES
from wizard.nginx.memo import Memo
from wizard.text.config_tokens import Token, TokenKind, tokenize, unescape_argument

COMMENT = "#"
"""The name of a comment's statement."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One directive or comment as it stands in the text.

    Attributes:
        args: The arguments without their quotes; backslashes stay.
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

    @property
    def values(self) -> tuple[str, ...]:
        """The arguments as Nginx reads them."""
        return tuple(map(unescape_argument, self.args))

    def walk(self) -> Iterator["Statement"]:
        """This statement and all inside it, in the order of the text."""
        waiting = [self]
        while waiting:
            statement = waiting.pop()
            yield statement
            waiting.extend(reversed(statement.children))


def read_statements(text: str) -> tuple[Statement, ...]:
    """The statements of a config's text; a block that never closes is left out."""
    reader = _StatementReader()
    for token in tokenize(text):
        reader.take(token)
    return tuple(reader.stack[0].children)


@dataclass(slots=True)
class _Unfinished:
    """A statement whose end was not read yet; a block has an offset in `opened`."""

    words: list[str] = field(default_factory=list)
    start: int = 0
    line: int = 1
    opened: int | None = None
    children: list[Statement] = field(default_factory=list)


class _StatementReader:
    """Builds statements from tokens. An explicit stack of open blocks allows any depth.

    Attributes:
        words: Each word, so that statements that repeat one share it.
    """

    def __init__(self) -> None:
        self.stack = [_Unfinished(opened=0)]
        self.current = _Unfinished()
        self.words: dict[str, str] = {}

    def take(self, token: Token) -> None:
        """Read the next token."""
        if not self.current.words:
            self.current.start, self.current.line = token.start, token.line
        match token.kind:
            case TokenKind.WORD:
                word = token.bare
                self.current.words.append(self.words.setdefault(word, word))
            case TokenKind.COMMENT:
                self._add(_Unfinished([COMMENT], token.start, token.line), token.end)
            case TokenKind.OPEN:
                self.current.opened = token.end
                self.stack.append(self.current)
                self.current = _Unfinished()
            case TokenKind.SEMICOLON | TokenKind.CLOSE:
                self._end(token)

    def _end(self, token: Token) -> None:
        ended, self.current = self.current, _Unfinished()
        if token.kind is TokenKind.CLOSE and len(self.stack) > 1:
            self._add(self.stack.pop(), token.end)
        elif ended.words:
            self._add(ended, token.end)

    def _add(self, read: _Unfinished, end: int) -> None:
        name, *args = read.words or [""]
        closed = None if read.opened is None else end - 1
        children = tuple(read.children)
        statement = Statement(
            name, tuple(args), read.start, end, read.line, read.opened, closed, children
        )
        self.stack[-1].children.append(statement)


_read: Memo[str, tuple[Statement, ...]] = Memo()


def statements_of(config: Config, file: str) -> tuple[Statement, ...]:
    """The statements of one file of the config, read once for all blocks that are looked up."""
    return _read.get(config, file, lambda: read_statements(config.texts.get(file, "")))


def find_statement(statements: Iterable[Statement], directive: Directive) -> Statement | None:
    """The statement that a directive of the parsed tree stands for, or None."""
    candidates = [
        statement
        for top in statements
        for statement in top.walk()
        if statement.name == directive.name and statement.line == directive.where.line
    ]
    same = [statement for statement in candidates if statement.values == directive.args]
    return next(iter(same or candidates), None)


@dataclass(frozen=True, slots=True)
class SourceBlock:
    """A block of the config as one file has it; what an include brings is another file's.

    Attributes:
        file: The file by its name in `Config.texts`.
        statement: The block; for an included file a statement that spans the whole file.
        directives: The parsed directives of the block, those of includes among them.
        depth: How many includes lead to the file.
    """

    config: Config
    file: str
    text: str
    statement: Statement
    directives: tuple[Directive, ...]
    depth: int

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements directly in the block."""
        return self.statement.children

    @property
    def passes(self) -> tuple[Directive, ...]:
        """Its directives that pass the request to an upstream."""
        return tuple(line for line in self.directives if line.name in PASS_DIRECTIVES)

    def included(self, statement: Statement) -> Iterator["SourceBlock"]:
        """The contents of an `include` statement, one block for each file."""
        brought = self.directives_of(statement)
        deeper = self.depth + 1
        for file in dict.fromkeys(_file_at(directive, deeper) for directive in brought):
            text = self.config.texts.get(file, "")
            children = statements_of(self.config, file)
            whole = Statement("", (), 0, len(text), 1, children=children)
            own = tuple(line for line in brought if _file_at(line, deeper) == file)
            yield SourceBlock(self.config, file, text, whole, own, deeper)

    def directives_of(self, statement: Statement) -> tuple[Directive, ...]:
        """The directives at the block's level that an `include` statement brings."""
        here = Position(self.file, statement.line)
        return tuple(
            directive
            for directive in self.directives
            if directive.via[self.depth : self.depth + 1] == (here,)
            and _can_include(statement, _file_at(directive, self.depth + 1))
        )


def source_of(config: Config, directive: Directive) -> SourceBlock | None:
    """The block as its file has it; None if the file's text does not show it."""
    file = directive.where.file
    text = config.texts.get(file, "")
    statement = find_statement(statements_of(config, file), directive)
    if statement is None or statement.opened is None:
        return None
    return SourceBlock(config, file, text, statement, directive.block or (), len(directive.via))


def _file_at(directive: Directive, depth: int) -> str:
    """The file that the chain of includes reaches at a depth."""
    return directive.via[depth].file if len(directive.via) > depth else directive.where.file


def _can_include(statement: Statement, file: str) -> bool:
    """True if the include's pattern matches the file: two includes may stand on one line."""
    return any(fnmatch(file, f"*{arg.removeprefix('./')}") for arg in statement.args)
