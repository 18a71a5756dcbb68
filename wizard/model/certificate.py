"""What is wrong with a certificate, by OpenSSL's message, which is never translated."""

from typing import Literal

CertificateProblem = Literal["expired", "early", "name", "untrusted", "client"]
"""`expired`; `early`: not valid yet; `name`: for another host; `untrusted`: of an authority that is
not known here; `client`: the server asks the client for one."""
_MESSAGES: tuple[tuple[str, CertificateProblem], ...] = (
    ("certificate has expired", "expired"),
    ("certificate is not yet valid", "early"),
    ("certificate is not valid for", "name"),
    ("does not match target host name", "name"),
    ("self-signed certificate", "untrusted"),
    ("self signed certificate", "untrusted"),
    ("issuer certificate", "untrusted"),
    ("unable to verify the first certificate", "untrusted"),
    ("certificate verify failed", "untrusted"),
    ("certificate does not verify", "untrusted"),
    ("alert certificate required", "client"),
    ("alert bad certificate", "client"),
)
"""Parts of OpenSSL's messages (`X509_verify_cert_error_string`, `SSL_alert_desc_string_long`), of
curl's, and of our own."""


def certificate_problem(detail: str) -> CertificateProblem | None:
    """The problem that the end of a TLS handshake names; None if it names none that is known."""
    text = detail.lower()
    return next((problem for message, problem in _MESSAGES if message in text), None)
