"""Tokens that are known by their form alone, with who issues them.

The forms are those that the issuers document, and that secret scanners look for.
"""

_START = r"(?<![A-Za-z0-9])"
_FORMS: tuple[tuple[str, str], ...] = (
    # GitHub: personal, OAuth, user-to-server, server-to-server and refresh tokens.
    ("gh", r"gh[pousr]_[A-Za-z0-9]{20,255}"),
    ("github_pat_", r"github_pat_[A-Za-z0-9_]{20,255}"),
    # GitLab: personal, deploy, runner, feed, trigger, agent and job tokens.
    ("gl", r"gl(?:pat|dt|rt|ft|ptt|agent|cbt|soat)-[\w.-]{16,255}"),
    # OpenAI, Anthropic, OpenRouter and others.
    ("sk-", r"sk-(?P<opaque>)[\w-]{16,300}"),
    # Stripe.
    ("k_", r"[rs]k_(?:live|test)_[A-Za-z0-9]{10,255}"),
    # AWS: ids of long-term, temporary and other keys.
    ("a", r"(?-i:A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16})(?![A-Za-z0-9])"),
    # Slack: bot, user, app, refresh and configuration tokens, and the path of a webhook.
    ("xox", r"xox[a-z]-[\w-]{10,300}"),
    ("xapp-", r"xapp-[\w-]{10,300}"),
    ("hooks.slack.com", r"(?<=hooks\.slack\.com/services/)[\w/]{20,100}"),
    # Google API keys and OAuth access tokens.
    ("aiza", r"(?-i:AIza)[\w-]{35}"),
    ("ya29.", r"ya29\.[\w-]{20,1000}"),
    # npm, PyPI, Hugging Face, DigitalOcean, SendGrid, Databricks, Vault.
    ("npm_", r"npm_[A-Za-z0-9]{36}"),
    ("pypi-", r"pypi-[\w-]{40,1000}"),
    ("hf_", r"hf_[A-Za-z0-9]{30,100}"),
    ("do", r"do[opr]_v1_[a-f0-9]{40,80}"),
    ("sg.", r"SG\.[\w-]{16,40}\.[\w-]{30,60}"),
    ("dapi", r"dapi[a-f0-9]{32}"),
    ("hvs.", r"hvs\.[\w-]{20,300}"),
)
_PRIVATE_KEY = (
    r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r"(?P<secret>(?:(?!-----)[\s\S]){1,20000})"
)
"""The text of a private key (RFC 7468), to its last line or to where it was cut off."""
_SESSION_IN_PATH = r"/(?:sessions?|session_id|sid)/(?P<opaque>)(?P<secret>[\w-]{8,200})"

_CUT = (
    r"(?:gh[pousr]_|github_pat_|gl(?:pat|dt|rt|ft|ptt|agent|cbt|soat)-|[rs]k_(?:live|test)_|xox[a-z]-"
    r"|npm_|hf_|do[opr]_v1_|ya29\.|hvs\.)(?P<secret>[\w.-]{3,300})(?=…?\Z)"
)
"""The beginning of a token at the end of a text that was cut there."""
_SEGMENT = (
    r"(?<=/)(?P<secret>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32,64})"
    r"(?=/(?:messages?|sse|mcp|events?|stream)\b)"
)
"""A UUID or a hash in a path, before the part that names a stream: the id of a session."""

PATH_SHAPES = frozenset({_SESSION_IN_PATH, _SEGMENT})
"""Those of the patterns that find the id of a session in a path."""
SHAPES: tuple[str, ...] = (
    *(rf"{_START}(?P<secret>{form})" if not form.startswith("(?<=") else rf"(?P<secret>{form})"
      for _, form in _FORMS),
    _PRIVATE_KEY,
    _SESSION_IN_PATH,
    _SEGMENT,
    rf"{_START}{_CUT}",
)  # fmt: skip
"""Patterns with the secret in the group of that name.

Where there is a group `opaque`, a secret of ordinary words is none: `sk-learn-2-something`.
"""
HINTS: tuple[str, ...] = (
    *(hint for hint, _ in _FORMS if len(hint) > 2 and hint != "do"),
    *("ghp_", "gho_", "ghu_", "ghs_", "ghr_"),
    *("glpat-", "gldt-", "glrt-", "glft-", "glptt-", "glagent-", "glcbt-", "glsoat-"),
    *("sk_live", "sk_test", "rk_live", "rk_test", "akia", "asia", "abia", "acca"),
    *("doo_v1_", "dop_v1_", "dor_v1_", "private key"),
)
"""Every match of the other patterns contains one of these in lower case."""
PATH_HINTS = ("/session", "/sid/", "/message", "/sse", "/mcp", "/event", "/stream")
"""The text around every match of `PATH_SHAPES` contains one of these in lower case."""
