"""Products that answer at the public URL, by headers and pages of the real ones (Debian 12)."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case, make_follow_up, make_handshake, with_answer
from wizard.diagnose.diagnose import diagnose
from wizard.diagnose.facts import addresses, posts, product, streams
from wizard.model.case import Case
from wizard.model.diagnosis import Diagnosis
from wizard.recommend import recommend

Headers = tuple[tuple[str, str], ...]

VARNISH = (("x-varnish", "2"), ("via", "1.1 varnish (Varnish/7.1)"))
LIGHTTPD = (("server", "lighttpd/1.4.69"),)
APACHE = (("server", "Apache/2.4.71 (Debian)"),)
CADDY = (("server", "Caddy"),)
CLOUDFLARE = (("server", "cloudflare"), ("cf-ray", "8f2a-FRA"))
NGINX = (("server", "nginx/1.22.1"),)
PAGES = {
    "HAProxy": "<html><body><h1>503 Service Unavailable</h1>\n"
    "No server is available to handle this request.\n</body></html>",
    "Varnish": "<h3>Guru Meditation:</h3>\n<p>XID: 6</p>\n<hr>\n<p>Varnish cache server</p>",
    "Nginx": "<center><h1>502 Bad Gateway</h1></center>\n<hr><center>openresty</center>\n</body>",
}


def seen_by(case: Case, headers: Headers) -> Case:
    """Let `/` be answered with these headers, and let no config or log have been read."""
    assert case.root is not None
    return replace(
        case,
        target=replace(case.target, conf=None, logs=()),
        root=replace(case.root, headers=headers),
        resolution=None,
        root_resolution=None,
        message_resolution=None,
        predictions=(),
        logs=(),
    )


def words(diagnosis: Diagnosis) -> str:
    """All that a diagnosis says of causes and risks."""
    findings = (*diagnosis.causes, *diagnosis.risks)
    texts = [
        f"{finding.title} {finding.fix.summary} {finding.distinguishes} "
        + " ".join(item.text for item in finding.evidence)
        for finding in findings
    ]
    return " ".join((diagnosis.summary, *texts))


HELD = make_case(proxy="held", direct="live")


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (VARNISH, "Varnish"),
        (LIGHTTPD, "lighttpd"),
        (APACHE, "Apache"),
        (CADDY, "Caddy"),
        (CLOUDFLARE, "Cloudflare"),
        ((("server", "istio-envoy"),), "Envoy"),
        ((("server", "openresty/1.25.3.1"),), "Nginx"),
        ((("server", "Angie/1.9.0"),), "Nginx"),
        ((("server", "Tengine"),), "Nginx"),
    ],
)
def test_products_are_known_by_their_headers(headers: Headers, name: str) -> None:
    assert {named.name for named in product.products(seen_by(HELD, headers))} == {name}


@pytest.mark.parametrize("name", PAGES)
def test_products_are_known_by_their_error_pages(name: str) -> None:
    case = with_answer(make_case(proxy="503", direct="live"), body=PAGES[name])
    assert {named.name for named in product.products(seen_by(case, ()))} == {name}


@pytest.mark.parametrize("headers", [VARNISH, LIGHTTPD, APACHE, CADDY])
def test_what_holds_is_named_by_its_product(headers: Headers) -> None:
    case = seen_by(HELD, headers)
    diagnosis = diagnose(case)
    (name,) = {named.name for named in product.products(case)}
    (cause,) = diagnosis.causes
    assert (cause.id, cause.confidence) == ("outer-proxy-buffers", "likely")
    assert name in cause.fix.summary
    assert "--hop inner=http://HOST:PORT/sse" in cause.distinguishes
    assert "Nginx" not in words(diagnosis)
    assert recommend(case, diagnosis) is None


def test_a_product_that_may_hide_an_nginx_is_only_possible() -> None:
    diagnosis = diagnose(seen_by(HELD, CLOUDFLARE))
    assert [cause.confidence for cause in diagnosis.causes] == ["possible"]
    assert any("--hop" in note for note in diagnosis.notes)


def test_two_proxies_that_name_themselves_are_both_suspects() -> None:
    diagnosis = diagnose(seen_by(HELD, (*NGINX, *VARNISH)))
    assert [(cause.id, cause.confidence) for cause in diagnosis.causes] == [
        ("outer-proxy-buffers", "possible")
    ]
    assert any("--hop nginx=" in note for note in diagnosis.notes)


@pytest.mark.parametrize("headers", [(), (("server", "uvicorn"),)])
def test_without_a_sign_of_nginx_nothing_is_said_of_it(headers: Headers) -> None:
    case = seen_by(HELD, headers)
    diagnosis = diagnose(case)
    assert diagnosis.causes == ()
    assert any("--hop inner=http://HOST:PORT/sse" in note for note in diagnosis.notes)
    assert recommend(case, diagnosis) is None


def test_a_cut_is_named_by_its_product() -> None:
    case = seen_by(make_case(proxy="cut:7", direct="live:99"), LIGHTTPD)
    (cause,) = diagnose(case).causes
    assert (cause.id, cause.confidence, cause.fix.where) == (
        "outer-timeout",
        "likely",
        "outer-proxy",
    )
    assert "Nginx" not in words(diagnose(case))


def test_a_fault_of_paths_is_named_whatever_the_product_is() -> None:
    handshakes = (
        make_handshake("proxy", stage="initialize", status=404, url="http://127.0.0.1:8081/x/sse"),
        make_handshake("direct"),
    )
    case = make_case(
        proxy="live", direct="live", url="http://127.0.0.1:8081/x/sse", handshakes=handshakes
    )
    case = seen_by(case, CADDY)
    diagnosis = diagnose(case)
    assert [cause.id for cause in diagnosis.causes] == ["endpoint-prefix-lost"]
    assert "Caddy" in words(diagnosis)
    assert "Nginx" not in words(diagnosis)
    assert recommend(case, diagnosis) is None


def test_a_config_counts_more_than_a_name() -> None:
    conf = "http { server { listen 8081; location / { proxy_pass http://127.0.0.1:12213; } } }"
    case = make_case(proxy="held", direct="live", conf=conf)
    assert case.root is not None
    case = replace(case, root=replace(case.root, headers=LIGHTTPD))
    assert [cause.id for cause in diagnose(case).causes] == ["proxy-buffering-hold"]


@pytest.mark.parametrize(("server", "expected"), [("nginx", False), ("uvicorn", True), ("", True)])
def test_a_proxy_at_the_direct_url_may_hold_the_stream(server: str, expected: bool) -> None:
    case = make_case(proxy="held", direct="held", settings={"proxy_buffering": "off"})
    root = make_follow_up("root-direct", 404)
    headers = (("server", server),) if server else ()
    answer = replace(root, timeline=replace(root.timeline, headers=headers))
    diagnosis = diagnose(replace(case, follow_ups=(answer,)))
    assert ("backend-silent" in {cause.id for cause in diagnosis.causes}) == expected
    assert any("At the direct URL" in note for note in diagnosis.notes) != expected


def test_a_dead_backend_is_named_whatever_the_product_is() -> None:
    case = seen_by(make_case(proxy="502", direct="closed"), CADDY)
    refused = tuple(
        replace(result, timeline=replace(result.timeline, connect_s=None, ended="refused"))
        for result in case.direct
    )
    diagnosis = diagnose(replace(case, direct=refused))
    (cause,) = diagnosis.causes
    assert (cause.id, cause.title) == ("upstream-unreachable", "Caddy cannot reach the backend")
    assert "Nginx" not in words(diagnosis)


DERIVATIVES = ("nginx/1.22.1", "openresty/1.25.3.1", "Angie/1.9.0", "Tengine/3.1.0", "freenginx")


def with_root_header(case: Case, *headers: tuple[str, str]) -> Case:
    assert case.root is not None
    return replace(case, root=replace(case.root, headers=headers))


@pytest.mark.parametrize(
    ("server", "expected"),
    [*((each, True) for each in DERIVATIVES), ("my-nginx", False), ("uvicorn", False)],
)
def test_a_derivative_of_nginx_alone_is_a_plain_nginx(server: str, expected: bool) -> None:
    assert streams.is_behind_plain_nginx(with_root_header(HELD, ("server", server))) is expected


@pytest.mark.parametrize(
    ("server", "shown"),
    [*((each, False) for each in DERIVATIVES), ("my-nginx", True), ("Caddy", True)],
)
def test_a_derivative_of_nginx_is_no_trace_of_another_proxy(server: str, shown: bool) -> None:
    case = make_case(proxy="held", direct="live", settings={"proxy_buffering": "off"})
    (cause,) = diagnose(with_root_header(case, ("server", server))).causes
    assert cause.id == "outer-proxy-buffers"
    assert any("/ answers with server" in each.text for each in cause.evidence) is shown


@pytest.mark.parametrize(
    ("server", "expected"),
    [*((each, True) for each in DERIVATIVES), ("my-nginx", True), ("uvicorn", False)],
)
def test_a_derivative_of_nginx_may_listen_at_the_direct_url(server: str, expected: bool) -> None:
    conf = "server { listen 12213; location / { proxy_pass http://127.0.0.1:3000; } }"
    case = make_case(proxy="held", direct="live", direct_headers={"server": server}, conf=conf)
    assert addresses.is_listener(case, case.direct[0].timeline) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [*((each, True) for each in DERIVATIVES), ("my-nginx", False), ("HAProxy", False)],
)
def test_the_error_page_of_a_derivative_is_nginx_s_own(name: str, expected: bool) -> None:
    page = f"<center><h1>404 Not Found</h1></center>\n<hr><center>{name}</center>\n</body>"
    handshake = make_handshake("proxy", stage="initialize", status=404, body=page)
    failed = posts.failed_post(replace(HELD, handshakes=(handshake,)))
    assert failed is not None
    assert failed.by_nginx is expected
