"""A certificate authority that lives as long as the sandbox, and kubeconfig files that trust it."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import os
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_VALID = datetime.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Pki:
    """Where the PEM files lie; `ca` may be shown to anyone, `key` may not."""

    ca: Path
    cert: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        """Return what an HTTPS server on 127.0.0.1 or localhost needs."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        return context


@dataclass(frozen=True, slots=True)
class Context:
    """One context of a kubeconfig: its name, where it points and as whom."""

    name: str
    server: str
    namespace: str
    token: str


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + _VALID)
    )


def _usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _issue_ca(key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return (
        _builder("sandbox-ca", "sandbox-ca", key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(ca=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _issue_server(
    key: ec.EllipticCurvePrivateKey, ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    names = [
        x509.DNSName("localhost"),
        x509.DNSName("kubernetes"),
        x509.DNSName("kubernetes.default.svc"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    identifier = ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        _builder("kube-apiserver", "sandbox-ca", key.public_key())
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(ca=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(ca_key, hashes.SHA256())
    )


def create(folder: Path) -> Pki:
    """Make a CA and a server certificate in `folder`: ca.crt, server.crt, server.key; the CA's key is not kept."""
    folder.mkdir(parents=True, exist_ok=True)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _issue_ca(ca_key)
    server = _issue_server(key, ca, ca_key)
    made = Pki(folder / "ca.crt", folder / "server.crt", folder / "server.key")
    _write(made.ca, ca.public_bytes(serialization.Encoding.PEM))
    _write(made.cert, server.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(made.key, secret)
    return made


def kubeconfig(path: Path, pki: Pki, contexts: Sequence[Context], current: str | None = None) -> None:
    """Write a kubeconfig (JSON, which is YAML; mode 600), the CA embedded; `current` is the first unless given."""
    ca = base64.b64encode(pki.ca.read_bytes()).decode()
    document: dict[str, object] = {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "clusters": [
            {"name": c.name, "cluster": {"server": c.server, "certificate-authority-data": ca}} for c in contexts
        ],
        "users": [{"name": c.name, "user": {"token": c.token}} for c in contexts],
        "contexts": [
            {"name": c.name, "context": {"cluster": c.name, "user": c.name, "namespace": c.namespace}} for c in contexts
        ],
        "current-context": current or contexts[0].name,
    }
    _write(path, json.dumps(document, indent=1).encode())


def _write(path: Path, data: bytes) -> None:
    half = path.with_name(path.name + ".tmp")
    with open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 the mode must hold from the first byte
        _ = file.write(data)
    _ = half.replace(path)
