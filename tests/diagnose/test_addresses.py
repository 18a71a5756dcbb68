"""Unix sockets in the comparison of a direct URL with the peers that the config names."""

from dataclasses import replace

import pytest

from tests.rules.samples.build import make_case
from wizard.diagnose.facts import addresses
from wizard.model.case import Case
from wizard.model.probe_result import ProbeResult

SOCKET = "unix:/run/app.sock"


def case_with(direct: str, peers: tuple[str, ...], vantage: str = "local") -> Case:
    """A held stream with a live direct URL, and the peers of its location."""
    case = make_case(proxy="held", direct="live", settings={}, peers=peers)

    def moved(result: ProbeResult) -> ProbeResult:
        probe = replace(result.timeline.probe, url=direct, vantage=vantage)
        return replace(result, timeline=replace(result.timeline, probe=probe))

    return replace(case, direct=tuple(map(moved, case.direct)), root=None)


@pytest.mark.parametrize(
    ("direct", "peer", "vantage", "is_direct", "is_other"),
    [
        (f"{SOCKET}:/sse", SOCKET, "local", True, False),
        ("unix:/var/run/app.sock:/sse", SOCKET, "local", True, False),
        (f"{SOCKET}:/sse", SOCKET, "web", False, False),
        ("unix:/run/App.sock:/sse", SOCKET, "local", False, True),
        (f"{SOCKET}:/sse", "127.0.0.1:8000", "local", False, False),
        ("http://127.0.0.1:8000/sse", SOCKET, "local", False, False),
    ],
)
def test_a_socket_is_the_peer_of_the_same_name_on_the_same_machine(
    direct: str, peer: str, vantage: str, is_direct: bool, is_other: bool
) -> None:
    case = case_with(direct, (peer,), vantage)
    assert addresses.is_direct(case) == is_direct
    assert bool(addresses.other_backend(case)) == is_other


@pytest.mark.parametrize(
    ("listen", "peer", "expected"),
    [
        ("8080", "127.0.0.1:8080", True),
        ("10.0.0.5:8080", "10.0.0.5:8080", True),
        ("8080", "10.0.0.6:8080", False),
        ("127.0.0.1:8081", "127.0.0.1:8080", False),
        ("unix:/run/inner.sock", "unix:/run/inner.sock", True),
        ("8080", "unix:/run/inner.sock", False),
    ],
)
def test_a_peer_may_be_another_server_of_the_config(listen: str, peer: str, expected: bool) -> None:
    conf = f"""
    server {{ listen 8081; location / {{ proxy_pass http://{peer}; }} }}
    server {{ listen {listen}; server_name inner; location / {{ proxy_pass http://b; }} }}
    """
    case = make_case(proxy="held", direct="live", conf=f"http {{ {conf} }}")
    assert addresses.passes_to_itself(case) == expected
