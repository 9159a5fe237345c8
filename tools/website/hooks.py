"""Hooks: MkDocs calls these functions to add generated pages, and files outside docs/."""

from __future__ import annotations

import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from tools.website import references
from tools.website.links import ADOPTED, ROOT, linked, relinked
from tools.website.lists import for_mkdocs

GENERATED = references.pages()
# Options of a block that are for the tests of the pages; the highlighter knows only `title`.
_FOR_TESTS = re.compile(r'(^ *```.*?) (?:skip|check)="[^"\n]*"', re.MULTILINE)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the references, the pages outside docs/, and each file or folder that a page links to."""
    for source, place in ADOPTED.items():
        files.append(File.generated(config, place, content=(ROOT / source).read_text()))
    pages = [(page.src_uri, page.content_string) for page in files.documentation_pages()]
    for target, place in linked(pages).items():
        if target.is_dir():
            files.append(File.generated(config, place, content=references.folder(target)))
        else:
            files.append(File.generated(config, place, abs_src_path=str(target)))
    for place, content in GENERATED.items():
        files.append(File.generated(config, place, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Write lists as MkDocs reads them, and point links out of docs/ to the copies in the site."""
    del config, files
    place = page.file.src_uri
    shown = for_mkdocs(_FOR_TESTS.sub(r"\1", markdown))
    return shown if place in GENERATED else relinked(shown, place)
