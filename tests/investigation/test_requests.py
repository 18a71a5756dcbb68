"""The requests that a target calls for, and how the Nginx receives them."""

from wizard.investigation.requests import conf_requests, proxied_probes
from wizard.model.target import Hop, Source, Target

URL = "https://mcp.example.com/sse"


def test_connect_to_moves_the_port_that_nginx_sees() -> None:
    plain, moved = Target(URL), Target(URL, connect_to=("192.0.2.7", 8443))
    assert [request.effective_port for request in conf_requests(plain)] == [443, 443]
    assert [request.effective_port for request in conf_requests(moved)] == [8443, 8443]
    assert conf_requests(moved)[0].host == "mcp.example.com"


def test_a_config_is_resolved_for_the_request_at_its_hop() -> None:
    hops = (Hop("edge", Source(URL)), Hop("inner", Source("http://10.0.0.7:8081/sse")))
    stream, root = conf_requests(Target(URL, hops=hops, connect_to=("192.0.2.7", 8443)))
    assert (stream.host, stream.effective_port, stream.scheme) == ("mcp.example.com", 8081, "http")
    assert root.path == "/"


def test_a_hop_given_by_address_gets_the_public_host() -> None:
    hops = (
        Hop("edge", Source("http://edge/sse")),
        Hop("inner", Source("http://10.0.0.7:8081/sse")),
    )
    hosts = {probe.hop: probe.host for probe in proxied_probes(Target(URL, hops=hops))}
    assert hosts == {"": "", "edge": "", "inner": "mcp.example.com"}
