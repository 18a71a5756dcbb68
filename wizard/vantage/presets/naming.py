"""A short name for a place: what stands in front of URLs and paths, as `web=`."""

import re

_RANDOM = "[bcdfghjklmnpqrstvwxz2456789]"
"""What Kubernetes draws the ends of generated names from."""
_POD = re.compile(rf"^(.+?)(?:-{_RANDOM}{{6,10}})?-{_RANDOM}{{5}}$")
LONGEST = 20


def short(name: str) -> str:
    """The name without what makes no sense in front of a `=`: `web` for `deploy/web`."""
    last = name.rpartition("/")[2]
    fit = re.sub(r"[^A-Za-z0-9_.-]+", "-", last).lstrip("0123456789_.-")[:LONGEST].rstrip("_.-")
    return fit or "there"


def of_pod(pod: str) -> str:
    """The name of what made the pod: `web` for `web-7d4b9c6f5b-x2x9z`."""
    found = _POD.match(pod)
    return short(found[1] if found else pod)


def of_host(host: str) -> str:
    """A host's first label: `jump` for `deploy@jump.example.com`."""
    name = host.rpartition("@")[2]
    return short(name if re.fullmatch(r"[\d.]+|.*:.*", name) else name.partition(".")[0])
