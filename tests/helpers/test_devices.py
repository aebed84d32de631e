"""The course is right on a GPU as well: it runs on a simulated one, whose crossings are listed."""

import pickle
import textwrap
from collections import Counter

import handin
import numpy as np
import pytest
import simulated
import torch
from gpu_answers import CPU_ALONE, RIGHT, code_cells, result, run
from torch import nn
from torch.nn import functional

import helpers.data
from grading import wire
from helpers import devices, plots
from helpers.checks import Failed, Report, denoising, devices as of_devices, latent, vae

ASSIGNMENTS = list(handin.NOTEBOOKS)
# What a few digits don't suffice for: how good a model is, and how long its record.
OF_TRAINING = {"test-dae-loss", "test-dae-denoises", "test-vae-elbo", "test-vae-history"}
OF_TRAINING |= {"test-latent-snapshots", "test-latent-clusters"}
NOT_SIMULATED = {
    "right_model": "the notebook's own answers: above",
    "right_dae_lazy_layers": "a layer gets its size in place, which simulated tensors can't do",
    "right_vae_lazy_layers": "as above",
    "right_vae_double_inside": "draws row by row, 20,000 rows a call: half a minute here",
}


# ---- the notebooks ------------------------------------------------------------------------------


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_a_solution_notebook_crosses_nowhere_and_trains_without_waiting(assignment, gpu):
    space, told, waits = {"__name__": "__main__"}, {}, {}
    for name, source in code_cells(assignment, simulated.device_line):
        before = len(gpu.waits)
        told[name] = run(name, source, space)
        waits[name] = gpu.waits[before:]
    assert gpu.crossings == []
    assert {name: text for name, text in told.items() if text and name not in OF_TRAINING} == {}
    assert not any("stopped with" in text for text in told.values())
    [training] = (name for name in waits if name.endswith("-training"))
    steps = space["schedule"].total_steps if "schedule" in space else 8 * len(space["train_loader"])
    kept = len(space["history"]) * -(-steps // 10)  # numbers, of one batch in ten
    counted = Counter(place for place in waits[training] if place.operation != "_to_copy")
    recorded = {place: n for place, n in counted.items() if place.function == "History.record"}
    assert sum(recorded.values()) == kept
    epochs = steps // len(space["train_loader"])
    assert {n for place, n in counted.items() if place not in recorded} == {epochs}  # test losses
    # The model is copied once, and so are three snapshots.
    assert sum(place.operation == "_to_copy" for place in waits[training]) < steps


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_right_answers_are_right(assignment, gpu, monkeypatch):
    monkeypatch.setitem(simulated.FEW, "train", 64)  # one step an epoch
    cells = code_cells(assignment, simulated.device_line)
    for path in RIGHT[assignment]:
        if path.stem not in NOT_SIMULATED:
            gpu.crossings.clear()
            found = result(path, cells)
            told = " ".join(
                text
                for name, text in found.told.items()
                if name not in OF_TRAINING or "stopped with" in text
            )
            if expected := CPU_ALONE.get(path.stem):
                assert expected in told, (path.stem, told)
            else:
                assert (path.stem, told, gpu.crossings) == (path.stem, "", [])


# ---- answers that ask for the device, and answers that forget it --------------------------------


class OnItsOwnDevice:
    """Noise that is made where the notebook's `device` says."""

    def __init__(self, mean=0.0, std=0.3):
        self.mean, self.std = mean, std

    def __call__(self, tensor):
        noise = torch.randn(tensor.shape, dtype=tensor.dtype, device=devices.home())
        return (tensor + self.mean + self.std * noise).clamp(0, 1)


class Vae(nn.Module):
    """Draws where its parameters are."""

    def __init__(self, latent_features=16):
        super().__init__()
        self.layer = nn.Linear(latent_features, 2)

    def reparameterize(self, mu, log_var):
        eps = torch.randn(mu.shape, device=next(self.parameters()).device)
        return mu + torch.exp(log_var / 2) * eps


def loss(output, mu, log_var, images):
    ones = torch.ones(output.shape, device=devices.home())
    recon = -(images * output.log() + (ones - images) * (ones - output).log()).sum()
    one = torch.ones(mu.shape, device=devices.home())
    return recon, -0.5 * (one + log_var - mu**2 - log_var.exp()).sum()


def walk(x0, x1):
    alpha = torch.linspace(0, 1, 11, device=devices.home()).view(-1, *[1] * (x0.dim() - 1))
    return alpha * x1 + (1 - alpha) * x0


def walk_to_the_cpu(x0, x1):
    return [step.cpu() for step in walk(x0, x1).split(1)]


def test_answers_that_make_tensors_on_the_notebooks_device_are_right(gpu):
    with Report("all") as check:
        check("range", denoising.noise_range, OnItsOwnDevice)
        check("own", denoising.noise_own, OnItsOwnDevice)
        check("kept", denoising.noise_keeps, OnItsOwnDevice, (5, 3, 8, 8), dtype="float64")
        check("moments", vae.moments, Vae, -1.0, 0.1)
        check("gradients", vae.sample_gradients, Vae, torch.zeros(4, 3), torch.zeros(4, 3))
        check("recon", vae.recon, loss, 0.5, None, 0.693147)
        check("kl", vae.kl, loss, 2, 0, 2.0)
        check("values", latent.linear_values, walk, latent.CODES)
        check("brought home", latent.linear_values, walk_to_the_cpu, latent.CODES)
    assert gpu.crossings == []


# {what a student wrote: what they are told}
FORGOTTEN = {
    """
    def walk(x0, x1):
        alpha = torch.linspace(0, 1, 11).view(-1, 1)
        return alpha * x1 + (1 - alpha) * x0
    """: "`alpha` is on the CPU, `x0` and `x1` are on the GPU: make it with `device=x0.device` "
    "(line 3 of `walk`: `return alpha * x1 + (1 - alpha) * x0`)",
    """
    def walk(x0, x1):
        return torch.cat([torch.lerp(x0, x1, torch.full((1, 1), k / 10)) for k in range(11)])
    """: "a tensor on the CPU meets `x0` and `x1`, which are on the GPU",
    """
    def walk(x0, x1):
        return walk.steps * x1 + (1 - walk.steps) * x0
    walk.steps = torch.linspace(0, 1, 11).view(-1, 1)
    """: "a tensor on the CPU meets `x0` and `x1`, which are on the GPU: make it with "
    "`device=x0.device`",
    """
    def walk(x0, x1):
        layer = nn.Linear(2, 2)
        return layer(x0)
    """: "the weights of a layer (Linear) are on the CPU, its input is on the GPU: make layers "
    "in `__init__`, keep them as attributes, and move the model with `.to(device)`",
    """
    def walk(x0, x1):
        return torch.from_numpy(np.linspace(x0.numpy(), x1.numpy(), 11))
    """: "NumPy can't read the GPU: write `.detach().cpu().numpy()`",
    """
    def walk(x0, x1):
        return x0 + torch.rand(11, 2, generator=torch.Generator(), device=x0.device)
    """: "make it with `torch.Generator(device)`",
    """
    class Walk:
        def __init__(self):
            self.alpha = torch.linspace(0, 1, 11)[:, None]
        def __call__(self, x0, x1):
            return torch.lerp(x0, x1, self.alpha)
    walk = Walk()
    """: "`self.alpha` is on the CPU, `x0` and `x1` are on the GPU",
    """
    def walk(x0, x1):
        return torch.arange(2)[(0 * x0).long()]
    """: "a tensor on the CPU meets `x0`, which is on the GPU",
}


@pytest.mark.parametrize("source", FORGOTTEN)
def test_a_tensor_left_on_the_cpu_is_told_in_a_sentence(source, gpu):
    space = {"torch": torch, "nn": nn, "np": np, "Report": Report, "latent": latent}
    assert run("answer", textwrap.dedent(source).strip(), space) == ""
    test = """
    with Report("test") as check:
        check("codes", latent.linear_values, walk, latent.CODES)
        check("images", latent.linear_values, walk, latent.CODES)
    """
    told = run("test", textwrap.dedent(test), space)
    assert FORGOTTEN[source] in told
    assert "(and 1 more check for the same reason)" in told
    assert "same device" not in told


def test_a_model_that_was_not_moved_is_told(gpu):
    model = nn.Sequential(nn.Conv2d(1, 1, 3, padding=1))
    images = torch.rand(4, 1, 28, 28, device=gpu.device)
    told = "weights of a layer .Conv2d. are on the CPU"
    with pytest.raises(Failed, match=told), Report("test") as check:
        check("it denoises", denoising.better_share, model, images)


def test_noise_on_another_device_is_told(gpu):
    class Noise(OnItsOwnDevice):
        def __call__(self, tensor):
            return super().__call__(tensor).cpu()

    denoising.noise_range(Noise)
    with pytest.raises(Failed, match="a tensor on simulated:0 came back on cpu: give it back with"):
        denoising.noise_keeps(Noise, (2, 2))


@pytest.mark.parametrize(
    "told",
    [  # as torch 2.14 says it on CUDA
        "Expected all tensors to be on the same device, but found at least two devices, cuda:0 and "
        "cpu!",
        "Expected all tensors to be on the same device, but got mat1 is on cuda:0, different from "
        "other tensors on cpu (when checking argument in method wrapper_CUDA_addmm)",
        "indices should be either on cpu or on the same device as the indexed tensor (cpu)",
        "Input type (torch.cuda.FloatTensor) and weight type (torch.FloatTensor) should be the "
        "same",
        "Input type (torch.FloatTensor) and weight type (torch.cuda.FloatTensor) should be the "
        "same or input should be a MKLDNN tensor and weight is a dense tensor",
        "masked_fill_: Expected inputs to be on same device",
    ],
)
def test_what_cuda_says_of_two_devices_is_never_shown(told):
    def fail():
        raise RuntimeError(told)

    meets = "a tensor on the CPU meets one on"
    with pytest.raises(Failed, match=meets) as failed, Report("test") as check:
        check("anything", fail)
    assert told not in str(failed.value)


def test_types_that_differ_are_another_mistake():
    assert not of_devices.refused(
        RuntimeError("Input type (double) and bias type (float) should be the same")
    )


# ---- what leaves the GPU ------------------------------------------------------------------------


def test_pictures_and_records_take_tensors_on_the_gpu(gpu):
    codes, labels = torch.randn(20, 2, device=gpu.device), torch.arange(20, device=gpu.device) % 10
    plots.latent_scatter({0: codes, 10: 2 * codes}, labels)
    plots.latent_steps({0: codes, 5: codes, 10: 2 * codes}, labels)
    plots.loss_curves({"mse": [codes.sum().abs(), 3.0]}, title="Loss")
    plots.image_rows([torch.rand(2, 1, 28, 28, device=gpu.device, requires_grad=True)], [""])


def test_snapshots_are_read_wherever_they_lie(gpu):
    train, test = helpers.data.loaders(*simulated.few_digits(device=gpu.device))
    digits = simulated.FEW["test"]
    kinds = {
        0: torch.randn(digits, 2, device=gpu.device),
        5: torch.randn(digits, 2),
        10: np.zeros((digits, 2)),
    }
    codes = latent.snapshots_complete(kinds, test, train)
    assert all(z.device.type == "cpu" and z.shape == (digits, 2) for z in codes.values())


def test_a_check_leaves_the_random_stream_where_it_was(gpu):
    torch.manual_seed(3)
    expected = torch.rand(2, device=gpu.device).tolist()
    torch.manual_seed(3)
    with Report("test") as check, check("anything"):
        torch.rand(5, device=gpu.device)
    assert torch.rand(2, device=gpu.device).tolist() == expected


def test_the_border_takes_tensors_of_a_gpu_that_the_judge_has_not():
    raw = wire.encode({}, [torch.arange(3.0, requires_grad=True)])
    raw = raw.replace(b'"device": "cpu"', b'"device":"cuda"')
    _, [arrived], _ = wire.decode(raw)
    assert arrived.device.type == "cpu" and arrived.tolist() == [0, 1, 2] and arrived.requires_grad


# ---- the simulated GPU itself is like CUDA ------------------------------------------------------


def test_the_simulated_gpu_refuses_what_cuda_refuses(gpu):
    there, here = torch.ones(3, device=gpu.device), torch.ones(3)
    for meet in (
        lambda: there + here,
        lambda: torch.cat([there, here]),
        lambda: nn.Linear(3, 1)(there),
        lambda: here[there.long()],
        lambda: functional.mse_loss(there, here),
        lambda: torch.equal(there, here),
        lambda: here.add_(there),
    ):
        with pytest.raises(RuntimeError, match="same device"):
            meet()
    assert [place.function.startswith("test_the_sim") for place in gpu.crossings] == [True] * 7
    for numbers in (there.numpy, lambda: np.asarray(there)):
        with pytest.raises(TypeError, match="can't convert simulated:0 device type"):
            numbers()


def test_the_simulated_gpu_lets_pass_what_cuda_lets_pass(gpu):
    there, number = torch.ones(3, device=gpu.device, requires_grad=True), torch.tensor(2.0)
    assert (there * number).device == (there[torch.tensor([0, 1])]).device == gpu.device
    (there * 2).sum().backward()
    assert there.grad.device == gpu.device and there.grad.tolist() == [2, 2, 2]
    again = pickle.loads(pickle.dumps(there.detach()))
    assert again.device == gpu.device and again.tolist() == [1, 1, 1]
    layer = nn.Linear(3, 2).cuda()
    assert layer(here := torch.zeros(1, 3).cuda()).device == here.device == gpu.device
    assert torch.ones_like(there).device == torch.tensor([1.0], device=gpu.device).device


def test_the_simulated_gpu_counts_what_waits(gpu):
    there = torch.ones(3, device=gpu.device)
    for wait in (
        lambda: there.sum().item(),
        there.cpu,
        lambda: bool((there > 0).all()),
        there.tolist,
        lambda: there[there > 0],
        lambda: torch.ones(3).to(gpu.device),
        lambda: f"{there.sum():.1f}",
    ):
        before = len(gpu.waits)
        wait()
        assert len(gpu.waits) == before + 1
    before = len(gpu.waits)
    torch.ones(3).to(gpu.device, non_blocking=True)
    (there + there).sum().sqrt()
    assert len(gpu.waits) == before
