"""Whether Nginx would accept a config at all, by crossplane's table of directives.

The table says in which blocks each of Nginx's directives may stand, and with how many arguments;
`nesting.py` has the rules that it cannot state. A config that breaks either cannot be the one that
runs: Nginx refuses to start or reload with it. Only what is sure is a refusal, so directives and
blocks that are not known are skipped.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from wizard.model.config import Config, Directive, Position, Refusal
from wizard.nginx.memo import Memo
from wizard.nginx.nesting import find_repeated, refuse_in

_NEWER = frozenset({"http2_push_preload", "include", "keepalive", "resolver", "resolver_timeout"})
"""Directives that Nginx 1.22 or 1.31 takes where, or with what, the table does not allow it."""
_OF_MODULES = re.compile(
    r"(?:auth_jwt|f4f|geoip|hls|image_filter|js|keyval|memcached_force|mp4_limit|perl|session_log|"
    r"spdy|status|sticky|upstream_conf|xslt|zone_sync)(?:_\w+)?|\w+_cache_purge|api|"
    r"google_perftools_profiles|health_check(?:_timeout)?|least_time|limit_zone|match|ntlm|"
    r"queue|state|xml_entities|protocol|timeout|proxy_buffer|\w+_auth|\w+_capabilities|"
    r"\w+_client_buffer|smtp_greeting_delay|auth_http(?:_\w+)?|proxy_pass_error_message|starttls|"
    r"xclient|mail|stream"
)
"""Directives of Nginx Plus, of njs and of modules that are built apart: the table cannot be checked
with the free Nginx, and modules of others use some of the names."""
_OF_FORKS = frozenset({"limit_req", "limit_req_zone", "location"})
"""Directives that a fork takes with more arguments: Tengine limits by several variables, Angie has
locations with several paths. Their place is checked."""
_NOWHERE = Position("", 0)
Context = tuple[str, ...]
_found: Memo[None, Refusal | None] = Memo()


def find_refusal(config: Config) -> Refusal | None:
    """The first directive for which Nginx refuses the config; None if none is known.

    Of a file without an `http` block, a part of a config, those blocks are checked whose place is
    sure: servers with a location.
    """
    return _found.get(config, None, lambda: _Reader().find(config.root))


@dataclass
class _Reader:
    """Checks directives, each combination of name, block and arguments once."""

    checked: dict[tuple[object, ...], str] = field(default_factory=dict)

    def find(self, root: Iterable[Directive]) -> Refusal | None:
        """The first refusal in the directives of a main file."""
        top = tuple(root)
        if any(each.name == "http" for each in top):
            return self._find_in(Directive("", (), _NOWHERE, 0, top), ())
        servers = (each for each in top if each.name == "server" and any(each.children("location")))
        refusals = (self._find_in(each, ("http", "server")) for each in servers)
        return next(filter(None, refusals), None)

    def _find_in(self, parent: Directive, context: Context) -> Refusal | None:
        block = parent.block or ()
        for directive in block:
            reason = self._reason(directive, context) or refuse_in(directive, parent)
            if reason:
                return Refusal(directive.where, reason)
            inner = _inner(directive, context)
            if inner and (refusal := self._find_in(directive, inner)):
                return refusal
        repeated = find_repeated(block) if context[:1] == ("http",) else None
        return Refusal(repeated[0].where, repeated[1]) if repeated else None

    def _reason(self, directive: Directive, context: Context) -> str:
        name, args = directive.name, directive.args
        value = args[0].lower() in ("on", "off") if len(args) == 1 else None
        key = (name, context, len(args), value, directive.block is None)
        if key not in self.checked:
            self.checked[key] = _check(directive, context)
        return self.checked[key]


def _inner(directive: Directive, context: Context) -> Context | None:
    """The context inside a block; None if its content is data, or the block is not known."""
    name = directive.name
    if directive.block is None:
        return None
    if name == "location" and context[:1] == ("http",):
        return ("http", "location")
    nested = (*context, name)
    return nested if nested in _contexts() else None


def _check(directive: Directive, context: Context) -> str:
    """Why Nginx refuses the directive here, as Nginx says it; empty if it may accept it."""
    from crossplane import analyzer
    from crossplane.errors import NgxParserDirectiveError

    name = directive.name
    if name in _NEWER or _OF_MODULES.fullmatch(name):
        return ""
    args, end = list(directive.args), ";" if directive.block is None else "{"
    statement = {"directive": name, "line": directive.where.line, "args": args}
    is_counted = name not in _OF_FORKS
    try:
        analyzer.analyze("", statement, end, context, check_args=is_counted)
    except NgxParserDirectiveError as error:
        return _reworded(str(error.strerror), name)
    return ""


def _reworded(reason: str, name: str) -> str:
    """The reason without the value, which may be a secret."""
    if reason.startswith("invalid value"):
        return f'the value of the "{name}" directive must be "on" or "off"'
    return reason


@lru_cache(maxsize=1)
def _contexts() -> frozenset[Context]:
    """The blocks of Nginx's core and of `http` that the table knows."""
    from crossplane import analyzer

    known = (each for each in analyzer.CONTEXTS if each[:1] not in (("mail",), ("stream",)))
    return frozenset(known)
