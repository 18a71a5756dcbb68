"""What is said of an MCP session that fails, where no cause is known."""

from tests.rules.samples.build import make_case, make_handshake
from wizard.diagnose.diagnose import diagnose
from wizard.model.handshake import Handshake, Side


def refused(side: Side, status: int) -> Handshake:
    return make_handshake(side, transport="streamable-http", stage="initialize", status=status)


def summary(*handshakes: Handshake) -> str:
    return diagnose(make_case(proxy="405", direct="405", handshakes=handshakes)).summary


def test_a_refused_message_says_more_than_a_get_that_is_not_offered() -> None:
    unknown = make_handshake("proxy", transport="unknown", stage="initialize", status=418)
    assert summary(unknown) == "The MCP session through the proxy fails: POST answered 418"


def test_a_backend_that_fails_alike_is_said() -> None:
    alike = "directly it fails in the same way"
    assert summary(refused("proxy", 418), refused("direct", 418)).endswith(f"; {alike}")
    assert alike not in summary(refused("proxy", 418), refused("direct", 409))
    assert alike not in summary(refused("proxy", 418))
