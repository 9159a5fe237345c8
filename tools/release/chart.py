"""Chart: the package of the Helm chart, with the release's image and Artifact Hub's annotations."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from tools.release import changelog
from tools.release.project import CHART, DIST, NAME, ROOT, Target, run, version
from tools.tool import tool

_EXAMPLES = ("examples/minimal.yaml", "examples/complete.yaml")


def package(target: Target, folder: Path = DIST) -> Path:
    """Write the packaged chart into *folder*; its default image is the release's."""
    with tempfile.TemporaryDirectory() as work:
        staged = Path(work) / NAME
        shutil.copytree(CHART, staged)
        values = staged / "values.yaml"
        values.write_text(with_image(values.read_text(), target))
        about = yaml.safe_load((staged / "Chart.yaml").read_text())
        about = annotated(about, target)
        (staged / "Chart.yaml").write_text(yaml.safe_dump(about, sort_keys=False, width=10_000))
        run(tool("helm4"), "package", staged, "--destination", folder)
    return folder / f"{NAME}-{version()}.tgz"


def with_image(values: str, target: Target) -> str:
    """Return values.yaml with the release's image, by digest if it is known."""
    lines = {f"repository: {NAME}": f"repository: {target.repository}"}
    if target.digest:
        lines['digest: ""'] = f'digest: "{target.digest}"'
    for old, new in lines.items():
        values, count = re.subn(f"^  {re.escape(old)}$", f"  {new}", values, flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"values.yaml has {count} lines `{old}`, not one")
    return values


def annotated(about: dict[str, Any], target: Target) -> dict[str, Any]:
    """Return Chart.yaml with sources and annotations that depend on the release."""
    released = changelog.current()
    pages = {
        "Documentation": f"{target.source}/tree/v{version()}/docs",
        "Support": f"{target.source}/issues",
    }
    found = {
        "artifacthub.io/category": "integration-delivery",
        "artifacthub.io/changes": changelog.annotation(released),
        "artifacthub.io/containsSecurityUpdates": str(_is_security(released)).lower(),
        "artifacthub.io/crds": _text([_definition()]),
        "artifacthub.io/crdsExamples": _text(examples()),
        "artifacthub.io/images": _text([{"name": NAME, "image": target.image(version())}]),
        "artifacthub.io/links": _text([{"name": name, "url": pages[name]} for name in pages]),
    }
    origin = {"home": target.source, "sources": [target.source]}
    return {**about, **origin, "annotations": {**about["annotations"], **found}}


def _is_security(entry: changelog.Entry) -> bool:
    return any(change["kind"] == "security" for change in entry.changes())


def examples() -> list[dict[str, Any]]:
    """Return the pipelines that catalogs show as examples."""
    documents = (yaml.safe_load_all((ROOT / name).read_text()) for name in _EXAMPLES)
    return [each for file in documents for each in file if each["kind"] == "DataPipeline"]


def _definition() -> dict[str, str]:
    found = yaml.safe_load((ROOT / "crds/datapipelines.yaml").read_text())
    [served] = found["spec"]["versions"]
    return {
        "kind": found["spec"]["names"]["kind"],
        "version": served["name"],
        "name": found["metadata"]["name"],
        "displayName": "Data pipeline",
        "description": served["schema"]["openAPIV3Schema"]["description"],
    }


def _text(value: Any) -> str:
    return str(yaml.safe_dump(value, sort_keys=False, allow_unicode=True))
