"""Addresses of this machine."""

import pytest

from wizard.probe.network import is_own_address


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1", True), ("192.0.2.1", False), ("2001:db8::1", False), ("nonsense", False)],
)
def test_an_address_is_own_if_a_socket_can_be_bound_to_it(address: str, expected: bool) -> None:
    assert is_own_address(address) == expected
