"""A timestamping authority for tests: `openssl ts` behind HTTP on loopback."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.factories.witnesses import Loopback, Reply, loopback

CONFIGURATION = """
[authority]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""
VALID = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority with a root of its own, in a folder."""

    folder: Path

    @property
    def roots(self) -> Path:
        return self.folder / "root.pem"

    def stamp(self, query: bytes) -> bytes:
        """Answer a query as `openssl ts` does."""
        (self.folder / "query.tsq").write_bytes(query)
        subprocess.run(
            [
                "openssl",
                "ts",
                "-reply",
                "-config",
                "tsa.cnf",
                "-section",
                "authority",
                "-queryfile",
                "query.tsq",
                "-signer",
                "signer.pem",
                "-inkey",
                "signer.key",
                "-out",
                "reply.tsr",
            ],
            cwd=self.folder,
            check=True,
            capture_output=True,
            timeout=20,
        )
        return (self.folder / "reply.tsr").read_bytes()

    def query(self, message: bytes, *, digest: str = "-sha256", nonce: bool = True) -> bytes:
        """Make a query with `openssl ts`: for answers to questions that were not asked."""
        (self.folder / "message").write_bytes(message)
        command = ["openssl", "ts", "-query", "-data", "message", digest, "-cert"]
        return subprocess.run(
            command + ([] if nonce else ["-no_nonce"]),
            cwd=self.folder,
            check=True,
            capture_output=True,
            timeout=20,
        ).stdout


def make_authority(folder: Path, *, signer_ends: timedelta = VALID) -> Authority:
    """Make an authority; with `signer_ends` in the past its certificate has expired."""
    folder.mkdir(parents=True, exist_ok=True)
    now = datetime.now(tz=UTC)
    root_key, signer_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root_name, signer_name = _name("Authority root"), _name("Authority signer")
    root = (
        _certificate(root_name, issuer=root_name, key=root_key.public_key(), ends=now + VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    signer = (
        _certificate(
            signer_name, issuer=root_name, key=signer_key.public_key(), ends=now + signer_ends
        )
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "root.pem").write_bytes(root.public_bytes(pem))
    (folder / "signer.pem").write_bytes(signer.public_bytes(pem))
    (folder / "signer.key").write_bytes(
        signer_key.private_bytes(
            pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))
    return Authority(folder)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _certificate(
    subject: x509.Name, *, issuer: x509.Name, key: ec.EllipticCurvePublicKey, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(tz=UTC) - 2 * VALID)
        .not_valid_after(ends)
    )


@contextmanager
def serving(authority: Authority) -> Iterator[Loopback]:
    """Serve an authority on loopback."""
    with loopback(lambda query: Reply(body=authority.stamp(query))) as server:
        yield server
