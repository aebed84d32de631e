"""Scripts in error messages, in names of classes and functions, that are quoted as comments.

They must be text only.
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
page = True


# %% interpolation
def linear_interpolation(x0, x1):
    raise ValueError(
        "</pre></div><script>attack_was_here()</script><img src=x onerror=attack_was_here()>"
    )


def latent_linear_interpolation(z0, z1, vae):
    raise type("<script>attack_was_here()</script>", (Exception,), {})(
        "`<script>attack_was_here()</script>`"
    )
