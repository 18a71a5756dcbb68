"""Random servers that rewrite, redirect and pass requests on; each block has a mark of its own.

The placeholders are those of `public_suite.toml`.
"""

from random import Random

REQUESTS = (
    "/", "/a", "/a/x", "/b", "/b/y", "/c", "/c/z%2Cq", "/d", "/d/", "/e?v=1", "/a?v=1",
    "/b?v=2&w=a", "/a//x", "/c/?w=a",
)  # fmt: skip
MAPS = "map $arg_v $m { default small; 1 big; ~^2 '$arg_w'; } uninitialized_variable_warn off;"
"""Lines of the http level that the servers need."""
_CONDITIONS = (
    "$arg_v", "$arg_v = 1", "$arg_v != 1", "$uri ~ x", "$uri ~ ^/(.)/(.*)$", "$x", "$x = one",
    "$request_method = POST", "$m = big", "$arg_w ~* A", "-f /none", "!-e /none/$uri",
    "$query_string !~ v", "$is_args", "$host = a.test",
)  # fmt: skip
_GROUPED = ("^/a(.*)$", "^/b/(.*)$", "^/(?<r>.*)$", "^/([a-d])/(.*)$")
_PLAIN = ("^", "/x", "^/c", "y$")
_TARGETS = (
    "/c", "/a/x", "/c?", "/b/y?q=$uri?", "/d?x=$x", "/d/$x", "$scheme://x.test/", "/e?$args",
)  # fmt: skip
_GROUP_TARGETS = ("/b$1", "/d/$1", "/e?k=$1", "http://x.test/$1")
_FLAGS = ("", "", "last", "break", "redirect", "permanent")
_ANSWERS = (
    "204", "404", "403", "418", "500", "200 text", "404 text", "301 http://x.test/", "302 /b", "http://x.test/",
)  # fmt: skip
_VALUES = ("one", "$uri", "$arg_v", "''", "0", "two", "$m")
_CODES = ("404", "403", "418", "404 403", "500 418", "302")
_PAGES = ("/a", "/b", "@n1", "@n2", "/d", "/c?z=1", "http://x.test/e")
_FILES = ("=404", "=418", "@n1", "@n2", "/b", "/c?$args", "/d$uri", "@n$arg_v", "@$x")
_PASSES = ("http://BACKEND", "http://BACKEND$request_uri", "http://BACKEND$uri$is_args$args")
_URI_PASSES = (*_PASSES, "http://BACKEND/", "http://BACKEND/p", "http://BACKEND/p/")
_LIMITS = ("", "deny all;", "proxy_pass http://BACKEND;")


class RouteWriter:
    """Writes servers from one source of random numbers."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._marks = 0

    def server(self) -> str:
        """A whole server block."""
        pick, chance = self._random.choice, self._chance
        lines = ["root /nonexistent; AT server;"]
        lines += [self._statement("server") for _ in range(pick([0, 0, 1, 2]))]
        lines += [self._error_page()] * chance(0.2) + [self._try_files()] * chance(0.2)
        paths = ["/", "/a", "/b", "/c", "/d/", "/e", "/a/x"]
        for path in self._random.sample(paths, self._random.randint(2, 6)):
            lines.append(f"location {pick(['', '', '=', '^~'])} {path} {{ {self._body()} }}")
        if chance(0.4):
            pattern = pick(["x$", "^/b", "^/(c|d)"])
            lines.append(f"location ~ {pattern} {{ {self._body(_PASSES)} }}")
        names = [name for name, odds in (("n1", 0.8), ("n2", 0.8), ("", 0.2)) if chance(odds)]
        lines += [f"location @{name} {{ {self._body(_PASSES, named=True)} }}" for name in names]
        return "\n".join(["server { LISTEN", *lines, "}"])

    def _chance(self, odds: float) -> bool:
        return self._random.random() < odds

    def _mark(self) -> str:
        self._marks += 1
        return f"AT m{self._marks};"

    def _body(self, passes: tuple[str, ...] = _URI_PASSES, *, named: bool = False) -> str:
        pick, chance = self._random.choice, self._chance
        lines = [self._mark()]
        lines += [self._statement("location") for _ in range(pick([0, 0, 1, 1, 2, 3]))]
        lines += [self._error_page()] * chance(0.25) + [self._try_files()] * chance(0.2)
        lines += ["recursive_error_pages on;"] * chance(0.1)
        lines += ["internal;"] * (chance(0.07) and not named)
        lines += ["deny all;"] * chance(0.05)
        lines += [f"limit_except POST {{ {pick(_LIMITS)} }}"] * chance(0.1)
        lines += [f"proxy_pass {pick(passes)};"] * chance(0.7)
        return " ".join(lines)

    def _statement(self, level: str) -> str:
        """A directive of the rewrite module; `level` is empty inside of an `if`."""
        pick, number = self._random.choice, self._random.random()
        if number < 0.2:
            return f"set $x {pick(_VALUES)};"
        if number < 0.5:
            grouped = self._chance(0.5)
            pattern = pick(_GROUPED if grouped else _PLAIN)
            target = pick(_TARGETS + _GROUP_TARGETS if grouped else _TARGETS)
            return f"rewrite {pattern} {target} {pick(_FLAGS)};"
        if number < 0.62 and level:
            inside = [self._mark()] if level == "location" else []
            inside += [self._statement("") for _ in range(self._random.randint(0, 2))]
            inside += ["proxy_pass http://BACKEND;"] * (level == "location" and self._chance(0.3))
            return f"if ({pick(_CONDITIONS)}) {{ {' '.join(inside)} }}"
        if number < 0.72:
            return f"return {pick(_ANSWERS)};" if self._chance(0.5) else "break;"
        return "set $y 1;"

    def _error_page(self) -> str:
        pick = self._random.choice
        return f"error_page {pick(_CODES)} {pick(['', '=', '=200', '=503'])} {pick(_PAGES)};"

    def _try_files(self) -> str:
        pick = self._random.choice
        return f"try_files {pick(['/none', '$uri/none /none2', '/none$x'])} {pick(_FILES)};"
