"""How an HTTP/2 server ends a request or its connection, in words."""

import re

from wizard.text.messages import tr

_END = re.compile(r"<(StreamReset|ConnectionTerminated) .*?error_code:\D{0,40}(\d{1,10})")
"""httpcore's message is the text of h2's event."""
_CODES = (
    "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT",
    "STREAM_CLOSED", "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR",
    "CONNECT_ERROR", "ENHANCE_YOUR_CALM", "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
)  # fmt: skip
"""The error codes of RFC 9113, section 7, by number."""


def describe_http2_end(message: str) -> str:
    """How the server ended the request, in a few words; empty if the message says nothing of it."""
    match = _END.match(message)
    if match is None:
        return ""
    code = int(match[2])
    name = _CODES[code] if code < len(_CODES) else f"error {code}"
    if match[1] == "StreamReset":
        return tr("the server reset the request ({name})", name=name)
    return tr("the server ended the connection with GOAWAY ({name})", name=name)
