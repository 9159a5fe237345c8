"""Documents: what they name is there."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    *sorted(ROOT.glob("docs/**/*.md")),
]


MODULES = (ROOT, ROOT / "operator" / "dataflowxpress")


def named_in(file: Path) -> set[str]:
    """Return the functions in *file*; those of a class as pytest names tests."""
    if not file.is_file():
        return set()
    found = ast.parse(file.read_text()).body
    classes = [node for node in found if isinstance(node, ast.ClassDef)]
    inside = {f"{its.name}::{name}" for its in classes for name in functions(its.body)}
    return inside | functions(found)


def functions(nodes: list[ast.stmt]) -> set[str]:
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def rows(page: str, heading: str = "") -> list[str]:
    """Return the rows of the tables of a page, or of a part of it, without their heads."""
    text = (ROOT / page).read_text().partition(heading)[2].partition("\n## ")[0]
    return re.findall(r"^\| .*\|$(?!\n\|---)", text, re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    for file, test in re.findall(r"(tests/[\w/]+\.py)::([\w:]+)", page.read_text()):
        assert test in named_in(ROOT / file), f"{file}::{test}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_links_to_exists(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_code_block_of_a_page_ends(page: Path) -> None:
    inside = False
    for fence in re.findall(r"^ *```(.*)$", page.read_text(), re.MULTILINE):
        assert not (inside and fence), f"a block begins inside another: {fence}"
        inside = not inside
    assert not inside


@pytest.mark.parametrize(
    ("page", "heading", "least"),
    [
        ("docs/data-guarantees.md", "## What is guaranteed\n", 15),
        ("docs/traps.md", "## AWS\n", 29),
        ("docs/traps.md", "## Kubernetes and kopf\n", 12),
        ("docs/traps.md", "## Argo CD\n", 2),
    ],
)
def test_a_page_of_promises_names_a_test_for_each(page: str, heading: str, least: int) -> None:
    promises = rows(page, heading)
    assert len(promises) >= least
    for promise in promises:
        assert re.search(r"::(\w+::)?test_|the same test", promise), promise


def test_every_module_that_the_traps_name_exists() -> None:
    named = re.findall(r"`([\w/]+\.py)`", (ROOT / "docs/traps.md").read_text())
    assert named
    for module in named:
        assert any((place / module).is_file() for place in MODULES), module


def test_each_complaint_has_an_answer_that_can_be_seen() -> None:
    complaints = rows("docs/traps.md", "## Common complaints about comparable tools\n")
    assert len(complaints) == 12
    for complaint in complaints:
        shown = complaint.split(" | ")[-1]
        assert "`" in shown or "](" in shown, complaint


def test_the_architecture_page_draws_the_layers_that_are_checked() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [each["layers"] for each in contracts["contracts"] if each["type"] == "layers"]
    section = (ROOT / "docs/architecture.md").read_text().partition("## Layers\n")[2]
    picture = section.split("```")[1]
    assert re.findall(r"^(\w+(?: \| \w+)*)  ", picture, re.MULTILINE) == layers


THREATS = "docs/threat-model.md"
TEST = r"`tests/[\w/]+\.py::[\w:]+`"
TESTS = rf"{TEST}(, {TEST})*"


def sections() -> list[str]:
    """Return the headings of the threat model that list threats."""
    return re.findall(r"^## Threats: .*\n", (ROOT / THREATS).read_text(), re.MULTILINE)


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip("|").split(" | ")]


@pytest.mark.parametrize("heading", sections(), ids=str.strip)
def test_each_threat_has_a_category_a_control_and_a_test(heading: str) -> None:
    threats = rows(THREATS, heading)
    assert len(threats) >= 3
    for threat in threats:
        named, category, control, shown = cells(threat)
        assert named, threat
        assert control, threat
        assert set(category.split(", ")) <= set("STRIDE"), threat
        assert re.fullmatch(TESTS, shown), threat


def test_the_threat_model_covers_each_category_and_gives_a_measure_for_each_gap() -> None:
    threats = [row for heading in sections() for row in rows(THREATS, heading)]
    assert {letter for row in threats for letter in cells(row)[1].split(", ")} == set("STRIDE")
    gaps = rows(THREATS, "## Known gaps\n")
    assert gaps
    for gap in gaps:
        assert all(cells(gap)), gap
        assert len(cells(gap)) == 3, gap


def test_each_attack_has_an_effect_before_a_result_now_and_a_test() -> None:
    attacks = [cells(row) for row in rows("docs/attacks.md", "## Attempts\n")]
    assert [attack[0] for attack in attacks] == [str(number) for number in range(1, 25)]
    for number, *texts, shown in attacks:
        assert len(texts) == 3, number
        assert all(texts), number
        assert re.fullmatch(TESTS, shown), number


def test_each_practice_has_a_state_and_evidence() -> None:
    practices = rows("SECURITY.md", "## Practices\n")
    assert practices
    for practice in practices:
        _, state, evidence = cells(practice)
        assert state in {"yes", "in part", "no"}, practice
        assert state == "no" or re.search(r"`|\]\(|this page", evidence), practice
