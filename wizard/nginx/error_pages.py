"""The `error_page` directives in force, and what Nginx answers by itself.

https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page
"""

import re
from collections.abc import Sequence

from wizard.model.config import Directive
from wizard.model.resolution import ErrorPage
from wizard.nginx.servers import switch_value


def error_pages(blocks: Sequence[Directive]) -> tuple[ErrorPage, ...]:
    """The error pages of the innermost block that has any; `blocks` are outermost first."""
    for block in reversed(blocks):
        if directives := tuple(block.children("error_page")):
            pages = (_parse(directive) for directive in directives)
            return tuple(page for page in pages if page)
    return ()


def _parse(directive: Directive) -> ErrorPage | None:
    *words, target = directive.args or ("",)
    override = words.pop() if words and words[-1].startswith("=") else None
    codes = tuple(int(word) for word in words if re.fullmatch("[0-9]{3}", word))
    if not codes or len(codes) < len(words):
        return None
    if override is None:
        return ErrorPage(codes, target, directive.where)
    status = int(override[1:]) if re.fullmatch("=[0-9]{3}", override) else 0
    return ErrorPage(codes, target, directive.where, status)


def page_for(blocks: Sequence[Directive], status: int | None) -> ErrorPage | None:
    """The error page in force for a status; the first that names it."""
    return next((page for page in error_pages(blocks) if status in page.codes), None)


def is_recursive(blocks: Sequence[Directive]) -> bool:
    """True if an error page may have an error page itself."""
    return switch_value(tuple(reversed(blocks)), "recursive_error_pages") == "on"


def has_own_error_page(directive: Directive) -> bool:
    """False for a `return` whose own text is sent, whatever the error pages are.

    With a status of a redirect the text is an address (`ngx_http_send_response`).
    """
    if directive.name != "return" or len(directive.args) < 2:
        return True
    return directive.args[0] in ("301", "302", "303", "307", "308")
