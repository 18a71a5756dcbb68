"""One config file's tokens as directives, each with its file, its line and its end.

The tokens are crossplane's. The tree is built here, since the end lines are needed, directives of
any arity must stay, and a fault must name its line.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from wizard.errors import ConfigError
from wizard.nginx.tree import Directive, Where
from wizard.text import visible

DEPTH = 64
"""How deep blocks may nest; Nginx itself needs no more than a handful."""

Token = tuple[str, int, bool]


@dataclass
class _Open:
    """A block that is still open: the words before its brace, and what it holds so far."""

    words: list[str]
    line: int
    block: list[Directive] = field(default_factory=list)


def parse(text: str, name: str, via: tuple[Where, ...] = ()) -> tuple[Directive, ...]:
    """The directives of one file, includes not yet followed.

    Args:
        text: The file's text.
        name: What to call the file.
        via: The includes that led here.

    Raises:
        ConfigError: A brace without its partner, a directive without its end, a quote without
            its end, blocks nested beyond all measure.
    """
    stack, words, start, line = [_Open([], 1)], list[str](), 1, 1
    for token, line, quoted in _tokens(text, name):
        if quoted or token not in ("{", "}", ";"):
            start = start if words else line
            words.append(token)
        elif token == "{":
            stack.append(_Open(words, start if words else line))
            words = []
            if len(stack) > DEPTH:
                raise ConfigError(f"blocks nest deeper than {DEPTH}", name, line)
        elif token == ";":
            _close(stack[-1], words, Where(name, start), line, None, via)
            words = []
        else:
            _must_be_ended(words, name, start)
            closed = stack.pop()
            where = Where(name, closed.line)
            _close(stack[-1], closed.words, where, line, tuple(closed.block), via)
    _must_be_ended(words, name, start)
    return tuple(stack[0].block)


def _must_be_ended(words: list[str], name: str, line: int) -> None:
    if words:
        raise ConfigError(f'directive "{visible(words[0], 60)}" is not ended by ";"', name, line)


def _close(
    parent: _Open,
    words: list[str],
    where: Where,
    end: int,
    block: tuple[Directive, ...] | None,
    via: tuple[Where, ...],
) -> None:
    if not words:
        raise ConfigError(
            'unexpected "{"' if block is not None else 'unexpected ";"', where.file, where.line
        )
    parent.block.append(Directive(words[0], tuple(words[1:]), where, end, block, via))


def _tokens(text: str, name: str) -> Iterator[Token]:
    """crossplane's tokens without comments; its syntax errors as ours."""
    import crossplane
    from crossplane.errors import NgxParserSyntaxError

    # crossplane reads files only: what came from a dump or a pipe is put into one.
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".conf") as file:
        file.write(text)
        file.flush()
        try:
            for token, line, quoted in crossplane.lex(file.name):
                if quoted or not token.startswith("#"):
                    yield token, line, quoted
        except NgxParserSyntaxError as error:
            reason = visible(str(error.strerror).partition(" in ")[0], 200)
            raise ConfigError(reason, name, error.lineno) from None
        except RuntimeError:
            # The lexer runs past the end inside an escape or a lua block.
            raise ConfigError("the file ends in the middle of a word", name) from None
