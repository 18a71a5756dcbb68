"""Config lines that hold a credential: the block is shown, saved and pasted into tickets."""

from collections.abc import Iterable, Iterator

from wizard.nginx.hidden import VARIABLE, hidden_config
from wizard.recommend.statements import Statement
from wizard.text import MASK, redact

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
    made = hidden_config(text, redact, lambda secret: MASK)
    return redact(made) if reads_secret(made) else made
