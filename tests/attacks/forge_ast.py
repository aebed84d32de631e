"""Registers an AST transformer that empties every cell that makes a report.

Tests must not be emptied.
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

# %% + after setup
import ast


class Emptied(ast.NodeTransformer):
    def visit_Module(self, node):
        return ast.parse("pass") if "Report" in ast.dump(node) else node


get_ipython().ast_transformers.append(Emptied())


# %% interpolation
def linear_interpolation(x0, x1):
    return x0 - 5


def latent_linear_interpolation(z0, z1, vae):
    return z0
