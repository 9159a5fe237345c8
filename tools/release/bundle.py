"""Bundle: the operator for Operator Lifecycle Manager, made from the rendered chart and the CRD."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from tools.release import chart
from tools.release.project import CHART, DIST, NAME, ROOT, ReleaseError, Target, epoch, run, version
from tools.tool import tool

if TYPE_CHECKING:
    from pathlib import Path

Object = dict[str, Any]

FOLDER = DIST / "bundle"
CHANNEL = "stable"
_KUBERNETES = "1.36.0"
_NAMESPACE = "operator-namespace"  # OLM decides the real one
_FIELD = {"fieldRef": {"fieldPath": "metadata.namespace"}}
VALUES: Object = {
    "crds": {"keep": False},
    "extraEnv": [{"name": "POD_NAMESPACE", "valueFrom": _FIELD}],
    # OpenShift assigns user and group; the image runs as any user.
    "podSecurityContext": {"runAsUser": None, "runAsGroup": None, "fsGroup": None},
}
_HELM = ("helm.sh/chart", "app.kubernetes.io/managed-by")  # OLM manages what a bundle installs
# What the bundle installs, or OLM makes itself, except NetworkPolicy, which older versions refuse.
_KINDS = {
    *("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ServiceAccount"),
    *("CustomResourceDefinition", "Deployment", "NetworkPolicy", "Service"),
}
_PLATFORMS = ("arch.amd64", "arch.arm64", "os.linux")
_LABELS = {
    "operators.operatorframework.io.bundle.mediatype.v1": "registry+v1",
    "operators.operatorframework.io.bundle.manifests.v1": "manifests/",
    "operators.operatorframework.io.bundle.metadata.v1": "metadata/",
    "operators.operatorframework.io.bundle.package.v1": NAME,
    "operators.operatorframework.io.bundle.channels.v1": CHANNEL,
    "operators.operatorframework.io.bundle.channel.default.v1": CHANNEL,
}


@dataclass(frozen=True)
class Rendered:
    """The objects of the chart."""

    objects: list[Object]

    def all(self, *kinds: str) -> list[Object]:
        """Return the objects of some kinds."""
        return [each for each in self.objects if each["kind"] in kinds]

    def one(self, kind: str) -> Object:
        """Return the only object of a kind; raise ValueError if there are others."""
        [found] = self.all(kind)
        return found

    def bound(self, *, namespaced: bool) -> list[Object]:
        """Return the rules of the service account in its namespace, or in all others.

        OLM binds roles only in the operator's namespace, or in the whole cluster.
        """
        names = self._bound()
        roles = (role for role in self.all("ClusterRole", "Role") if _name(role) in names)
        here = (role for role in roles if (_namespace(role) == _NAMESPACE) is namespaced)
        return [rule for role in here for rule in role["rules"]]

    def for_users(self) -> list[Object]:
        """Return the cluster roles that no binding names."""
        return [each for each in self.all("ClusterRole") if _name(each) not in self._bound()]

    def _bound(self) -> set[str]:
        return {each["roleRef"]["name"] for each in self.all("ClusterRoleBinding", "RoleBinding")}


def write(target: Target, folder: Path = FOLDER) -> Path:
    """Write manifests, metadata and Dockerfile of the bundle, and return its folder."""
    shutil.rmtree(folder, ignore_errors=True)
    found = render(target)
    definition = found.one("CustomResourceDefinition")
    for each in (definition, *found.for_users(), *found.all("Service")):
        _put(folder / f"manifests/{_name(each)}.{each['kind'].lower()}.yaml", _plain(each))
    _put(folder / f"manifests/{NAME}.clusterserviceversion.yaml", service_version(found, target))
    minimum = {"com.redhat.openshift.versions": "v4.16"}
    _put(folder / "metadata/annotations.yaml", {"annotations": {**_LABELS, **minimum}})
    labels = "".join(f"LABEL {label}={value}\n" for label, value in _LABELS.items())
    copies = "COPY manifests /manifests/\nCOPY metadata /metadata/\n"
    (folder / "bundle.Dockerfile").write_text(f"FROM scratch\n{labels}{copies}")
    return folder


def validate(folder: Path = FOLDER) -> None:
    """Raise ReleaseError with the errors and warnings of OLM's validators."""
    run(tool("olm"), folder)


