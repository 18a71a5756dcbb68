"""Config lines that hold a credential: the block is shown, saved and pasted into tickets."""

import re
from collections.abc import Iterable, Iterator

from wizard.recommend.statements import Statement
from wizard.text import redact

MASK = "[redacted]"
_TELLING = 4
NAMED_VALUE = re.compile(r"(proxy_set_header|\w+_param|add_header|set)$")
SECRET_NAME = re.compile(
    r"(?i)authorization|cookie|token|secret|passw|api[-_]?key|credential|session|signature"
)
_SCHEME = re.compile(r"(?i)^(basic|bearer|token|digest|negotiate)$")
VARIABLE = re.compile(r"\$\{\w+\}|\$\w+")


def is_secret(statement: Statement, source: str) -> bool:
    """Whether the statement holds a credential as a literal; one in a variable is no secret."""
    named = any(_is_named(inner) for inner in statement.walk())
    return named or reads_secret(source[statement.start : statement.end])


def near(source: str, statements: Iterable[Statement], span: range) -> frozenset[str]:
    """The credentials in a stretch of the source, as the pieces of lines that must not show."""
    found = (
        source[one.start : one.end]
        for top in statements
        if _meets(top, span)
        for one in top.walk()
        if one.opened is None and _meets(one, span) and is_secret(one, source)
    )
    return frozenset(piece for text in found for piece in fragments(text))


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
    """The statement's text with each credential written over."""
    text = source[statement.start : statement.end]
    for inner in reversed([one for one in statement.walk() if _is_named(one)]):
        start, end = inner.start - statement.start, inner.end - statement.start
        text = f'{text[:start]}{inner.name} {inner.args[0]} "{MASK}";{text[end:]}'
    return redact(text) if reads_secret(text) else text


def _is_named(statement: Statement) -> bool:
    if not NAMED_VALUE.match(statement.name) or len(statement.args) < 2:
        return False
    name, value = statement.args[:2]
    return bool(SECRET_NAME.search(name)) and bool(literal(value))


def literal(value: str) -> str:
    """What a value holds besides variables and the name of its scheme."""
    return _SCHEME.sub("", VARIABLE.sub("", value).strip())
