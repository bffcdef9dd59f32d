"""A certificate that the stand makes itself, for the addresses of its machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

CERTIFICATE: Final = "stand.crt"
KEY: Final = "stand.key"

DAYS: Final = 90
"""Apple's devices take no certificate of more than 825 days, whoever signed it; a stand stands for some."""

LEAST_DAYS: Final = 7
"""That one that is there must last still."""


def self_signed(folder: Path, addresses: Sequence[str], *, now: datetime | None = None) -> tuple[Path, Path]:
    """Files with a certificate for these addresses, `localhost` and the machine's name, and with its key.

    One that is there already is taken again where it fits: browsers were told to trust it.

    Args:
        folder: for both; made where it is not there.
        addresses: of this machine, as numbers.
        now: the time; None asks the clock.

    Raises:
        OSError: they cannot be written.
    """
    now = now or datetime.now(UTC)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificate, key = folder / CERTIFICATE, folder / KEY
    numbers = list(dict.fromkeys(["127.0.0.1", "::1", *addresses]))
    if key.is_file() and certificate.is_file() and _fits(certificate.read_bytes(), numbers, now):
        return certificate, key
    made = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "colorise stand")])
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in dict.fromkeys(["localhost", _host()])]
    names += [x509.IPAddress(ipaddress.ip_address(number)) for number in numbers]
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(made, hashes.SHA256())
    )
    plain = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key.unlink(missing_ok=True)
    with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(plain)
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return certificate, key


def _fits(pem: bytes, numbers: Sequence[str], now: datetime) -> bool:
    try:
        found = x509.load_pem_x509_certificate(pem)
        named = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    known = {str(number) for number in named.get_values_for_type(x509.IPAddress)}
    return found.not_valid_after_utc > now + timedelta(days=LEAST_DAYS) and known >= set(numbers)


def _host() -> str:
    """This machine's name where it may stand in a certificate."""
    name = socket.gethostname().lower()
    return name if name.isascii() and all(part.replace("-", "").isalnum() for part in name.split(".")) else "localhost"
