"""The name of the handed-in file is a script, and so are the names of files beside it.

Names must be text only.
"""

assignment = "3-latent"
expected = {"test-latent-snapshots": 0, "test-latent-clusters": 0}
page = True
solved = ["interpolation"]

# %% ! hand in
import nbformat

nbformat.write(nb, folder / "<img src=x onerror=attack_was_here()>.ipynb")
(folder / "<script>attack_was_here()<").mkdir()
(folder / "page.html").write_text("<script>attack_was_here()</script>")
nb = None
