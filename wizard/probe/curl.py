"""The `curl` command that sends the same request as a probe, without secrets."""

import math
import shlex

from wizard.model.probe import Probe
from wizard.model.target import Target
from wizard.probe.request import ACCEPT_ENCODING, headers_of_all, user_headers
from wizard.probe.websocket import KEY, UPGRADE_HEADERS
from wizard.text.display import safe, visible
from wizard.text.redaction import redact, redact_header
from wizard.text.urls import http_url, is_unix, socket_path

SHOWN_BODY_CHARS = 1000
"""How much of a body is shown."""
_READ_BYTES = 8 * SHOWN_BODY_CHARS
"""How much of a body is read for that: the command is drawn often."""


def curl_command(probe: Probe, target: Target, wait: float) -> str:
    """Return the command for one probe, quoted for a shell; `wait` is its limit in seconds.

    `-N` shows the bytes as they come. HEAD (`-I`) is never used: many streams refuse it.
    """
    is_root = probe.name.startswith("root")
    # 0 would mean no limit. Without -g, curl takes brackets, as in [redacted], for a pattern.
    words = ["curl", "-sN", "-m", str(max(1, math.ceil(wait)))]
    words += ["-g"] if set(redact(probe.url)) & set("[]{}") else []
    if is_root:
        words += ["-o", "/dev/null", "-w", "%{http_code} %{time_starttransfer}s\\n"]
    else:
        words += ["-D", "-"]
    words += ["--http2" if probe.http == "2" else "--http1.1"]
    given = headers_of_all(target) if is_root else target.headers
    own = user_headers(given, probe)
    if probe.encoding != "identity":
        value, names = ACCEPT_ENCODING[probe.encoding], {name.lower() for name, _ in own}
        words += [] if "accept-encoding" in names else ["-H", f"Accept-Encoding: {value}"]
        words += ["--compressed"]
    words += ["-H", f"Host: {probe.host}"] if probe.host else []
    words += _upgrade_options(target) if probe.upgrade else []
    words += [] if is_root else _stream_options(target)
    words += [*_user_options(own, target), *_connect_to(probe, target), redact(http_url(probe.url))]
    shown, vantage = [visible(word) for word in words], target.vantage(probe.vantage)
    return redact(vantage.shown(shown)) if vantage else shlex.join(shown)


def _upgrade_options(target: Target) -> list[str]:
    """The headers that ask for a WebSocket; the key is the example of RFC 6455, section 1.3."""
    given = {name.lower() for name, _ in target.headers}
    headers = (*UPGRADE_HEADERS, (KEY, "dGhlIHNhbXBsZSBub25jZQ=="))
    own = [f"{name}: {value}" for name, value in headers if name.lower() not in given]
    return [word for header in own for word in ("-H", header) if header != "Accept: */*"]


def _stream_options(target: Target) -> list[str]:
    """The method and the body of the stream's request."""
    default = "POST" if target.body else "GET"
    words = ["-X", target.method] if target.method != default else []
    return [*words, "--data-raw", shown_body(target.body)] if target.body else words


def shown_body(body: bytes) -> str:
    """The beginning of a body in one line, without its secrets; of binary data only the size."""
    head = body[:_READ_BYTES]
    try:
        text = head.decode()
    except UnicodeDecodeError as error:
        is_cut = len(head) < len(body) and error.end == len(head)
        text = head[: error.start].decode() if is_cut else "\0"
    if "\0" in text:
        return f"[{len(body)} bytes]"
    if text.lstrip()[:1] in ("{", "["):
        # A line end in JSON stands between two tokens, where a blank means the same.
        text = " ".join(line.strip() for line in text.splitlines())
    return safe(text, SHOWN_BODY_CHARS)


def _user_options(own: tuple[tuple[str, str], ...], target: Target) -> list[str]:
    headers = [f"{name}: {redact_header(name, value)}" for name, value in own]
    words = [word for header in headers for word in ("-H", header)]
    return [*words, "-k"] if target.insecure else words


def _connect_to(probe: Probe, target: Target) -> list[str]:
    if is_unix(probe.url):
        return ["--unix-socket", socket_path(probe.url)]
    if target.connect_to is None or not probe.enters_outside:
        return []
    host, port = target.connect_to
    return ["--connect-to", f"::{f'[{host}]' if ':' in host else host}:{port}"]
