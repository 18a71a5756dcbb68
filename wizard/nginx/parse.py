"""Parse the text of one config file into directives with file, line and end line."""

from dataclasses import dataclass, field

from wizard.model.config import Directive, Position
from wizard.nginx.known_directives import is_own
from wizard.nginx.store import config_error
from wizard.nginx.words import split_words
from wizard.text.messages import tr

MAX_BLOCK_DEPTH = 64
"""How deep blocks may nest; real configs need no more than about five levels."""
MAX_WORDS = 1_500_000
"""How many words a config may have: 300,000 locations with a pass directive have 1,200,000."""


@dataclass
class WordLimit:
    """How many words a config may still have; counts over all of its files."""

    left: int = MAX_WORDS

    def take(self, count: int, name: str, line: int) -> None:
        """Count so many words. Raises `ConfigError` if they are too many."""
        self.left -= count
        if self.left < 0:
            raise config_error(
                tr("the config has more than {max_words:,} words", max_words=MAX_WORDS), name, line
            )


@dataclass(slots=True)
class _OpenBlock:
    """A block without its closing brace so far: the words before it, its line and content."""

    words: list[str]
    line: int
    block: list[Directive] = field(default_factory=list)


def parse_config(
    text: str, name: str, via: tuple[Position, ...] = (), limit: WordLimit | None = None
) -> tuple[Directive, ...]:
    """The directives of one file, to which the `include` directives of `via` led.

    Its own includes are not followed. Raises `ConfigError` for an unmatched brace, a directive or
    quote without its end, blocks that nest too deep, or more words than the limit leaves.
    """
    return _Tree(name, via, limit or WordLimit()).build(text)


def _name_of(words: list[str], kind: str) -> str:
    """How a directive or block is named in a message: a text that is no config may be secret, so
    only the names of Nginx's own directives are repeated."""
    return f'{kind} "{words[0]}"' if is_own(words[0]) else f"a {kind}"


@dataclass
class _Tree:
    """The directives of a file while it is parsed.

    Attributes:
        stack: The blocks that are open, outermost first; the first is the file.
        names: Each name of a directive, so that directives of one name share it.
    """

    name: str
    via: tuple[Position, ...]
    limit: WordLimit
    stack: list[_OpenBlock] = field(default_factory=lambda: [_OpenBlock([], 1)])
    names: dict[str, str] = field(default_factory=dict)

    def build(self, text: str) -> tuple[Directive, ...]:
        """The directives of the text."""
        words, start, line = list[str](), 1, 1
        for word, line, is_mark in split_words(text, self.name):
            if not is_mark:
                start = start if words else line
                words.append(word)
                if len(words) > self.limit.left:
                    self.limit.take(len(words), self.name, start)
                continue
            if word == "}":
                self._require_no_words(words, start)
                self._close(line)
            elif not words:
                raise config_error(f'unexpected "{word}"', self.name, line)
            elif word == "{":
                self._open(words, start)
            else:
                self._add(words, start, line, None)
            words = []
        self._require_no_words(words, start)
        if len(self.stack) > 1:
            opened = tr(
                "{name_of} of line {line}",
                name_of=_name_of(self.stack[-1].words, "block"),
                line=self.stack[-1].line,
            )
            reason = tr('the file ends inside {opened}: a "}}" is missing', opened=opened)
            raise config_error(reason, self.name, line)
        return tuple(self.stack[0].block)

    def _require_no_words(self, words: list[str], line: int) -> None:
        if words:
            reason = tr('{name_of} is not ended by ";"', name_of=_name_of(words, "directive"))
            raise config_error(reason, self.name, line)

    def _open(self, words: list[str], line: int) -> None:
        self.stack.append(_OpenBlock(words, line))
        if len(self.stack) > MAX_BLOCK_DEPTH:
            raise config_error(
                tr("blocks nest deeper than {max_block_depth}", max_block_depth=MAX_BLOCK_DEPTH),
                self.name,
                line,
            )

    def _close(self, line: int) -> None:
        if len(self.stack) == 1:
            raise config_error('unexpected "}"', self.name, line)
        closed = self.stack.pop()
        self._add(closed.words, closed.line, line, tuple(closed.block))

    def _add(
        self, words: list[str], line: int, end_line: int, block: tuple[Directive, ...] | None
    ) -> None:
        """Add the directive to the innermost open block."""
        self.limit.take(len(words), self.name, line)
        name, *args = words
        name = self.names.setdefault(name, name)
        where = Position(self.name, line)
        end_line = line if end_line == line else end_line  # the same object takes less memory
        directive = Directive(name, tuple(args), where, end_line, block, self.via)
        self.stack[-1].block.append(directive)
