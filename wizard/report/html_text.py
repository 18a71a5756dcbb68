"""Texts in the HTML report: escaped, and without secrets."""

import html

from wizard.text.display import safe, visible_block
from wizard.text.marks import MARKS


def escape(text: str, limit: int | None = None) -> str:
    """Return a text in one line for HTML, without control characters and known secrets."""
    shown = safe(text) if limit is None else safe(text, limit)
    return html.escape(MARKS.redact_known(shown))


def escape_block(text: str) -> str:
    """Return lines for a `pre` element."""
    return html.escape(MARKS.redact_known(visible_block(text, tabs=True)))
