"""The page as a service of a cluster: the chart's rights suffice, and certificates are renewed."""

from __future__ import annotations

import datetime as dt
import json
import ssl
from http import HTTPStatus
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from kubernetes.dynamic import DynamicClient

from tests.chart.rendering import rendered
from tests.ui import scenes
from tests.ui.conftest import Kubernetes, Served, serving


def install(kubernetes: Kubernetes, folder: Path) -> Path:
    """Create the service account and the rights of the page; return its kubeconfig."""
    dynamic = DynamicClient(kubernetes.client)
    objects = rendered("ui", ui={"enabled": True}, fullnameOverride="page")
    for each in objects:
        if each["kind"].endswith(("Role", "RoleBinding", "ServiceAccount")):
            kind = dynamic.resources.get(api_version=each["apiVersion"], kind=each["kind"])
            namespace = each["metadata"].get("namespace")
            kind.server_side_apply(body=each, namespace=namespace, field_manager="helm")
    content = yaml.safe_load(kubernetes.kubeconfig.read_text())
    content["users"][0]["user"] = {"token": kubernetes.token("page-ui")}
    (folder / "kubeconfig").write_text(yaml.safe_dump(content))
    return folder / "kubeconfig"


def answer(served: Served, path: str, token: str = "", until: str = "") -> tuple[int, str]:
    """Return the status, and the first line of the answer that contains *until*."""
    where = urlsplit(served.origin)
    connection = HTTPConnection(where.hostname or "", where.port, timeout=30)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    found = connection.getresponse()
    text = ""
    while found.status == HTTPStatus.OK and until not in text:
        text = found.readline().decode()
        assert text, f"the stream ends without {until!r}"
    connection.close()
    return found.status, text


def test_the_rights_of_the_chart_suffice(kubernetes: Kubernetes, tmp_path: Path) -> None:
    kubernetes.pipeline("shop", "charted", scenes.status("shop/charted"))
    token = kubernetes.token("tenant", "shop", "get", "list")
    with serving(install(kubernetes, tmp_path), "--listen", "127.0.0.1:0") as served:
        path = "/api/pipelines/shop/charted"
        status, text = answer(served, path, token, until='"flow"')
        assert status == 200
        assert json.loads(text.removeprefix("data: "))["row"]["health"] == "healthy"
        assert answer(served, "/api/pipelines", "invented")[0] == 401
        assert answer(served, "/healthz")[0] == 200


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Write a self-signed certificate for *name*, as a renewal does."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(minutes=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .sign(key, hashes.SHA256())
    )
    files = folder / "tls.crt", folder / "tls.key"
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return files


def subject(served: Served) -> str:
    where = urlsplit(served.origin)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = HTTPSConnection(where.hostname or "", where.port, context=context, timeout=30)
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    shown = connection.sock.getpeercert(binary_form=True)
    found = x509.load_der_x509_certificate(shown or b"")
    connection.close()
    return found.subject.rfc4514_string()


def test_a_renewed_certificate_needs_no_restart(kubernetes: Kubernetes, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "first")
    options = ("--tls-cert-file", str(cert), "--tls-private-key-file", str(key))
    with serving(kubernetes.kubeconfig, "--listen", "127.0.0.1:0", *options) as served:
        assert subject(served) == "CN=first"
        certificate(tmp_path, "second")
        assert subject(served) == "CN=second"
