"""Website: where links of pages lead in the site, and what a diagram must have."""

from __future__ import annotations

import pytest

from tools.website import diagrams
from tools.website.links import linked, relinked
from tools.website.lists import for_mkdocs


@pytest.mark.parametrize(
    ("page", "link", "place"),
    [
        ("plan.md", "adr/0001-one-plan.md", "adr/0001-one-plan.md"),
        ("plan.md", "adr", "adr/index.md"),
        ("argocd.md", "../argocd", "files/argocd/index.md"),
        ("adr/0001-one-plan.md", "../plan.md#in-the-cluster", "../plan.md#in-the-cluster"),
        ("faq.md", "../CHANGELOG.md", "changelog.md"),
        ("security.md", "docs/iam", "iam/README.md"),
        ("reference/chart.md", "../../docs/operations.md", "../operations.md"),
        ("iam/README.md", "../../examples/minimal.yaml", "../files/examples/minimal.yaml"),
        ("faq.md", "https://example.com/a.md", "https://example.com/a.md"),
        ("faq.md", "#support", "#support"),
    ],
)
def test_a_link_leads_to_the_place_of_its_file_in_the_site(
    page: str, link: str, place: str
) -> None:
    assert relinked(f"see [it]({link}).", page) == f"see [it]({place})."


def test_files_to_which_pages_link_are_found_with_the_files_of_linked_pages() -> None:
    found = linked([("data-guarantees.md", "[list](../tests/files/README.md)")])
    assert "files/tests/files/README.md" in found.values()
    assert all(target.exists() for target in found)


def test_a_diagram_without_a_title_for_screen_readers_is_refused() -> None:
    with pytest.raises(diagrams.WithoutTitle, match="accTitle"):
        diagrams.draw("flowchart LR\n  a --> b")


def test_two_diagrams_of_a_page_have_styles_of_their_own() -> None:
    one, two = (
        diagrams.draw(f"flowchart LR\n  accTitle: {title}\n  a --> b") for title in ("one", "two")
    )
    assert "<title" in one
    assert one.split("diagram-")[1][:8] != two.split("diagram-")[1][:8]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("text:\n- one\n- two", "text:\n\n- one\n- two"),
        (
            "1. one\n\n   ```sh\n   - a\n   ```\n2. two",
            "1. one\n\n    ```sh\n    - a\n    ```\n2. two",
        ),
        ("- one\n  more\n  - inner\n    deep", "- one\n    more\n\n    - inner\n        deep"),
        ("```\n- code\n  code\n```\ntext", "```\n- code\n  code\n```\ntext"),
        ("- one\n\ntext\n- two", "- one\n\ntext\n\n- two"),
        ("in 2026\n7. is no list", "in 2026\n7. is no list"),
    ],
)
def test_a_list_of_commonmark_is_a_list_in_the_site(written: str, read: str) -> None:
    assert for_mkdocs(written) == read
