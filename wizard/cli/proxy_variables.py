"""The proxy that the environment names, which no request goes through."""

import os
from urllib.parse import urlsplit

from wizard.model.case import Case
from wizard.text.messages import tr

_UNUSED = tr(
    "{name} is set, but ssewizard does not use that proxy: a client that uses it may reach "
    "{host} where this check cannot. Try --connect-to HOST:PORT, or --vantage to send from "
    "another place"
)


def describe_unused_proxy(case: Case) -> str:
    """What the environment's proxy means for a server that was not reached; empty if it was, or if
    no proxy is named for its scheme and host."""
    made = [result.timeline for result in case.proxy if result.was_made]
    if not made or any(timeline.connect_s is not None for timeline in made):
        return ""
    parts = urlsplit(case.target.url)
    names = (f"{parts.scheme}_proxy", "all_proxy")
    found = next((each for name in names for each in (name, name.upper()) if _is_set(each)), None)
    if found is None or _is_exempt(parts.netloc):
        return ""
    return _UNUSED.format(name=found, host=parts.hostname)


def _is_set(name: str) -> bool:
    # Over HTTP, clients take the name in small letters alone (https://httpoxy.org).
    return name != "HTTP_PROXY" and bool(os.environ.get(name))


def _is_exempt(host: str) -> bool:
    """True if NO_PROXY names the host."""
    # Imported here: few runs come this far.
    from urllib import request

    proxies = request.getproxies_environment()
    return bool(request.proxy_bypass_environment(host, proxies))  # type: ignore[attr-defined]
