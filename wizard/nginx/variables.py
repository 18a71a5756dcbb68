"""A request on its way through the config, with Nginx's variables as far as both decide them.

https://nginx.org/en/docs/varindex.html
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from wizard.model.config import Config, Directive, Position
from wizard.model.resolution import Request
from wizard.nginx.patterns import Match, search
from wizard.nginx.servers import requested_name
from wizard.nginx.settings import version_numbers

VARIABLE = re.compile(r"\$(?:\{(\w+)\}|([1-9]|\w+))", re.ASCII)
"""A variable in a value. The number of a regex group has one digit (`ngx_http_script_compile`)."""
_HEADERS_JOINED_SINCE = (1, 23, 0)
"""The version since which `$http_NAME` holds all header lines of that name, not the first alone
(CHANGES); `$http_cookie` and `$http_x_forwarded_for` always did."""
_ALWAYS_JOINED = frozenset({"cookie", "x_forwarded_for"})
_MAX_MAP_DEPTH = 8
"""How many `map` blocks may follow from one another."""
_MAX_EVALUATIONS = 1000
"""How many values of `map` blocks are evaluated for one request: those that are `volatile` may lead
to each other on many ways."""
MAX_VALUE_CHARS = 1 << 16
"""The longest value that is filled in, in characters; `set $a $a$a` doubles it each time."""
_MAP_OPTIONS = frozenset({"default", "hostnames", "volatile", "include"})
_IS_NGINX_OWN = re.compile("args|limit_rate|(arg|http|cookie)_.+")
"""The variables of Nginx itself that `set` can change: they have a value before."""
_SETTERS = re.compile("set_.+|js_set|js_var|perl_set|auth_request_set")
"""Directives beside `set` whose first argument is the variable that they define."""
_DEFINERS = {"geo": -1, "split_clients": 1, "keyval": 1}
"""Directives that give a variable a value which is not in the config, and the argument that names
the variable."""


@dataclass
class RequestState:
    """A request as rewrites, `set` and internal redirects have changed it so far.

    Attributes:
        path: The current path, decoded.
        knows_path: False once variables that are not decided are part of the path.
        query: None if variables decide it.
        method: GET after an internal redirect by `error_page`.
        values: The variables that were set; None for one whose value is not decided.
        mapped: The values of the `map` blocks that were evaluated: Nginx keeps them until the
            request ends, unless the map is `volatile`.
        evaluations: How many there were.
        version: The Nginx version; None if it is not known.
        changed_by: The line that last changed path or query; None if both are the client's.
        captures: What the groups of the last regex that matched hold; none after one of the rewrite
            module that did not match (`ngx_http_script_regex_start_code`), None if it is not known.
    """

    config: Config
    server: Directive
    request: Request
    path: str
    query: str | None
    method: str
    version: str | None = None
    values: dict[str, str | None] = field(default_factory=dict)
    mapped: dict[str, str | None] = field(default_factory=dict)
    evaluations: int = 0
    knows_path: bool = True
    changed_by: Position | None = None
    captures: tuple[str, ...] | None = ()

    def fill(self, text: str, unknown: str | None = None, depth: int = 0) -> str | None:
        """The text with its variables filled in, one without a value as `unknown`; None if there is
        such a one and no `unknown`. A text that becomes too long is not known as a whole."""
        names = [match[1] or match[2] for match in VARIABLE.finditer(text)]
        values = {name: self.value(name, depth) for name in dict.fromkeys(names)}
        if unknown is None and None in values.values():
            return None
        if len(text) + sum(len(values[name] or "") for name in names) > MAX_VALUE_CHARS:
            return unknown

        def value_of(variable: re.Match[str]) -> str:
            value = values[variable[1] or variable[2]]
            return (unknown or "") if value is None else value

        return VARIABLE.sub(value_of, text)

    def value(self, name: str, depth: int = 0) -> str | None:
        """The value of a variable; None if config and request do not decide it."""
        if name.isdecimal():
            index = int(name) - 1
            if self.captures is None:
                return None
            return self.captures[index] if 0 <= index < len(self.captures) else ""
        if name in self.values:
            return self.values[name]
        definitions = self._definitions
        if name in definitions:
            if name not in self.mapped:
                return self._evaluate_map(name, definitions[name], depth + 1)
            return self.mapped[name]
        # A variable of the config's own is empty outside of the blocks that set it.
        is_own = name in self._set_names and not _IS_NGINX_OWN.fullmatch(name)
        return "" if is_own else self._of_request(name)

    def assign(self, name: str, value: str | None, where: Position) -> None:
        """Give a variable this value by the line `where`; None if it is not decided."""
        if name == "args":
            self.query, self.changed_by = value, where
        else:
            self.values[name] = value

    def capture(self, match: Match) -> None:
        """Keep what the groups of this match hold, by number and by name."""
        self.captures = tuple(map(_group_text, match.groups()))
        self.values.update({name: _group_text(text) for name, text in match.groupdict().items()})

    @cached_property
    def _set_names(self) -> frozenset[str]:
        """The variables that a `set` of the config defines."""
        sets = (each for each in _all_directives(self.config.root) if each.name == "set")
        return frozenset(directive.args[0].lstrip("$") for directive in sets if directive.args)

    @cached_property
    def _definitions(self) -> dict[str, Directive | None]:
        """The `map` of each variable that has one; None for what other modules define."""
        found: dict[str, Directive | None] = {}
        for directive in _all_directives(self.config.root):
            name, args = directive.name, directive.args
            if name == "map" and len(args) == 2:
                found[args[1].lstrip("$")] = directive
            elif args and (name in _DEFINERS or _SETTERS.fullmatch(name)):
                index = min(_DEFINERS.get(name, 0), len(args) - 1)
                found[args[index].lstrip("$")] = None
        return found

    def _evaluate_map(self, name: str, block: Directive | None, depth: int) -> str | None:
        """The value that a `map` gives: of the same key, else of the first regex that matches, else
        the default."""
        self.evaluations += 1
        if block is None or depth > _MAX_MAP_DEPTH or self.evaluations > _MAX_EVALUATIONS:
            return None
        source = self.fill(block.args[0], depth=depth)
        text = None if source is None else self._map_value(block.block or (), source)
        value = None if text is None else self.fill(text, depth=depth)
        if next(block.children("volatile"), None) is None:
            self.mapped[name] = value
        return value

    def _map_value(self, entries: Sequence[Directive], source: str) -> str | None:
        values = {each.name.lower(): " ".join(each.args) for each in reversed(entries)}
        if {"include", "hostnames"} & set(values):
            # What a file of entries holds is not read, and names with a star are not compared.
            return None
        key = source.lower()
        if key in values and key not in _MAP_OPTIONS:
            return values[key]
        if f"\\{key}" in values:
            return values[f"\\{key}"]
        for entry in entries:
            if entry.name.startswith("~"):
                ignores_case = entry.name.startswith("~*")
                pattern = entry.name[2 if ignores_case else 1 :]
                found = search(pattern, source, ignore_case=ignores_case)
                if found.problem:
                    return None
                if found.match:
                    self.capture(found.match)
                    return " ".join(entry.args)
        return values.get("default", "")

    def _of_request(self, name: str) -> str | None:
        """The value of a variable that Nginx itself defines; None if it is not decided here."""
        if name.startswith("arg_"):
            return self._argument(name.removeprefix("arg_"))
        if name.startswith("http_"):
            return self._header(name.removeprefix("http_"))
        if name.startswith("cookie_"):
            return self._cookie(name.removeprefix("cookie_"))
        request, query = self.request, self.query
        if name.startswith("ssl_"):
            return "" if request.scheme == "http" else None
        path = self.path if self.knows_path else None
        values = {
            "uri": path,
            "document_uri": path,
            "request_uri": request.uri,
            "request_method": self.method,
            "args": query,
            "query_string": query,
            "is_args": None if query is None else "?" if query else "",
            "scheme": request.scheme,
            "https": "on" if request.scheme == "https" else "",
            "host": requested_name(request.host) or None,
            "server_name": self._server_name(),
            "server_port": str(request.effective_port),
            "nginx_version": self.version,
            "content_type": self._header("content_type"),
            "content_length": self._header("content_length"),
            **self._of_protocol(),
        }
        return values.get(name)

    def _of_protocol(self) -> dict[str, str]:
        """The variables that depend on the client's HTTP version, where it is known."""
        request = self.request
        if request.http is None:
            return {}
        protocol = "HTTP/2.0" if request.http == "2" else "HTTP/1.1"
        line = f"{request.method} {request.uri} {protocol}"
        return {"server_protocol": protocol, "request": line}

    def _server_name(self) -> str | None:
        """The first name of the server, in lower case unless it is a pattern; None if it is the
        host's own name."""
        names = (name for each in self.server.children("server_name") for name in each.args)
        name = next(names, "")
        return (
            None if name == "$hostname" else name if name[:1] == "~" else name.lower().lstrip(".")
        )

    def _argument(self, name: str) -> str | None:
        """The first argument of this name in the query, as sent; empty if there is none."""
        if self.query is None:
            return None
        pairs = (pair.partition("=") for pair in self.query.split("&"))
        values = (value for key, mark, value in pairs if mark and key.lower() == name.lower())
        return next(values, "")

    def _cookie(self, name: str) -> str | None:
        """The cookie of this name; empty if there is none."""
        header = self._header("cookie")
        if not header:
            return header
        pairs = (pair.strip(" ").partition("=") for pair in header.split(";"))
        return next((value for key, _, value in pairs if key.lower() == name.lower()), "")

    def _header(self, name: str) -> str | None:
        """A header of the request; None if it is not known whether the client sends it."""
        headers = self.request.headers
        values = [value for key, value in headers if key.lower().replace("-", "_") == name]
        if values:
            return self._join_lines(name, values)
        if name == "host":
            return self.request.host_header or None
        # An event stream is asked for without an upgrade.
        return "" if name == "upgrade" or self.request.has_all_headers else None

    def _join_lines(self, name: str, values: list[str]) -> str | None:
        """The value of `$http_NAME` for several header lines of that name."""
        is_joined = version_numbers(self.version) >= _HEADERS_JOINED_SINCE
        if len(values) == 1 or not (is_joined or name in _ALWAYS_JOINED):
            return values[0] if len(values) == 1 or self.version else None
        return ("; " if name == "cookie" else ", ").join(values)


def _group_text(group: bytes | None) -> str:
    return (group or b"").decode("utf-8", "surrogateescape")


def _all_directives(block: Sequence[Directive]) -> Iterator[Directive]:
    """The directives of a block and of the blocks in it, but not the entries of a `map`."""
    for directive in block:
        yield directive
        if directive.block and directive.name != "map":
            yield from _all_directives(directive.block)
