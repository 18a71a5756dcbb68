"""Why a line of the serving location is kept."""

import re

_KEPT = (
    (r"auth_|allow|deny|satisfy|limit_except|internal|secure_link", "access control"),
    (r"limit_", "a limit that holds today"),
    (r"if|rewrite|set|return|break", "rewriting, so that the backend gets the same request"),
    (
        r"proxy_set_header|\w+_param",
        "what the backend is told; the set is inherited as a whole or not at all",
    ),
    (r"add_header|expires|more_set_headers", "a header for the client"),
    (r"\w+_ssl_|\w+_ssl$", "TLS towards the backend"),
    (r"\w+_pass$", "the same upstream"),
    (r"include", "the lines it brings"),
    (
        r"proxy_(busy_)?buffers|proxy_busy_|proxy_temp_|proxy_max_temp",
        "unused while nothing is buffered",
    ),
    (r"\w+_connect_timeout", "how long to wait for a connection, nothing more"),
    (r"\w+_timeout", "a timeout that holds today"),
    (r"access_log|error_log", "logging"),
    (r"#", "a comment"),
)


def kept(name: str) -> str:
    """The reason beside a kept line."""
    found = (why for pattern, why in _KEPT if re.match(pattern, name))
    return f"kept: {next(found, 'it holds for this path today')}"
