"""The peer that is gone without a word: nobody is refused, and nobody gets in."""

import socket

import pytest

from wizard.lab.stuck import Stuck


def test_connecting_takes_for_ever_and_ends_with_it() -> None:
    stuck = Stuck()
    there = ("127.0.0.1", stuck.port)
    with pytest.raises(TimeoutError):
        socket.create_connection(there, timeout=0.2)
    stuck.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(there, timeout=5)