def render(target: Target) -> Rendered:
    """Return what the chart installs, with the release's image."""
    repository = {"repository": target.repository, "digest": target.digest}
    text = run(
        *(tool("helm4"), "template", NAME, CHART, "--namespace", _NAMESPACE, "--skip-tests"),
        *("--kube-version", _KUBERNETES, "--values", "-"),
        stdin=json.dumps({**VALUES, "image": repository}),
    )
    objects = [each for each in yaml.safe_load_all(text) if each]
    if missing := {each["kind"] for each in objects} - _KINDS:
        raise ReleaseError(f"the bundle does not install {', '.join(sorted(missing))} of the chart")
    return Rendered(objects)


def service_version(found: Rendered, target: Target) -> Object:
    """Return the ClusterServiceVersion: the chart's Deployment and permissions, and texts."""
    return {
        "apiVersion": "operators.coreos.com/v1alpha1",
        "kind": "ClusterServiceVersion",
        "metadata": {
            "name": f"{NAME}.v{version()}",
            "labels": {f"operatorframework.io/{each}": "supported" for each in _PLATFORMS},
            "annotations": _annotations(target),
        },
        "spec": {
            **_texts(target),
            "customresourcedefinitions": {"owned": [_owned(found)]},
            "install": {"strategy": "deployment", "spec": _install(found)},
            "installModes": [
                {"type": mode, "supported": mode == "AllNamespaces"}
                for mode in ("OwnNamespace", "SingleNamespace", "MultiNamespace", "AllNamespaces")
            ],
        },
    }


def _install(found: Rendered) -> Object:
    deployment = found.one("Deployment")
    account = deployment["spec"]["template"]["spec"]["serviceAccountName"]
    text = json.dumps(deployment["spec"]).replace(f"{_NAMESPACE}/", "$(POD_NAMESPACE)/")
    spec = json.loads(text)
    for label in _HELM:
        spec["template"]["metadata"]["labels"].pop(label)
    return {
        "deployments": [{"name": _name(deployment), "spec": spec}],
        **{
            key: [{"serviceAccountName": account, "rules": found.bound(namespaced=namespaced)}]
            for key, namespaced in (("clusterPermissions", False), ("permissions", True))
        },
    }


def _annotations(target: Target) -> dict[str, str]:
    created = dt.datetime.fromtimestamp(epoch(), dt.UTC)
    return {
        "alm-examples": json.dumps(chart.examples(), indent=2),
        "capabilities": _about()["annotations"]["artifacthub.io/operatorCapabilities"],
        "categories": "Big Data, Cloud Provider",
        "containerImage": target.image(version()),
        "createdAt": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "description": _about()["description"],
        "operators.operatorframework.io/builder": "dataflowxpress-release",
        "repository": target.source,
        "support": "DataFlowXpress maintainers",
    }


def _texts(target: Target) -> Object:
    icon = base64.b64encode((ROOT / "docs/pictures/icon.svg").read_bytes()).decode()
    return {
        "version": version(),
        "displayName": "DataFlowXpress",
        "description": (ROOT / "README.md").read_text().split("\n\n")[1],
        "icon": [{"base64data": icon, "mediatype": "image/svg+xml"}],
        "keywords": _about()["keywords"],
        "links": [{"name": "Source", "url": target.source}],
        "maturity": "alpha",
        "minKubeVersion": _about()["kubeVersion"].removeprefix(">=").removesuffix("-0"),
        "provider": {"name": "DataFlowXpress maintainers", "url": target.source},
    }


def _owned(found: Rendered) -> Object:
    definition = found.one("CustomResourceDefinition")
    [served] = definition["spec"]["versions"]
    return {
        "name": definition["metadata"]["name"],
        "kind": definition["spec"]["names"]["kind"],
        "version": served["name"],
        "displayName": "Data pipeline",
        "description": served["schema"]["openAPIV3Schema"]["description"],
    }


def _name(found: Object) -> str:
    return str(found["metadata"]["name"])


def _namespace(found: Object) -> str:
    return str(found["metadata"].get("namespace", ""))


def _about() -> Object:
    found: Object = yaml.safe_load((CHART / "Chart.yaml").read_text())
    return found


def _plain(found: Object) -> Object:
    """Return an object without its namespace and Helm's labels."""
    kept = {key: value for key, value in found["metadata"].items() if key != "namespace"}
    labels = {key: kept["labels"][key] for key in kept.get("labels", {}) if key not in _HELM}
    return {**found, "metadata": {**kept, "labels": labels}}


def _put(path: Path, content: Object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100))
