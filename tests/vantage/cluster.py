"""A fake cluster for the real kubectl: an HTTP server that answers its list requests."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

Answers = Mapping[str, dict[str, Any]]

_VERBS = ["get", "list"]


def _resource(name: str, kind: str, *, namespaced: bool = True) -> dict[str, Any]:
    names = {"name": name, "singularName": kind.lower(), "kind": kind}
    return {**names, "namespaced": namespaced, "verbs": _VERBS}


DISCOVERY: Answers = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [
            {
                "name": "apps",
                "versions": [{"groupVersion": "apps/v1", "version": "v1"}],
                "preferredVersion": {"groupVersion": "apps/v1", "version": "v1"},
            }
        ],
    },
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            _resource("pods", "Pod"),
            _resource("namespaces", "Namespace", namespaced=False),
        ],
    },
    "/apis/apps/v1": {
        "kind": "APIResourceList",
        "groupVersion": "apps/v1",
        "resources": [
            _resource("deployments", "Deployment"),
            _resource("statefulsets", "StatefulSet"),
            _resource("daemonsets", "DaemonSet"),
        ],
    },
}


def api_list(kind: str, version: str, *items: dict[str, Any]) -> dict[str, Any]:
    """Return a list in the API server's form, whose items have no kind."""
    return {"kind": f"{kind}List", "apiVersion": version, "metadata": {}, "items": list(items)}


def api_object(name: str, spec: dict[str, Any], status: dict[str, Any]) -> dict[str, Any]:
    """Return an item of such a list."""
    return {"metadata": {"name": name, "namespace": "prod"}, "spec": spec, "status": status}


FORBIDDEN = {
    "kind": "Status",
    "apiVersion": "v1",
    "metadata": {},
    "status": "Failure",
    "message": 'statefulsets.apps is forbidden: User "dev" cannot list resource',
    "reason": "Forbidden",
    "code": 403,
}


@contextmanager
def cluster(folder: Path, answers: Answers) -> Iterator[Path]:
    """Serve these answers; yield a kubeconfig with one context, `lab`, for that server."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            missing = {**FORBIDDEN, "reason": "NotFound", "code": 404, "message": "not found"}
            answer = {**DISCOVERY, **answers}.get(urlsplit(self.path).path, missing)
            body = json.dumps(answer).encode()
            self.send_response(answer.get("code", 200))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield kubeconfig(folder, {"lab": "prod"}, f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


def kubeconfig(folder: Path, contexts: Mapping[str, str], server: str) -> Path:
    """Write a kubeconfig; the last of the contexts is the current one.

    Args:
        contexts: Names, each with its namespace, which may be empty.
    """
    path = folder / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": list(contexts)[-1],
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "dev", "user": {}}],
        "contexts": [
            {"name": name, "context": {"cluster": "here", "user": "dev", "namespace": namespace}}
            for name, namespace in contexts.items()
        ],
    }
    path.write_text(json.dumps(config))
    return path
