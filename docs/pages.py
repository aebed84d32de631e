"""Pages of the site that are made of other files: CONTRIBUTING.md and the executed solutions."""

import base64
import html
import re
from pathlib import Path

import nbformat
from markdown.extensions.toc import slugify
from mkdocs.structure.files import File
from pygments.formatters import HtmlFormatter

from grading.feedback.mathml import CSS as MATH_CSS, to_mathml

ROOT = Path(__file__).resolve().parent.parent
SOLUTIONS = sorted(ROOT.glob("solutions/*/*.ipynb"))


def on_config(config):
    """Adds the solutions to the navigation, and lets no anchor begin with a digit.

    The theme's scripts look anchors up by CSS selectors, in which a digit can't come first.
    """
    config.mdx_configs.setdefault("toc", {})["slugify"] = lambda title, separator: re.sub(
        r"^(?=\d)", "part-", slugify(title, separator)
    )
    config.nav.append({"Solutions": [f"solutions/{path.stem}.md" for path in SOLUTIONS]})
    return config


def on_files(files, config):
    """Adds the pages that docs/ doesn't hold, their pictures, and the colours of code."""

    def add(name, content):
        files.append(File.generated(config, name, content=content))

    add("contributing.md", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    for path in SOLUTIONS:
        page, pictures = rendered(nbformat.read(path, as_version=4), path.stem)
        add(f"solutions/{path.stem}.md", page)
        for name, picture in pictures.items():
            add(f"solutions/{name}", picture)
    colours = {"light": "default", "dark": "github-dark"}
    styles = [
        HtmlFormatter(style=style).get_style_defs(f"[data-bs-theme={mode}] .codehilite")
        for mode, style in colours.items()
    ]
    add("pygments.css", "\n".join([*styles, MATH_CSS]))
    return files


def rendered(notebook, name: str) -> tuple[str, dict[str, bytes]]:
    """A notebook with its outputs as (Markdown with MathML, {file name: PNG})."""
    parts, pictures = [], {}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = to_mathml(cell.source).replace("<details>", '<details markdown="1">')
            for number, (attached, data) in enumerate(cell.get("attachments", {}).items()):
                file = f"{name}-{cell.id}-{number}.png"
                pictures[file] = base64.b64decode(data["image/png"])
                text = text.replace(f"attachment:{attached}", file)
            parts.append(text)
            continue
        parts.append(block(cell.source, "python"))
        for output in cell.outputs:
            data = output.get("data", {})
            if "image/png" in data:
                file = f"{name}-{cell.id}.png"
                pictures[file] = base64.b64decode(data["image/png"])
                said = output.metadata["image/png"]
                alt, width = html.escape(said["alt"]), said.get("width", "")
                parts.append(f'<img alt="{alt}" src="{file}" width="{width}">')
            else:
                parts.append(block(output.get("text") or data["text/plain"], "text"))
    return "\n\n".join(parts), pictures


def block(text: str, language: str) -> str:
    """A block of code or output, in a fence that no text of ours holds."""
    fence = "~" * 12
    return "\n".join([fence + language, text.rstrip("\n"), fence])
