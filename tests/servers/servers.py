"""The servers that are asked, and the ecosystem's client that judges each of them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
INSTALLED = Path(os.environ.get("SSEWIZARD_SERVERS", HERE.parents[1] / ".servers"))
"""Where `make test-servers` installs the servers and clients: `venv` and `node`."""
NODE = INSTALLED / "node"
_PYTHON = str(INSTALLED / "venv" / "bin" / "python")
_EVERYTHING = "node_modules/@modelcontextprotocol/server-everything/dist/index.js"
_SUPERGATEWAY = "node_modules/.bin/supergateway"


@dataclass(frozen=True, slots=True)
class Judge:
    """A client in a process: it gets the URL, and prints whether it works."""

    name: str
    command: tuple[str, ...]
    folder: Path = HERE


def _python_client(transport: str) -> Judge:
    return Judge("mcp client", (_PYTHON, str(PROGRAMS / "mcp_client.py"), transport))


def _node_client(transport: str) -> Judge:
    return Judge("TypeScript client", ("node", str(PROGRAMS / "mcp_client.mjs"), transport), NODE)


MCP_SSE = (_python_client("sse"), _node_client("sse"))
MCP_HTTP = (_python_client("http"), _node_client("http"))
COMPLETIONS = (Judge("OpenAI client", (_PYTHON, str(PROGRAMS / "completions_client.py"))),)
EVENTS = (Judge("event source", (_PYTHON, str(PROGRAMS / "events_client.py"))),)


@dataclass(frozen=True, slots=True)
class Server:
    """One server.

    Attributes:
        command: How it is started; `$PORT` is filled in.
        path: The path of its stream.
        judges: Its clients. All of them must work, or the stream counts as broken.
        folder: Where it is started.
        variables: Further environment variables; `$PORT` is filled in.
    """

    name: str
    command: tuple[str, ...]
    path: str
    judges: tuple[Judge, ...]
    folder: Path = HERE
    variables: Mapping[str, str] = field(default_factory=dict)


def _python(kind: str, path: str, judges: tuple[Judge, ...]) -> Server:
    return Server(kind, (_PYTHON, str(PROGRAMS / "python_server.py"), kind, "$PORT"), path, judges)


def _gunicorn(name: str, *words: str) -> Server:
    gunicorn = str(INSTALLED / "venv" / "bin" / "gunicorn")
    # Its default ends a sync worker, and with it the streams of other clients, after 30 s.
    where = ("--chdir", str(PROGRAMS), "--bind", "127.0.0.1:$PORT", "--timeout", "0")
    return Server(name, (gunicorn, *where, *words, "wsgi_events:app"), "/events", EVENTS)


def _everything(name: str, transport: str, path: str, judges: tuple[Judge, ...]) -> Server:
    return Server(name, ("node", _EVERYTHING, transport), path, judges, NODE, {"PORT": "$PORT"})


def _completions(name: str, *command: str, **variables: str) -> Server:
    """A server of OpenAI's chat completions, which answers without a model."""
    return Server(name, command, "/v1/chat/completions", COMPLETIONS, variables=variables)


def _completions_file(name: str) -> str:
    return str(PROGRAMS / "completions" / name)


def _supergateway(transport: str, path: str, judges: tuple[Judge, ...]) -> Server:
    options = ("--outputTransport", transport, "--port", "$PORT", "--logLevel", "none")
    stdio = ("--stdio", f"node {_EVERYTHING} stdio")
    name = f"supergateway-{transport}"
    return Server(name, ("node", _SUPERGATEWAY, *stdio, *options), path, judges, NODE)


MCP_SSE_SERVER = _python("mcp-sse", "/sse", MCP_SSE)
MCP_HTTP_SERVER = _python("mcp-http", "/mcp", MCP_HTTP)
FASTMCP_SSE = _python("fastmcp-sse", "/sse", MCP_SSE)
FASTMCP_HTTP = _python("fastmcp-http", "/mcp", MCP_HTTP)
FASTMCP_MOUNTED = _python("fastmcp-mounted", "/mcp", MCP_HTTP)
SSE_STARLETTE = _python("sse-starlette", "/events", EVENTS)
STARLETTE = _python("starlette", "/events", EVENTS)
STARLETTE_LARGE = _python("starlette-large", "/events", EVENTS)
STARLETTE_FAST = _python("starlette-fast", "/events", EVENTS)
STARLETTE_FINITE = _python("starlette-finite", "/events", EVENTS)
STARLETTE_LIMITED = _python("starlette-limited", "/events", EVENTS)
GUNICORN_SYNC = _gunicorn("gunicorn-sync", "-k", "sync", "-w", "8")
GUNICORN_SMALL = _gunicorn("gunicorn-sync-small", "-k", "sync", "-w", "3")
GUNICORN_THREADS = _gunicorn("gunicorn-threads", "-k", "gthread", "--threads", "8")
GUNICORN_THREE = _gunicorn("gunicorn-threads-small", "-k", "gthread", "--threads", "3")
EVERYTHING_SSE = _everything("everything-sse", "sse", "/sse", MCP_SSE)
EVERYTHING_HTTP = _everything("everything-http", "streamableHttp", "/mcp", MCP_HTTP)
SUPERGATEWAY_SSE = _supergateway("sse", "/sse", MCP_SSE)
SUPERGATEWAY_HTTP = _supergateway("streamableHttp", "/mcp", MCP_HTTP)

_NODE_MODULES = NODE / "node_modules"
_BIN = INSTALLED / "venv" / "bin"
AIMOCK = _completions(
    "aimock",
    *("node", str(_NODE_MODULES / "@copilotkit" / "aimock" / "dist" / "cli.js"), "--port", "$PORT"),
    *("--fixtures", _completions_file("aimock.json"), "--latency", "60", "--chunk-size", "4"),
)
MOCK_LLM = _completions(
    "mock-llm",
    *("node", str(_NODE_MODULES / "@dwmkerr" / "mock-llm" / "dist" / "main.js")),
    *("--config", _completions_file("mock-llm.yaml")),
    HOST="127.0.0.1",
    PORT="$PORT",
)
FAKELLM = _completions(
    "fakellm",
    *(str(_BIN / "fakellm"), "serve", "--port", "$PORT"),
    *("--config", _completions_file("fakellm.yaml")),
)
LLMOCK = _completions(
    "llmock",
    *(str(_BIN / "llmock"), "serve", "--host", "127.0.0.1", "--port", "$PORT"),
    *("--response-style", "echo", "--stream-chunk-delay-ms", "60"),
)
"""It asks for unbuffered delivery with `X-Accel-Buffering: no`; the others do not."""
