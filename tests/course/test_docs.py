"""The pages are complete: links lead somewhere, formulas show, nothing comes from elsewhere."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from handin import NOTEBOOKS, ROOT
from pictures import readme
from traitlets.config import Configurable

from grading.coordinator import preprocessors  # noqa: F401  (their options)
from grading.feedback.page import FeedbackPage  # noqa: F401
from grading.plugins import archives, exchange, export, late, release  # noqa: F401
from grading.sandbox import manager  # noqa: F401

TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.M)
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The built site; building is strict, a link within the pages that leads nowhere fails it."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", folder]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder


class Page(HTMLParser):
    """What a page shows (without its code), what it links to, what it loads, its anchors."""

    def __init__(self, path):
        super().__init__()
        self.shown, self.links, self.loaded, self.anchors = "", [], [], {""}
        self._code = 0
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self._code += tag in ("code", "pre", "script")
        self.anchors.add(attrs.get("id"))
        if tag == "a" and attrs.get("href"):
            self.links.append(attrs["href"])
        if attrs.get(LOADED.get(tag)):
            self.loaded.append(attrs[LOADED[tag]])

    def handle_endtag(self, tag):
        self._code -= tag in ("code", "pre", "script")

    def handle_data(self, data):
        if not self._code:
            self.shown += data


@pytest.fixture(scope="module")
def pages(site):
    return {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}


def test_every_link_of_the_site_leads_somewhere(pages, site):
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), (path.name, link)
            if target in pages:
                assert unquote(parts.fragment) in pages[target].anchors, (path.name, link)


def test_the_site_loads_nothing_from_elsewhere(pages, site):
    for path, page in pages.items():
        for address in page.loaded:
            assert not urlsplit(address).netloc, (path.name, address)
            assert (path.parent / unquote(urlsplit(address).path)).is_file(), (path.name, address)
    for style in site.rglob("*.css"):
        assert not re.search(r"@import|url\([\"']?(https?:)?//", style.read_text()), style.name


def test_solutions_are_shown_with_their_formulas_and_pictures(pages, site):
    for name in NOTEBOOKS.values():
        path = site / "solutions" / f"{name}.html"
        text = path.read_text()
        assert "<math" in text and "<img alt=" in text and "BEGIN SOLUTION" in text
        assert not re.search(r"\$|\\[a-z]{2}", pages[path].shown), name


@pytest.mark.parametrize("file", ["README.md", "CONTRIBUTING.md"])
def test_links_of_the_files_outside_the_site(file):
    text = re.sub(r"```.*?```", "", (ROOT / file).read_text(), flags=re.S)
    for link in LINK.findall(text):
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = ROOT / parts.path if parts.path else ROOT / file
        assert target.exists(), link
        if parts.fragment:
            titles = [
                re.sub(r"[^\w\- ]", "", t.lower()) for t in HEADING.findall(target.read_text())
            ]
            assert parts.fragment in [title.replace(" ", "-") for title in titles], link


def configurable(kind=Configurable):
    """All classes known here that c.<class>.<option> in nbgrader_config.py can mean."""
    return {kind}.union(*(configurable(narrower) for narrower in kind.__subclasses__()))


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.name)
def test_files_and_options_that_are_named_exist(file):
    text = file.read_text()
    for path in re.findall(r"`((?:docs|grading|helpers|tests)/[\w/.-]*\.\w+)`", text):
        assert (ROOT / path).exists() or "4-binary" in path, path
    for owner, option in re.findall(r"\bc\.([A-Z]\w+)\.(\w+)", text):
        named = [kind for kind in configurable() if kind.__name__ == owner]
        assert any(option in kind.class_traits(config=True) for kind in named), (owner, option)


def test_the_example_of_a_mistake_is_the_file_that_it_names():
    section = (ROOT / "CONTRIBUTING.md").read_text().split("## Add a mistake")[1].split("\n## ")[0]
    [path] = re.findall(r"such as `(.+?)`", section)
    shown = "".join(line[4:] + "\n" for line in re.findall(r"^(?: {4}.*)?$", section, re.M))
    assert (ROOT / path).read_text().strip() == shown.strip()


@pytest.mark.parametrize("name", readme.PICTURES)
def test_pictures_are_those_of_the_solutions(name):
    assert (ROOT / "docs" / name).read_bytes() == readme.drawn(*readme.PICTURES[name])
