"""Network and TLS errors in the words of the system."""

import os
import re
import socket
import ssl

from wizard.text.text import safe


def plain(error: BaseException) -> str:
    """The message of an error in the words of the system, without Python's decoration."""
    deepest: BaseException = error
    while (inner := deepest.__cause__ or deepest.__context__) is not None:
        deepest = inner
    if isinstance(deepest, ssl.SSLCertVerificationError):
        return f"the certificate does not verify: {safe(deepest.verify_message)}"
    if isinstance(deepest, ssl.SSLError):
        return safe((deepest.reason or str(deepest)).replace("_", " ").lower())
    if isinstance(deepest, socket.gaierror):
        return safe(str(deepest.strerror))
    if isinstance(deepest, OSError) and deepest.errno:
        return safe(os.strerror(deepest.errno))
    said = re.sub(r"bytearray\(b(['\"])(.*)\1\)", r"\2", str(error))
    return safe(said or type(error).__name__)
