"""Leaves a cell that isn't Python."""

expected = {"test-dae-model": 0, "test-dae-loss": 0, "test-dae-denoises": 0}
solved = ["noise"]
says = "`DAE` is not defined"

# %% dae
class DAE(nn.Module:
    pass
