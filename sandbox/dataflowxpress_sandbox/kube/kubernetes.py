"""Kubernetes: an API server with its etcd on the loopback interface, without controllers."""

from __future__ import annotations

import secrets
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dataflowxpress_sandbox import private, processes
from dataflowxpress_sandbox.probe import HOST, answers

from . import kubeconfig

if TYPE_CHECKING:
    from pathlib import Path

_ETCD = "etcd"
_SERVER = "kube-apiserver"
_SECONDS = 60.0


@dataclass(frozen=True)
class Kubernetes:
    """A cluster of the sandbox in `directory`, with etcd and the API server on these ports."""

    directory: Path
    etcd_port: int
    port: int

    @property
    def kubeconfig(self) -> Path:
        """The kubeconfig of an administrator."""
        return self.directory / "kubeconfig"

    def up(self, assets: Path) -> None:
        """Start the missing processes from a folder with both binaries; wait until ready."""
        running = processes.find(self.directory)
        if _ETCD not in running:
            processes.stop(self.directory, {_SERVER})
            etcd = processes.start(_ETCD, self._etcd(assets), directory=self.directory)
            processes.wait_until(self._etcd_answers, _SECONDS, "etcd to answer", process=etcd)
        self._write_credentials()
        server = processes.find(self.directory).get(_SERVER) or processes.start(
            _SERVER, self._server(assets), directory=self.directory
        )
        processes.wait_until(self._ready, _SECONDS, "the API server", process=server)

    @property
    def _certificates(self) -> Path:
        return self.directory / "kubernetes"

    @property
    def _authority(self) -> Path:
        return self._certificates / "apiserver.crt"  # the API server signs one and writes it here

    @property
    def _tokens(self) -> Path:
        return self._certificates / "tokens.csv"

    @property
    def _etcd_url(self) -> str:
        return f"http://{HOST}:{self.etcd_port}"

    def _etcd(self, assets: Path) -> list[str]:
        return [
            str(assets / "etcd"),
            f"--data-dir={self.directory / 'etcd'}",
            f"--listen-client-urls={self._etcd_url}",
            f"--advertise-client-urls={self._etcd_url}",
            f"--listen-peer-urls=http://{HOST}:0",  # it has no peers
            "--unsafe-no-fsync",  # the data lives as long as the sandbox
            "--log-level=warn",
        ]

    def _server(self, assets: Path) -> list[str]:
        key = self._certificates / "apiserver.key"
        return [
            str(assets / "kube-apiserver"),
            f"--etcd-servers={self._etcd_url}",
            f"--bind-address={HOST}",
            f"--secure-port={self.port}",
            f"--advertise-address={HOST}",
            "--endpoint-reconciler-type=none",  # a loopback address makes no endpoints
            f"--cert-dir={self._certificates}",
            f"--token-auth-file={self._tokens}",
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--service-cluster-ip-range=10.0.0.0/24",
        ]

    def _write_credentials(self) -> None:
        self._certificates.mkdir(exist_ok=True)
        if not self._tokens.exists():
            private.write(self._tokens, f"{secrets.token_urlsafe()},admin,admin,system:masters\n")
        server = f"https://{HOST}:{self.port}"
        cluster = {"server": server, "certificate-authority": str(self._authority)}
        kubeconfig.write(self.kubeconfig, cluster, {"token": self._token()})

    def _token(self) -> str:
        return self._tokens.read_text().partition(",")[0]

    def _etcd_answers(self) -> bool:
        return answers(self.etcd_port, "/health")

    def _ready(self) -> bool:
        """Return whether the server reports ready and has created its own namespaces."""
        return self._answers("/readyz") and self._answers("/api/v1/namespaces/default")

    def _answers(self, path: str) -> bool:
        try:
            tls = ssl.create_default_context(cafile=self._authority)
        except (FileNotFoundError, ssl.SSLError):  # the server has not written all of it yet
            return False
        return answers(self.port, path, tls=tls, Authorization=f"Bearer {self._token()}")
