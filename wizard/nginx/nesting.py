"""Whether Nginx refuses what a block holds, by the rules that a table of directives cannot state.

The reasons are in Nginx's words, from `ngx_http_core_location`, `ngx_http_join_exact_locations`,
`ngx_http_proxy_pass` and the slots of `ngx_conf_file.c`.
"""

import re
from collections.abc import Iterable

from wizard.model.config import Directive
from wizard.nginx.locations import modifier_and_path
from wizard.nginx.proxy_pass import has_fixed_uri
from wizard.text.display import visible

_REGEX = ("~", "~*")
_ONCE = re.compile(
    r"(?:proxy|fastcgi|uwsgi|scgi|grpc)_(?:pass|(?:read|send|connect)_timeout|buffer_size)|"
    r"(?:proxy|fastcgi|uwsgi|scgi)_(?:(?:request_)?buffering|buffers|busy_buffers_size|cache)|"
    r"proxy_http_version|proxy_ssl_server_name|gzip|tcp_nodelay|client_max_body_size"
)
"""Directives that a block may have once."""
_URI = (
    '"proxy_pass" cannot have URI part in location given by regular expression, or inside named '
    'location, or inside "if" statement, or inside "limit_except" block'
)


def refuse_in(directive: Directive, parent: Directive) -> str:
    """Why Nginx refuses the directive directly in this block; empty if it may accept it."""
    if directive.name == "location" and parent.name == "location":
        return _refuse_nested(directive, parent)
    if directive.name == "proxy_pass" and has_fixed_uri(directive) and _has_no_prefix(parent):
        return _URI
    return ""


def _has_no_prefix(block: Directive) -> bool:
    """True if the block has no path that a URI could replace."""
    is_pattern = block.name == "location" and modifier_and_path(block)[0] in (*_REGEX, "@")
    return is_pattern or block.name in ("if", "limit_except")


def _refuse_nested(location: Directive, parent: Directive) -> str:
    modifier, path = modifier_and_path(location)
    outer, prefix = modifier_and_path(parent)
    shown, shown_outer = visible(path, 120), visible(prefix, 120)
    if max(len(location.args), len(parent.args)) > 2:
        return ""  # a fork takes several paths
    if outer == "=":
        return f'location "{shown}" cannot be inside the exact location "{shown_outer}"'
    if outer == "@":
        return f'location "{shown}" cannot be inside the named location "@{shown_outer}"'
    if modifier == "@":
        return f'named location "@{shown}" can be on the server level only'
    # Where the file system has no upper case of its own, Nginx compares without it.
    if modifier not in _REGEX and not path.lower().startswith(prefix.lower()):
        return f'location "{shown}" is outside location "{shown_outer}"'
    return ""


def find_repeated(block: Iterable[Directive]) -> tuple[Directive, str] | None:
    """The first directive that a block may not have again, and the reason."""
    seen = set[str]()
    for directive in block:
        reason = _refuse_again(directive)
        if reason and reason in seen:
            return directive, reason.partition("\n")[0]
        seen.add(reason)
    return None


def _refuse_again(directive: Directive) -> str:
    """Why Nginx refuses a second directive like this one, and on another line what tells it apart
    from others with the same reason; empty if it may accept it."""
    if directive.name == "location" and len(directive.args) <= 2:
        modifier, path = modifier_and_path(directive)
        is_exact = "=" if modifier == "=" else ""
        is_path = modifier not in (*_REGEX, "@")
        return f'duplicate location "{visible(path, 120)}"\n{is_exact}{path}' if is_path else ""
    is_once = _ONCE.fullmatch(directive.name)
    return f'"{directive.name}" directive is duplicate' if is_once else ""
