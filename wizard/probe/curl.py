"""The `curl` that would show the same, quoted for a shell, with no secret in it."""

import math
import shlex

from wizard.model.target import Target
from wizard.model.timeline import Probe
from wizard.text.display import visible
from wizard.text.redaction import MASK, PUBLIC_HEADERS, redact


def curl_command(probe: Probe, target: Target, wait: float) -> str:
    """The command for one probe; `wait` is how long, in seconds, it may be silent.

    `-N` shows the bytes as they come; HEAD (`-I`) is never advised: many streams refuse it.
    """
    # 0 would mean no limit; and brackets, as in [redacted], are a pattern to curl without -g.
    words = ["curl", "-sN", "-m", str(max(1, math.ceil(wait)))]
    words += ["-g"] if set(redact(probe.url)) & set("[]{}") else []
    if probe.name.startswith("root"):
        words += ["-o", "/dev/null", "-w", "%{http_code} %{time_starttransfer}s\\n"]
    else:
        words += ["-D", "-"]
    words += ["--http2" if probe.http == "2" else "--http1.1"]
    if probe.encoding == "gzip":
        words += ["-H", "Accept-Encoding: gzip", "--compressed"]
    words += ["-H", f"Host: {probe.host}"] if probe.host else []
    words += [*_shared(target), *_instead(probe, target), redact(probe.url)]
    shown, vantage = [visible(word) for word in words], target.vantage(probe.vantage)
    return redact(vantage.shown(shown)) if vantage else shlex.join(shown)


def _shared(target: Target) -> list[str]:
    given = [f"{name}: {_shown(name, value)}" for name, value in target.headers]
    words = [word for header in given for word in ("-H", header)]
    if target.insecure:
        words.append("-k")
    return words


def _shown(name: str, value: str) -> str:
    return redact(value) if name.lower() in PUBLIC_HEADERS else MASK


def _instead(probe: Probe, target: Target) -> list[str]:
    if target.connect_to is None or not probe.enters_outside:
        return []
    host, port = target.connect_to
    return ["--connect-to", f"::{f'[{host}]' if ':' in host else host}:{port}"]
