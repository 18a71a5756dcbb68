"""Config lines that hold a credential: the block is shown, saved and pasted into tickets."""

import re

from wizard.recommend.statements import Statement, parse
from wizard.text import redact

MASK = "[redacted]"
_NAMED_VALUE = re.compile(r"(proxy_set_header|\w+_param|add_header|set)$")
_SECRET_NAME = re.compile(
    r"(?i)authorization|cookie|token|secret|passw|api[-_]?key|credential|session|signature"
)
_SCHEME = re.compile(r"(?i)^(basic|bearer|token|digest|negotiate)$")
_VARIABLE = re.compile(r"\$\{\w+\}|\$\w+")


def is_secret(statement: Statement, source: str) -> bool:
    """Whether the statement holds a credential as a literal; one in a variable is no secret."""
    named = any(_is_named(inner) for inner in statement.walk())
    return named or reads_secret(source[statement.start : statement.end])


def secret_lines(source: str) -> frozenset[str]:
    """The lines of a config that hold a credential, without the white space at their ends."""
    found = (
        source[one.start : one.end]
        for top in parse(source)
        for one in top.walk()
        if one.opened is None and is_secret(one, source)
    )
    pieces = [piece.strip() for text in found for piece in text.split("\n") if piece.strip()]
    return frozenset(
        line.rstrip() for line in source.split("\n") if any(piece in line for piece in pieces)
    )


def reads_secret(text: str) -> bool:
    """Whether a text holds something that no report may show."""
    bare = _VARIABLE.sub("", text)
    return redact(bare) != bare


def masked(statement: Statement, source: str) -> str:
    """The statement's text with each credential written over."""
    text = source[statement.start : statement.end]
    for inner in reversed([one for one in statement.walk() if _is_named(one)]):
        start, end = inner.start - statement.start, inner.end - statement.start
        text = f'{text[:start]}{inner.name} {inner.args[0]} "{MASK}";{text[end:]}'
    return redact(text) if reads_secret(text) else text


def _is_named(statement: Statement) -> bool:
    if not _NAMED_VALUE.match(statement.name) or len(statement.args) < 2:
        return False
    name, value = statement.args[:2]
    return bool(_SECRET_NAME.search(name)) and bool(_literal(value))


def _literal(value: str) -> str:
    return _SCHEME.sub("", _VARIABLE.sub("", value).strip())
