"""Push: the chart and the OLM bundle to the OCI registry, with signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.release import bundle
from tools.release.project import DIST, NAME, ReleaseError, Target, run, version
from tools.tool import tool

if TYPE_CHECKING:
    from pathlib import Path


def everything(target: Target) -> str:
    """Push chart and bundle from dist/, and sign them by digest with cosign."""
    if not target.digest:
        raise ReleaseError("set RELEASE_DIGEST to the digest of the pushed image")
    pushed = [push_chart(target, DIST / f"{NAME}-{version()}.tgz"), _push_bundle(target)]
    for reference in pushed:
        run("cosign", "sign", "--yes", reference)
    return f"pushed and signed: {', '.join(pushed)}"


def push_chart(target: Target, package: Path, *options: str) -> str:
    """Push the packaged chart to `<registry>/charts`, and return its reference by digest."""
    run(tool("helm4"), "push", package, f"oci://{target.registry}/charts", *options)
    return _by_digest(f"{target.registry}/charts/{NAME}:{version()}")


def _push_bundle(target: Target) -> str:
    tag = f"{target.registry}/{NAME}-bundle:{version()}"
    dockerfile = bundle.FOLDER / "bundle.Dockerfile"
    run("docker", "build", "--tag", tag, "--file", dockerfile, bundle.FOLDER)
    run("docker", "push", tag)
    return _by_digest(tag)


def _by_digest(tag: str) -> str:
    found = run(tool("registry"), "digest", tag).strip()
    return f"{tag.rpartition(':')[0]}@{found}"
