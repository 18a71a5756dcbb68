"""From the statements of a block today to those of the new block."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wizard.model.change import Change, by_key, change_key
from wizard.model.config import Directive
from wizard.nginx.locations import PASS_DIRECTIVES
from wizard.recommend.block import BlockStatement, keep_statement, write_change
from wizard.recommend.redaction import is_secret, is_text
from wizard.recommend.source import COMMENT, SourceBlock, Statement


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What changes in a block.

    Attributes:
        changes: The directives to set, by their key.
        dropped: Names of directives to leave out: inherited ones, or of no use in the new block.
    """

    changes: Mapping[str, Change]
    dropped: frozenset[str] = frozenset()

    @classmethod
    def of(cls, changes: Iterable[Change], dropped: Iterable[str] = ()) -> "Rewrite":
        """A rewrite that makes these changes; of two for the same directive the first counts."""
        merged = by_key(changes)
        replaced = (name for change in merged.values() for name in change.drops)
        return cls(merged, frozenset((*dropped, *replaced)))

    def replacement(
        self, source: SourceBlock, statement: Statement
    ) -> tuple[BlockStatement, ...] | None:
        """What replaces the statement; None if it stays as it is."""
        if statement.name in self.dropped:
            return ()
        if change := self.changes.get(change_key(statement.name, statement.values)):
            is_same = change.args == statement.values and not change.block
            return None if is_same else (write_change(change),)
        if statement.name == "include" and self._changes_any(source.directives_of(statement)):
            files = source.included(statement)
            return tuple(new for included in files for new in self._replaced(included))
        return None

    def additions(
        self, source: SourceBlock
    ) -> tuple[tuple[BlockStatement, ...], tuple[BlockStatement, ...]]:
        """The changes for which nothing in the block is replaced: new blocks, which go before all
        other lines, and new settings."""
        left = (line for line in source.directives if line.name not in self.dropped)
        present = {change_key(directive.name, directive.args) for directive in left}
        missing = [change for change in self.changes.values() if change.key not in present]
        new = [change for change in missing if not change.if_present]
        blocks = (write_change(change) for change in new if change.block)
        return tuple(blocks), tuple(write_change(change) for change in new if not change.block)

    def statements(self, source: SourceBlock) -> tuple[BlockStatement, ...]:
        """All statements of the new block; new settings follow the `proxy_pass` or its like."""
        blocks, settings = self.additions(source)
        replaced = list(self._replaced(source))
        names = [statement.name for statement in replaced]
        at = max((end for end, name in enumerate(names, 1) if name in PASS_DIRECTIVES), default=0)
        return (*blocks, *replaced[:at], *settings, *replaced[at:])

    def _changes_any(self, directives: Iterable[Directive]) -> bool:
        touched = self.changes.keys() | self.dropped
        return any({line.name, change_key(line.name, line.args)} & touched for line in directives)

    def _replaced(self, source: SourceBlock) -> Iterator[BlockStatement]:
        for statement, comment in _with_comments(self._remaining(source), source.text):
            new = self.replacement(source, statement)
            if new is None:
                new = (keep_statement(source, statement),)
            yield from new[:-1]
            yield from (last.with_comment(comment) for last in new[-1:])

    def _remaining(self, source: SourceBlock) -> tuple[Statement, ...]:
        """The statements without the dropped ones and their comments, and without comments that
        must not be shown: a credential in one would cost the whole diff."""
        remaining: list[Statement] = []
        dropped: Statement | None = None
        for statement in source.statements:
            if dropped and _follows_on_line(source.text, dropped, statement):
                continue
            if statement.name == COMMENT and not _can_be_shown(source.text, statement):
                continue
            dropped = statement if statement.name in self.dropped else None
            if dropped:
                _drop_comments_above(source.text, remaining, dropped)
            else:
                remaining.append(statement)
        return tuple(remaining)


def is_pass(source: SourceBlock, statement: Statement) -> bool:
    """True if the statement passes the request to an upstream, itself or by what it includes."""
    included = source.directives_of(statement) if statement.name == "include" else ()
    return not PASS_DIRECTIVES.isdisjoint((statement.name, *(line.name for line in included)))


def _can_be_shown(text: str, comment: Statement) -> bool:
    return is_text(text[comment.start : comment.end]) and not is_secret(comment, text)


def _drop_comments_above(text: str, remaining: list[Statement], statement: Statement) -> None:
    while remaining and _is_comment_above(text, remaining[-1], statement):
        statement = remaining.pop()


def _with_comments(statements: tuple[Statement, ...], text: str) -> Iterator[tuple[Statement, str]]:
    """Each statement with the comment that follows on its line."""
    for at, statement in enumerate(statements):
        if at and _follows_on_line(text, statements[at - 1], statement):
            continue
        after = statements[at + 1 : at + 2]
        has_comment = bool(after) and _follows_on_line(text, statement, after[0])
        yield statement, text[statement.end : after[0].end] if has_comment else ""


def _follows_on_line(text: str, statement: Statement, comment: Statement) -> bool:
    between = text[statement.end : comment.start]
    return comment.name == COMMENT and not between.strip() and "\n" not in between


def _is_comment_above(text: str, comment: Statement, statement: Statement) -> bool:
    """True for a comment alone on the line above, which is about the statement."""
    alone = not text[text.rfind("\n", 0, comment.start) + 1 : comment.start].strip()
    return comment.name == COMMENT and alone and text.count("\n", comment.end, statement.start) == 1
