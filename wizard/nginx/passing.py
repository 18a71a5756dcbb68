"""The Host header that Nginx passes to the backend.

https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_set_header
"""

import re
from urllib.parse import urlsplit

from wizard.nginx.site import Site

_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


def passed_host(site: Site, asked: str) -> str:
    """What the backend is told; empty where it cannot be told from the config.

    Args:
        asked: The Host header of the client, with its port if it has one.
    """
    upstream = site.upstream
    if upstream is None or upstream.kind != "proxy":
        return ""
    proxied = upstream.authority
    known = {
        "host": urlsplit(f"//{asked}").hostname or "",
        "http_host": asked,
        "proxy_host": proxied if "$" not in proxied else "",
    }
    filled = _VARIABLE.sub(lambda found: known.get(found[1]) or "$", _written(site))
    return "" if "$" in filled else filled


def _written(site: Site) -> str:
    """As the config writes it; `$proxy_host` where it does not."""
    setting = site.effective.get("proxy_set_header")
    entries = setting.entries if setting else ()
    named = [entry[1] for entry in entries if len(entry) == 2 and entry[0].lower() == "host"]
    return named[-1] if named else "$proxy_host"
