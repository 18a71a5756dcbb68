"""Configs that break the stream or its messages, with a check that the fault is gone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.recommend.config_layouts import conf
from tests.recommend.real_nginx import ECHO_CONNECTION, RequestSpec

Answer = tuple[int, Any, Any]
Check = Callable[[list[Answer]], bool]


@dataclass(frozen=True)
class Fault:
    """A config with a fault, the requests that show it, and what their answers must be.

    Attributes:
        endpoint: The endpoint event's data.
        requests: The requests that show the fault.
        is_fixed: True if their answers show that the fault is gone.
        unchanged: Requests whose answers must be the same before and after.
    """

    id: str
    name: str
    text: str
    requests: tuple[RequestSpec, ...]
    is_fixed: Check
    path: str = "/sse"
    endpoint: str = "/message?sessionId=1"
    unchanged: tuple[RequestSpec, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.id}: {self.name}"


_ECHO = {ECHO_CONNECTION: "1"}
_POST = RequestSpec("/message?sessionId=1", _ECHO, "POST")
_BACKEND = "http://127.0.0.1:@BACKEND@"
_STATIC = "root .; location / { root .; }\n"


def _header(answer: Answer, name: str) -> str | None:
    sent = answer[1]["headers"] if isinstance(answer[1], dict) else []
    return next((value for key, value in sent if key.lower() == name), None)


def _upstream_uri_is(wanted: str) -> Check:
    return lambda answers: all(isinstance(a[1], dict) and a[1]["uri"] == wanted for a in answers)


def _same_peer(answers: list[Answer]) -> bool:
    return len({answer[1]["port"] for answer in answers}) == 1


def _no_answer_is_a_copy(answers: list[Answer]) -> bool:
    return len({answer[1]["count"] for answer in answers}) == len(answers)


def _all_statuses_are(status: int) -> Check:
    return lambda answers: all(answer[0] == status for answer in answers)


_UPSTREAM = (
    "upstream app {{\n    {}server 127.0.0.1:@BACKEND@;\n    server 127.0.0.1:@SECOND@;\n"
    "    keepalive 2;\n}}\n"
)
_BASIC = {"Authorization": "Basic dTpw", **_ECHO}  # u:p

FAULTS = (
    Fault(
        "message-path-unrouted",
        "each session has a path of its own, which a regex takes",
        conf(
            f"{_STATIC}location ~ ^/mess {{ return 404; }}\n"
            f"location /sse {{\n    proxy_pass {_BACKEND};\n}}\n"
        ),
        (RequestSpec("/messages/43?x=1", _ECHO, "POST"),),
        _upstream_uri_is("/messages/43?x=1"),
        endpoint="/messages/12345678",
        unchanged=(RequestSpec("/messages/"), RequestSpec("/messages/a/b"), RequestSpec("/")),
    ),
    Fault(
        "message-path-unrouted",
        "each session has a path of its own, which a firm prefix takes",
        conf(
            f"{_STATIC}location ^~ /messages/ {{ deny 10.0.0.1; root .; }}\n"
            f"location /sse {{\n    proxy_pass {_BACKEND};\n}}\n"
        ),
        (RequestSpec("/messages/43", _ECHO, "POST"),),
        _upstream_uri_is("/messages/43"),
        endpoint="/messages/12345678",
        unchanged=(RequestSpec("/messages/"), RequestSpec("/messages/a/b"), RequestSpec("/")),
    ),
    Fault(
        "endpoint-prefix-lost",
        "the prefix is stripped",
        conf(f"{_STATIC}location /mcp/ {{\n    proxy_pass {_BACKEND}/;\n}}\n"),
        (_POST,),
        _upstream_uri_is("/message?sessionId=1"),
        path="/mcp/sse",
        unchanged=(
            RequestSpec("/mcp/sse"),
            RequestSpec("/mcp/other"),
            RequestSpec("/messages"),
            RequestSpec("/"),
        ),
    ),
    Fault(
        "endpoint-prefix-lost",
        "with a password, a rewrite and another application at the same path",
        conf(
            "location /message { return 418; }\n"
            "location /mcp/ {\n    auth_basic staff;\n    auth_basic_user_file users;\n"
            "    rewrite ^/mcp/(.*)$ /$1 break;\n    proxy_set_header X-A a;\n"
            f"    proxy_pass {_BACKEND};\n}}\n"
        ),
        (RequestSpec(_POST.path, _BASIC, "POST"),),
        _upstream_uri_is("/message?sessionId=1"),
        path="/mcp/sse",
        unchanged=(
            RequestSpec("/message/x"),
            RequestSpec("/mcp/sse", _BASIC),
            RequestSpec("/mcp/sse"),
        ),
        files={"users": "u:{PLAIN}p\n"},
    ),
    Fault(
        "endpoint-prefix-lost",
        "the backend's name in a variable",
        conf(
            f"{_STATIC}set $up 127.0.0.1:@BACKEND@;\n"
            "location = /mcp/sse { proxy_pass http://$up/sse; }\n"
        ),
        (_POST,),
        _upstream_uri_is("/message?sessionId=1"),
        path="/mcp/sse",
        unchanged=(RequestSpec("/mcp/sse"),),
    ),
    Fault(
        "message-path-unrouted",
        "only the stream is passed on",
        conf(f"{_STATIC}location = /sse {{ proxy_pass {_BACKEND}; proxy_set_header X-A a; }}\n"),
        (_POST,),
        _upstream_uri_is("/message?sessionId=1"),
        unchanged=(RequestSpec("/sse"), RequestSpec("/messages")),
    ),
    Fault(
        "message-path-unrouted",
        "the endpoint is relative, under a prefix of its own",
        conf(f"{_STATIC}location = /a/sse {{ proxy_pass {_BACKEND}/v1/sse; }}\n"),
        (RequestSpec("/a/message?sessionId=1", _ECHO, "POST"),),
        _upstream_uri_is("/v1/message?sessionId=1"),
        path="/a/sse",
        endpoint="message?sessionId=1",
        unchanged=(RequestSpec("/a/sse"),),
    ),
    Fault(
        "message-path-unrouted",
        "another location is in the way",
        conf(
            f"location = /message {{ proxy_pass {_BACKEND}/elsewhere; }}\n"
            f"location = /sse {{ proxy_pass {_BACKEND}; }}\n"
        ),
        (_POST,),
        _upstream_uri_is("/message?sessionId=1"),
        unchanged=(RequestSpec("/sse"),),
    ),
    Fault(
        "query-dropped",
        "a regex location with captures",
        conf(
            f"location ~ ^/(sse|message)$ {{\n    proxy_pass {_BACKEND}/$1;\n"
            "    proxy_set_header X-G $1;\n}\n"
        ),
        (_POST,),
        _upstream_uri_is("/message?sessionId=1"),
        unchanged=(RequestSpec("/sse"),),
    ),
    Fault(
        "upgrade-hardcoded",
        "in the location",
        conf(
            "proxy_http_version 1.1;\nlocation / {\n"
            f"    proxy_pass {_BACKEND};\n    proxy_set_header Upgrade $http_upgrade;\n"
            '    proxy_set_header Connection "upgrade";\n    proxy_set_header X-A a;\n}\n'
        ).replace("    proxy_http_version 1.0;\n", ""),
        (_POST, RequestSpec("/sse", _ECHO)),
        lambda answers: all(
            _header(a, "connection") is None and _header(a, "x-a") == "a" for a in answers
        ),
        unchanged=(RequestSpec("/ws", {"Upgrade": "websocket"}),),
    ),
    Fault(
        "upgrade-hardcoded",
        "inherited",
        conf(
            'proxy_set_header Connection "upgrade";\nproxy_set_header X-A "a; b";\n'
            f"location / {{ proxy_pass {_BACKEND}; }}\n"
        ),
        (_POST, RequestSpec("/sse", _ECHO)),
        lambda answers: all(
            _header(a, "connection") is None and _header(a, "x-a") == "a; b" for a in answers
        ),
        unchanged=(RequestSpec("/ws"),),
    ),
    Fault(
        "header-inheritance-lost",
        "one header added in the location",
        conf(
            f"location = /message {{ proxy_pass {_BACKEND}; }}\n"
            f"location = /sse {{\n    proxy_pass {_BACKEND};\n    proxy_set_header X-B b;\n"
            "    add_header X-C c;\n}\n",
            'proxy_set_header Host "a b";\nproxy_set_header X-A $request_method;\n'
            "add_header X-D d;\n",
        ),
        (RequestSpec("/sse", _ECHO),),
        lambda answers: all(
            (_header(a, "host"), _header(a, "x-a"), _header(a, "x-b")) == ("a b", "GET", "b")
            and dict(a[2]) == {"X-C": "c", "X-D": "d"}
            for a in answers
        ),
        unchanged=(_POST, RequestSpec("/message")),
    ),
    Fault(
        "body-too-large",
        "the limit of the server",
        conf(f"client_max_body_size 1k;\nlocation / {{ proxy_pass {_BACKEND}; }}\n"),
        (RequestSpec(_POST.path, {}, "POST", b"x" * 2000),),
        _all_statuses_are(200),
        unchanged=(RequestSpec("/other", {}, "POST", b"x" * 2000), RequestSpec("/sse")),
    ),
    Fault(
        "no-affinity",
        "two peers",
        conf("location / { proxy_pass http://app; }\n", _UPSTREAM.format("")),
        (RequestSpec("/sse", _ECHO), _POST, _POST, RequestSpec("/sse", _ECHO)),
        _same_peer,
    ),
    Fault(
        "no-affinity",
        "a hash of the session id",
        conf(
            "location / { proxy_pass http://app; }\n",
            _UPSTREAM.format("hash $arg_sessionId consistent; # by session\n    "),
        ),
        tuple(
            RequestSpec(f"/{path}{query}", _ECHO)
            for at in range(8)
            for path, query in (("sse", ""), ("message", f"?sessionId={at}"))
        ),
        _same_peer,
    ),
    Fault(
        "no-affinity",
        "the fewest connections, on one line",
        conf(
            "location / { proxy_pass http://app; }\n",
            "upstream app { least_conn; server 127.0.0.1:@BACKEND@; server 127.0.0.1:@SECOND@; }\n",
        ),
        (RequestSpec("/sse", _ECHO), _POST, _POST, RequestSpec("/sse", _ECHO)),
        _same_peer,
    ),
    Fault(
        "cache-replay",
        "in the location itself",
        conf(
            f"location / {{\n    proxy_pass {_BACKEND};\n    proxy_cache one;\n"
            "    proxy_cache_valid 1h;\n}\n",
            "proxy_cache_path cache keys_zone=one:1m;\n",
        ),
        (RequestSpec("/sse", _ECHO), RequestSpec("/sse", _ECHO)),
        _no_answer_is_a_copy,
        unchanged=(RequestSpec("/page", _ECHO), RequestSpec("/page", _ECHO)),
    ),
    Fault(
        "limits",
        "requests, by the server",
        conf(
            f"limit_req zone=one;\nlocation / {{ proxy_pass {_BACKEND}; }}\n",
            "limit_req_zone $http_x_who zone=one:1m rate=1r/m;\n",
        ),
        (
            RequestSpec("/sse", {"X-Who": "a"}),
            RequestSpec("/sse", {"X-Who": "a"}),
            RequestSpec("/message", {"X-Who": "a"}),
        ),
        _all_statuses_are(200),
        unchanged=(RequestSpec("/x", {"X-Who": "b"}), RequestSpec("/x", {"X-Who": "b"})),
    ),
    Fault(
        "location-miss",
        "a regex beats the plain prefix",
        conf(
            "location ~ ^/s {\n    return 418;\n}\n"
            f"location /sse {{\n    proxy_buffering off;\n    proxy_pass {_BACKEND};\n}}\n"
        ),
        (RequestSpec("/sse", _ECHO), RequestSpec("/sse?a=b", _ECHO), RequestSpec("/sse/x")),
        _all_statuses_are(200),
        unchanged=(RequestSpec("/s"), RequestSpec("/static")),
    ),
    Fault(
        "location-miss",
        "an exact location of another path",
        conf(
            "location / { return 418; }\n"
            f"location = /sse/ {{\n    proxy_pass {_BACKEND}/sse;\n"
            "    proxy_set_header X-A a;\n}\n"
        ),
        (RequestSpec("/sse", _ECHO),),
        lambda answers: _all_statuses_are(200)(answers) and _header(answers[0], "x-a") == "a",
        unchanged=(RequestSpec("/sse/"), RequestSpec("/")),
    ),
    Fault(
        "location-miss",
        "a slash too many",
        conf(f"location / {{ return 418; }}\nlocation = /sse {{\n    proxy_pass {_BACKEND};\n}}\n"),
        (RequestSpec("/sse/", _ECHO), RequestSpec("/sse/", _ECHO)),
        _upstream_uri_is("/sse"),
        path="/sse/",
        unchanged=(RequestSpec("/sse"), RequestSpec("/")),
    ),
    Fault(
        "resolver-missing",
        "the name in a variable of the server",
        conf(
            "set $bot localhost;\n"
            "location / {\n    proxy_pass http://$bot:@BACKEND@; proxy_set_header X-A a;\n}\n"
            "location = /fixed { return 418; }\n"
        ),
        (RequestSpec("/sse?a=b", _ECHO), _POST, RequestSpec("/other", _ECHO)),
        lambda answers: _all_statuses_are(200)(answers) and _header(answers[0], "x-a") == "a",
        unchanged=(RequestSpec("/fixed"),),
    ),
    Fault(
        "resolver-missing",
        "the whole address in a variable, and the messages elsewhere",
        conf(
            "set $bot http://localhost:@BACKEND@;\n"
            "location = /sse { proxy_pass $bot; }\n"
            "location ~ ^/mess { proxy_pass $bot$request_uri; proxy_set_header X-A a; }\n"
        ),
        (RequestSpec("/sse?a=b", _ECHO), _POST, RequestSpec("/messages/%41/x?y", _ECHO)),
        lambda answers: (
            _all_statuses_are(200)(answers) and answers[2][1]["uri"] == "/messages/%41/x?y"
        ),
    ),
    Fault(
        "new-default-regression",
        "HTTP/1.1 towards a backend that cannot",
        conf(f"proxy_http_version 1.1;\nlocation / {{ proxy_pass {_BACKEND}; }}\n").replace(
            "    proxy_http_version 1.0;\n", ""
        ),
        (RequestSpec("/sse", _ECHO), _POST),
        lambda answers: all(answer[1]["version"] == "HTTP/1.0" for answer in answers),
        unchanged=(RequestSpec("/other", _ECHO),),
    ),
)
