"""Hands in ipykernel_launcher.py, sitecustomize.py and usercustomize.py that skip the tests.

Nothing must run them.
"""

assignment = "3-latent"
expected = {
    "test-latent-snapshots": 0,
    "test-latent-clusters": 0,
    "test-linear-shape": 0,
    "test-linear-values": 0,
    "test-latent-shape": 0,
    "test-latent-values": 0,
}


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0


# %% ! hand in
text = """
from IPython.core.interactiveshell import InteractiveShell
real = InteractiveShell.run_cell_async
async def run_cell_async(self, raw_cell, *args, **kwargs):
    return await real(self, "pass" if "with Report(" in raw_cell else raw_cell, *args, **kwargs)
InteractiveShell.run_cell_async = run_cell_async
"""
for name in ("sitecustomize", "usercustomize"):
    (folder / f"{name}.py").write_text(text)
start = "\nfrom ipykernel.kernelapp import launch_new_instance\nlaunch_new_instance()\n"
(folder / "ipykernel_launcher.py").write_text(text + start)
