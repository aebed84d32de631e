"""Scripts in HTML, SVG, Markdown and LaTeX outputs, in their metadata, and in text cells.

No script must be active on the feedback page.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
page = True
solved = ["interpolation"]

# %% + after setup
from IPython.display import HTML, SVG, Javascript, Latex, Markdown, display

CALL = "attack_was_here()"
display(
    HTML(
        f"<script>{CALL}</script><img src=x onerror='{CALL}'><iframe srcdoc='<script>{CALL}</script>'></iframe>"
    )
)
display(
    HTML(
        f"<a href='javascript:{CALL}'>x</a><svg onload='{CALL}'></svg><math><mtext><style><img src=x onerror={CALL}>"
    )
)
display(
    Javascript(CALL),
    Markdown(f"<script>{CALL}</script> [x](javascript:{CALL})"),
    Latex(f"</script><script>{CALL}</script>"),
)
display(
    SVG(f"<svg xmlns='http://www.w3.org/2000/svg' onload='{CALL}'><script>{CALL}</script></svg>")
)
display(
    {
        'text/html"><script>attack_was_here()</script>': "x",
        "image/png": f"'><script>{CALL}</script>",
    },
    raw=True,
)
display(
    {"image/png": "x"},
    raw=True,
    metadata={"image/png": {"width": f"1 onerror={CALL}", "alt": f"'\"><script>{CALL}</script>"}},
)
print(f"\x1b]8;;javascript:{CALL}\x1b\\x</pre><script>{CALL}</script>")

# %% ! hand in
for cell in nb.cells:
    if cell.cell_type == "markdown":
        cell.source += "\n<script>attack_was_here()</script><img src=x onerror=attack_was_here()>"
