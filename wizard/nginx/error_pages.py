"""The `error_page` directives in force, and what Nginx answers by itself.

https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page
"""

import re
from collections.abc import Sequence

from wizard.model.config import Directive
from wizard.model.resolution import ErrorPage
from wizard.model.statuses import REDIRECTS
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


def has_error_page(directive: Directive) -> bool:
    """False for a `return` whose own text is sent, whatever the error pages are.

    With the status of a redirect the text is an address (`ngx_http_send_response`).
    """
    if directive.name != "return" or len(directive.args) < 2:
        return True
    return directive.args[0] in map(str, REDIRECTS)


def status_of_url(page: ErrorPage) -> int:
    """The status with which the client is sent to the URL of an error page."""
    return page.status if page.status in REDIRECTS else 302


def status_after(
    page: ErrorPage, code: int | None, directive: Directive, status: int | None
) -> int | None:
    """The status that the client gets for `code`, if the page is answered by this directive.

    Redirects and errors of the page's own stay (`ngx_http_special_response_handler`); an answer
    with a text or without an error gets the status of the error page.
    """
    is_error = status is not None and status >= 400 and has_error_page(directive)
    if status in REDIRECTS or is_error or page.status == 0:
        return status
    return code if page.status is None else page.status
