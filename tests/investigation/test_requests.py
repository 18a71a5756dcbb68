"""Which requests a target means, and as what Nginx sees them."""

from wizard.investigation.requests import conf_requests, proxied_probes
from wizard.model.target import Hop, Source, Target

URL = "https://mcp.example.com/sse"


def test_connect_to_moves_the_port_that_nginx_sees() -> None:
    plain, moved = Target(URL), Target(URL, connect_to=("192.0.2.7", 8443))
    assert [one.effective_port for one in conf_requests(plain)] == [443, 443]
    assert [one.effective_port for one in conf_requests(moved)] == [8443, 8443]
    assert conf_requests(moved)[0].host == "mcp.example.com"


def test_a_config_is_asked_as_its_own_hop_is_entered() -> None:
    hops = (Hop("edge", Source(URL)), Hop("inner", Source("http://10.0.0.7:8081/sse")))
    stream, root = conf_requests(Target(URL, hops=hops, connect_to=("192.0.2.7", 8443)))
    assert (stream.host, stream.effective_port, stream.scheme) == ("mcp.example.com", 8081, "http")
    assert root.path == "/"


def test_an_address_is_asked_for_the_public_name() -> None:
    hops = (
        Hop("edge", Source("http://edge/sse")),
        Hop("inner", Source("http://10.0.0.7:8081/sse")),
    )
    hosts = {probe.hop: probe.host for probe in proxied_probes(Target(URL, hops=hops))}
    assert hosts == {"": "", "edge": "", "inner": "mcp.example.com"}
