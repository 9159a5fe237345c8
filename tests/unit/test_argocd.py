"""Argo CD customizations: health and actions on real objects, in the same restricted Lua."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import lupa.lua51
import pytest
import yaml

from dataflowxpress.api.spec import GROUP, KIND
from dataflowxpress.blueprint import artifacts

CUSTOMIZATIONS = artifacts.path(f"argocd/resource_customizations/{GROUP}/{KIND}")
ACTIONS = CUSTOMIZATIONS / "actions"
BEFORE_ALL_TIME = "0001-01-01T00:00:00Z"


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


HEALTH = load(CUSTOMIZATIONS / "health_test.yaml")["tests"]
ACTION = load(ACTIONS / "action_test.yaml")


def run(script: Path, obj: Any) -> Any:
    """Return the result of *script* for *obj*, with only the libraries that Argo CD loads."""
    lua = lupa.lua51.LuaRuntime(register_eval=False)
    lua.execute("string, io, debug, math, python = nil, nil, nil, nil, nil")
    lua.execute('local o = os; os = {date = o.date, time = o.time}; package.loaded["os"] = os')
    lua.globals().obj = lua.table_from(obj, recursive=True)
    return plain(lua.execute(script.read_text()))


def plain(value: Any) -> Any:
    if lupa.lua51.lua_type(value) != "table":
        return value
    found = {key: plain(each) for key, each in value.items()}
    return list(found.values()) if 1 in found else found


def comparable(value: Any) -> Any:
    """Drop empty values: Lua does not distinguish an empty object from an empty list."""
    if isinstance(value, dict):
        return {k: comparable(v) for k, v in value.items() if v not in ({}, [])}
    if isinstance(value, list):
        return [comparable(each) for each in value]
    return value


def timeless(obj: Any) -> Any:
    annotations = obj["metadata"].get("annotations", {})
    for name, value in annotations.items():
        if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
            annotations[name] = BEFORE_ALL_TIME
    return obj


@pytest.mark.parametrize("case", HEALTH, ids=lambda case: Path(case["inputPath"]).stem)
def test_health_follows_the_conditions_of_the_current_generation(case: Any) -> None:
    health = run(CUSTOMIZATIONS / "health.lua", load(CUSTOMIZATIONS / case["inputPath"]))
    assert health == case["healthStatus"]


def test_every_object_of_the_testdata_is_tested() -> None:
    tested = {Path(case["inputPath"]).name for case in HEALTH}
    assert tested == {path.name for path in CUSTOMIZATIONS.glob("testdata/*.yaml")}


@pytest.mark.parametrize("case", ACTION["discoveryTests"], ids=lambda c: Path(c["inputPath"]).stem)
def test_actions_without_effect_are_disabled(case: Any) -> None:
    found = run(ACTIONS / "discovery.lua", load(ACTIONS / case["inputPath"]))
    assert [{"name": name, **about} for name, about in sorted(found.items())] == sorted(
        case["result"], key=lambda each: each["name"]
    )
    assert set(found) == {path.parent.name for path in ACTIONS.glob("*/action.lua")}


@pytest.mark.parametrize(
    "case", ACTION["actionTests"], ids=lambda c: f"{c['action']}-{Path(c['inputPath']).stem}"
)
def test_an_action_changes_only_annotations(case: Any) -> None:
    changed = run(ACTIONS / case["action"] / "action.lua", load(ACTIONS / case["inputPath"]))
    expected = load(ACTIONS / case["expectedOutputPath"])
    assert comparable(timeless(changed)) == comparable(timeless(expected))


def test_every_action_is_tested() -> None:
    assert {case["action"] for case in ACTION["actionTests"]} == {
        path.parent.name for path in ACTIONS.glob("*/action.lua")
    }


def test_the_generated_settings_contain_the_scripts() -> None:
    settings = artifacts.path("argocd")
    for file, content in runpy.run_path(str(artifacts.path("tools/argocd.py")))["FILES"].items():
        assert (settings / file).read_text() == content(), "run `make argocd`"
