"""Which products answer at the public URL, by the headers and error pages that they write.

The error pages are those of the sources of Nginx, HAProxy 2.6, Varnish 7.1, Apache 2.4 and Envoy,
with their default texts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from wizard.model.case import Case
from wizard.model.diagnosis import Evidence
from wizard.model.timeline import Timeline
from wizard.text.display import safe
from wizard.text.messages import tr

NGINX = "Nginx"
_NGINX_NAMES = r"(?:nginx|openresty|tengine|angie|freenginx)\b"
"""The names under which Nginx and its derivatives answer."""
_NGINX_NAMED = re.compile(rf"(?i)\b{_NGINX_NAMES}")
_NGINX_ITSELF = re.compile(rf"(?i){_NGINX_NAMES}")
_NGINX_PAGE = re.compile(rf"(?i)<center>{_NGINX_NAMES}")
"""Part of the error pages that Nginx itself makes."""
_SERVERS: tuple[tuple[str, str], ...] = (
    ("haproxy", "HAProxy"),
    ("varnish", "Varnish"),
    ("lighttpd", "lighttpd"),
    ("caddy", "Caddy"),
    ("envoy", "Envoy"),
    ("traefik", "Traefik"),
    ("cloudflare", "Cloudflare"),
    ("cloudfront", "CloudFront"),
    ("akamai", "Akamai"),
    ("awselb", tr("an AWS load balancer")),
    ("google frontend", tr("Google's front end")),
    ("squid", "Squid"),
    ("litespeed", "LiteSpeed"),
    ("microsoft-iis", "IIS"),
    ("apache", "Apache"),
)
"""Parts of Server and Via, in lower case, and the proxy that writes them."""
_HEADERS: tuple[tuple[str, str], ...] = (
    ("x-varnish", "Varnish"),
    ("cf-ray", "Cloudflare"),
    ("x-amz-cf-id", "CloudFront"),
    ("x-envoy-upstream-service-time", "Envoy"),
    ("x-azure-ref", tr("Azure Front Door")),
    ("x-bluecoat-via", "ProxySG"),
)
_PAGES: tuple[tuple[str, str], ...] = (
    ("Guru Meditation", "Varnish"),
    ("No server is available to handle this request.", "HAProxy"),
    ("The server didn't respond in time.", "HAProxy"),
    ("The server returned an invalid or incomplete response.", "HAProxy"),
    ("Request forbidden by administrative rules.", "HAProxy"),
    ("<address>Apache/", "Apache"),
    ("upstream connect error or disconnect/reset before headers", "Envoy"),
    ("upstream request timeout", "Envoy"),
    ("no healthy upstream", "Envoy"),
)
"""Parts of error pages."""
_ADVICE = {
    "lighttpd": "`server.stream-response-body = 2`",
    "Apache": tr("`flushpackets=on` at ProxyPass, and mod_deflate off for text/event-stream"),
    "Varnish": tr("no ESI and no `beresp.do_gzip` for the stream, and `beresp.do_stream = true`"),
    "Caddy": tr("`flush_interval -1` in reverse_proxy, and no `encode` for the stream"),
    "HAProxy": tr("no `compression` for text/event-stream, and no `http-buffer-request`"),
    "Traefik": tr("no buffering and no compress middleware on the stream's router"),
    "Envoy": tr("no buffer filter and no compressor on the stream's route"),
}
"""What makes a product pass a stream on as it comes."""


_PASSING = frozenset({"HAProxy", "Varnish", "lighttpd", "Caddy", "Apache"})
"""Products that pass the Server header of what stands behind them (seen with Debian 12's): without
Nginx's name in it, no Nginx with its default settings stands there."""


@dataclass(frozen=True, slots=True)
class Product:
    """A server that named itself in an answer at the public URL.

    Attributes:
        name: As users write it: `Nginx`, `HAProxy`, …
        evidence: The header or the page that names it.
    """

    name: str
    evidence: Evidence

    @property
    def shows_what_is_behind(self) -> bool:
        """True if an Nginx behind this product would have named itself too."""
        return self.name in _PASSING


def products(case: Case) -> tuple[Product, ...]:
    """The proxies that named themselves at the public URL, each once."""
    found = {product.name: product for answer in _answers(case) for product in _named_in(answer)}
    return tuple(found.values())


def proxy_at_direct(case: Case) -> Product | None:
    """A product that answers at a direct URL and may be a proxy in front of the backend."""
    answers = [result.timeline for result in case.direct]
    answers += [sent.timeline for sent in case.follow_ups if sent.purpose == "root-direct"]
    return next((named for answer in answers for named in _named_in(answer)), None)


def other_proxy(case: Case) -> Product | None:
    """A proxy of another make than Nginx that named itself; None if none did."""
    return next((named for named in products(case) if named.name != NGINX), None)


def is_nginx_read(case: Case) -> bool:
    """True if a config was given, or a log in which requests of this run stand, or Nginx's errors.

    `proxy_pass_header Server` and modules can take the name out of answers, so these count more.
    """
    lines = (line for report in case.logs for line in report.lines)
    return case.resolution is not None or any(
        line.kind == "error" or (line.kind == "access" and line.client) for line in lines
    )


def is_nginx_shown(case: Case) -> bool:
    """False if answers came, none names Nginx, and neither a config nor a log of it was read."""
    answered = any(answer.headers_s is not None for answer in _answers(case))
    is_named = any(product.name == NGINX for product in products(case))
    return not answered or is_named or is_nginx_read(case)


def is_proxy_shown(case: Case) -> bool:
    """True if a proxy named itself at the public URL, or an input says that there is one."""
    target = case.target
    is_given = bool(target.direct or target.conf or target.hops or target.logs)
    is_named = any(answer.header("via") for answer in _answers(case)) or bool(products(case))
    return is_given or case.resolution is not None or is_named


def unknown_server(case: Case) -> str:
    """The server that answers, in words, where no known proxy named itself."""
    servers = (answer.header("server") for answer in _answers(case))
    server = next(filter(None, servers), "")
    return (
        tr("a server that calls itself {server}", server=safe(server, 60))
        if server
        else tr("an unnamed server")
    )


def streaming_advice(name: str) -> str:
    """What makes this product pass a stream on as it comes; empty if that is not known."""
    return _ADVICE.get(name, "")


def _answers(case: Case) -> tuple[Timeline, ...]:
    """The answers at the public URL, that of `/` included."""
    return (*([case.root] if case.root else []), *case.proxied_answers)


def _named_in(answer: Timeline) -> Iterator[Product]:
    marks = dict(_HEADERS)
    for header, value in answer.headers:
        name = _proxy_named(value) if header in ("server", "via") else marks.get(header, "")
        if name:
            text = f"{header}: {safe(value, 80)}"
            yield Product(name, Evidence("probe", answer.probe.label, text))
    if author := _page_author(answer.excerpt):
        text = tr("the error page is that of {author}", author=author)
        yield Product(author, Evidence("probe", answer.probe.label, text))


def is_nginx(server: str | None) -> bool:
    """True if this Server header is that of Nginx or of a derivative."""
    return bool(_NGINX_ITSELF.match(server or ""))


def names_nginx(value: str) -> bool:
    """True if this text names Nginx or a derivative anywhere, as in `my-nginx` or in Via."""
    return bool(_NGINX_NAMED.search(value))


def is_nginx_page(text: str) -> bool:
    """True for an error page that Nginx or a derivative made itself."""
    return bool(_NGINX_PAGE.search(text))


def _proxy_named(value: str) -> str:
    if names_nginx(value):
        return NGINX
    return next((name for part, name in _SERVERS if part in value.lower()), "")


def _page_author(page: str) -> str:
    match = re.search(r"<center>([^<]{1,80})</center>\s*(?:</body>|$)", page)
    if match and names_nginx(match[1]):
        return NGINX
    return next((name for part, name in _PAGES if part in page), "")
