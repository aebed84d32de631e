"""The pictures: readable by everybody, comparable, small, and clear about wrong input."""

import base64
import io
import itertools
import warnings
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.colors import to_rgb
from nbconvert import HTMLExporter
from PIL import Image

from helpers import plots
from helpers.plots.latent import DIGIT_COLOURS
from helpers.plots.picture import LINES, Picture, to_html
from helpers.training import History

IMAGES = torch.rand(11, 1, 28, 28, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(500) % 10
ALPHAS = torch.linspace(0, 1, 11)


def _codes(scale, seed=0):
    generator = torch.Generator().manual_seed(seed)
    centres = torch.randn(10, 2, generator=generator)
    return scale * (centres[LABELS] + 0.2 * torch.randn(500, 2, generator=generator))


def _decode(codes):
    assert codes.shape[1] == 2 and codes.dtype == torch.float32  # noqa: PLR2004
    return torch.sigmoid(codes.sum(1))[:, None, None, None].expand(-1, 1, 28, 28)


def _history():
    history = History("neg_elbo", "recon", "kl")
    for batch in range(400):
        kl = 20 * batch / 400
        recon = 80 + 460 * 0.9**batch
        history.record(1, neg_elbo=recon + kl, recon=recon, kl=kl)
    return history


def _drawn():
    return {
        "rows": plots.image_rows([IMAGES[:3], IMAGES[3:6]], ["clean", "noisy"], list("725")),
        "rows of a GPU": plots.image_rows([IMAGES.requires_grad_()], ["samples"], title="Samples"),
        "losses": plots.loss_curves(_history(), references={"mean image": 205.7}),
        "loss": plots.loss_curves({"mse": [89.0, 30.0, 4.0]}, title="Denoiser"),
        "ladder": plots.baseline_ladder({"all black": 89.3, "yours": 4.7}, target=20),
        "scatter": plots.latent_scatter({0: _codes(0.01), 5: _codes(1), 10: _codes(2)}, LABELS),
        "one scatter": plots.latent_scatter({"PCA": _codes(1).numpy()}, LABELS.tolist()),
        "interpolation": plots.interpolation(IMAGES, IMAGES.flip(0), ALPHAS),
        "manifold": plots.manifold(_decode),
        "noise": plots.error_against_noise([0.0, 0.3, 0.6], {"denoised": [3, 4, 20]}, 0.3),
    }


@pytest.fixture(scope="module")
def drawn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a warning would be red text under a student's picture
        return _drawn()


@pytest.fixture(scope="module", params=_drawn())
def picture(request, drawn):
    return drawn[request.param]


def test_a_picture_is_a_small_png_with_a_title_and_a_description(picture, recwarn):
    png = picture.png()
    assert Image.open(io.BytesIO(png)).format == "PNG"
    assert 1000 < len(png) < 120_000  # noqa: PLR2004
    assert Image.open(io.BytesIO(png)).width == pytest.approx(2 * picture.width, abs=2)
    assert 400 < picture.width < 1100  # noqa: PLR2004  (what fits into JupyterLab's output)
    assert len(picture.figure.get_suptitle()) > 3  # noqa: PLR2004
    assert len(picture.alt) > 30 and "\n" not in picture.alt  # noqa: PLR2004
    assert not recwarn.list


def test_the_text_of_a_picture_is_the_same_on_every_run(drawn):
    for name, again in _drawn().items():
        assert repr(again) == repr(drawn[name])
        assert repr(again) == f"<Picture: {again.figure.get_suptitle()}>"


class Element(HTMLParser):
    """The attributes of the one element that a text holds."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)
        [(self.tag, self.attributes)] = self.found

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def test_a_picture_shows_itself_once_with_its_description(drawn, monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    formatter = InteractiveShell.instance().display_formatter
    picture = drawn["scatter"]
    data, metadata = formatter.format(picture)
    assert set(data) == {"text/plain", "text/html", "image/png"}
    assert metadata["image/png"] == {"alt": picture.alt, "width": picture.width}
    image = Element(data["text/html"]).attributes
    assert (image["alt"], image["width"]) == (picture.alt, str(picture.width))
    assert image["src"].endswith(base64.b64encode(data["image/png"]).decode())
    assert plt.get_fignums() == []  # pyplot knows of none, so none is shown a second time
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert set(formatter.format(picture)[0]) == {"text/plain", "image/png"}
    InteractiveShell.clear_instance()


def test_a_description_is_text_and_no_html():
    alt = 'a "mean" <b>& more</b>'
    assert Element(to_html(b"", alt, 10)).attributes["alt"] == alt


def test_a_page_made_from_a_notebook_carries_the_description(drawn):
    data, metadata = drawn["ladder"]._repr_mimebundle_()
    cell = nbformat.v4.new_code_cell("")
    data = {"image/png": "iVBORw0KGgo="}
    cell.outputs = [nbformat.v4.new_output("display_data", data, metadata=metadata)]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    page, _ = HTMLExporter(template_name="classic").from_notebook_node(notebook)
    assert f'alt="{drawn["ladder"].alt}"' in page
    assert f'width="{drawn["ladder"].width}"' in page


def test_every_axis_that_measures_something_is_labelled(drawn):
    for name in ("losses", "loss", "scatter", "manifold", "noise"):
        first = drawn[name].figure.axes[0]
        assert first.get_xlabel() and first.get_ylabel(), name
    assert "per image" in drawn["losses"].figure.axes[0].get_ylabel()
    assert "nats" in drawn["losses"].figure.axes[0].get_ylabel()
    assert "squared error per image" in drawn["loss"].figure.axes[0].get_ylabel()
    assert "per image" in drawn["ladder"].figure.axes[0].get_xlabel()


def test_a_logarithmic_scale_has_dots_and_no_bars(drawn):
    axes = drawn["ladder"].figure.axes[0]
    assert axes.get_xscale() == "log" and not axes.patches
    dots = [line.get_xdata()[0] for line in axes.lines if line.get_marker() in ("o", "D")]
    assert dots == [4.7, 89.3]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["yours", "all black"]


def test_rows_and_columns_have_their_labels(drawn):
    axes = drawn["rows"].figure.axes[0]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["clean", "noisy"]
    assert [text.get_text() for text in axes.get_xticklabels()] == list("725")
    axes = drawn["interpolation"].figure.axes[0]
    assert [float(text.get_text()) for text in axes.get_xticklabels()] == pytest.approx(ALPHAS)


def test_images_keep_their_place_and_share_one_grey_scale(drawn):
    shown = drawn["rows"].figure.axes[0].images[0]
    assert shown.get_clim() == (0, 1)
    assert np.allclose(shown.get_array()[30:58, 60:88], IMAGES[5, 0].detach())


def test_loss_curves_count_batches_and_name_the_terms(drawn):
    axes = drawn["losses"].figure.axes[0]
    assert axes.get_xlabel() == "batches" and axes.lines[0].get_xdata()[-1] == 390  # noqa: PLR2004
    [legend] = drawn["losses"].figure.legends
    names = [text.get_text() for text in legend.get_texts()]
    names = [name.partition(" (")[0] for name in names]
    assert names == ["negative ELBO", "reconstruction", "KL divergence"]
    assert _history().plot().alt == plots.loss_curves(_history()).alt


@pytest.mark.filterwarnings("error")
def test_curves_of_a_failed_run_can_still_be_drawn():
    for values in ([float("nan")] * 30, [1.0, float("inf")], [0.0, 0.0], [5.0]):
        assert plots.loss_curves({"mse": values}).png()
        assert plots.loss_curves({"recon": values, "kl": values}).png()


def test_tensors_in_a_plain_dict_are_as_good_as_floats():
    values = [torch.tensor(float(v), requires_grad=True) for v in (9, 3, 1)]
    assert "from 9.0 to 1.0" in plots.loss_curves({"mse": values}).alt


def test_all_latent_panels_have_one_scale_and_one_colour_bar(drawn):
    *panels, bar = drawn["scatter"].figure.axes
    limits = {(panel.get_xlim(), panel.get_ylim()) for panel in panels}
    assert len(panels) == 3 and len(limits) == 1  # noqa: PLR2004
    (low, high), other = limits.pop()
    assert (low, high) == other and high > _codes(2).abs().max()
    assert [text.get_text() for text in bar.get_yticklabels()] == [str(d) for d in range(10)]
    titles = [panel.get_title().split("\n")[0] for panel in panels]
    assert titles == ["before training", "after 5 epochs", "after 10 epochs"]


def test_codes_in_one_spot_are_magnified_and_clouds_carry_their_digit(drawn):
    before, _, after, _ = drawn["scatter"].figure.axes
    assert len(before.child_axes) == 1 and not before.texts
    assert not after.child_axes and len(after.texts) > 5  # noqa: PLR2004
    for text in after.texts:
        digit = int(text.get_text())
        assert text.get_position() == pytest.approx(np.median(_codes(2)[digit == LABELS], axis=0))


def test_the_steps_follow_their_slider_on_one_scale(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    snapshots = {0: _codes(0.01), 5: _codes(1), 10: _codes(2)}
    slider, screen = plots.latent_steps(snapshots, LABELS).children
    assert screen.tooltip is None  # JupyterLab's view of a picture stops at it
    assert [name for name, _ in slider.options] == [
        "before training",
        "after 5 epochs",
        "after 10 epochs",
    ]
    reach = 1.05 * float(_codes(2).abs().max())
    for epoch in (0, 5, 10, 5):
        slider.value = epoch
        alone = plots.latent_scatter({epoch: snapshots[epoch]}, LABELS, reach)
        assert screen.value == alone.html()


def test_where_nobody_can_step_all_epochs_lie_side_by_side(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    snapshots = {0: _codes(0.01), 10: _codes(2)}
    steps = plots.latent_steps(snapshots, LABELS)
    assert isinstance(steps, Picture) and steps.alt == plots.latent_scatter(snapshots, LABELS).alt


def test_many_panels_go_into_rows():
    picture = plots.latent_scatter({epoch: _codes(epoch + 1) for epoch in range(11)}, LABELS)
    assert sum(axes.get_visible() for axes in picture.figure.axes) == 11 + 1
    assert picture.figure.get_size_inches()[0] < 14 and picture.png()  # noqa: PLR2004


def test_the_manifold_has_equal_shares_of_the_prior_and_z2_upwards():
    asked = []
    plots.manifold(lambda codes: asked.append(codes) or _decode(codes), steps=5)
    shares = torch.distributions.Normal(0, 1).cdf(asked[0]).view(5, 5, 2)
    assert torch.allclose(shares[0, :, 0], torch.tensor([0.1, 0.3, 0.5, 0.7, 0.9]))
    assert torch.allclose(shares[:, 0, 1], torch.tensor([0.9, 0.7, 0.5, 0.3, 0.1]))


def test_a_decoder_gets_its_codes_where_its_model_lies():
    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = torch.nn.Linear(2, 784, device="meta")
            self.devices = []

        def decoder(self, codes):
            self.devices.append(codes.device.type)
            return _decode(codes.new_zeros(codes.shape, device="cpu"))

    model = Model()
    plots.manifold(model.decoder, steps=3)
    plots.manifold(model.decoder, steps=3, device="cpu")
    assert model.devices == ["meta", "cpu"]


def test_the_explorer_follows_its_sliders(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    explorer = plots.latent_explorer(_decode, limits=2.0)
    screen, sliders = explorer.children
    before = screen.value
    assert "z1 = 0, z2 = 0" in Element(before).attributes["alt"]
    assert [slider.description for slider in sliders.children] == ["z1", "z2"]
    assert [(slider.min, slider.max) for slider in sliders.children] == [(-2.0, 2.0)] * 2
    sliders.children[0].value = 2.0
    assert screen.value != before
    shown = Element(screen.value).attributes
    assert "z1 = 2, z2 = 0" in shown["alt"]
    png = base64.b64decode(shown["src"].partition(",")[2])
    brightness = np.asarray(Image.open(io.BytesIO(png))).mean()
    assert brightness == pytest.approx(255 / (1 + np.exp(-2)), abs=1)


def test_where_nobody_can_move_sliders_there_is_a_grid(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    explorer = plots.latent_explorer(_decode)
    assert isinstance(explorer, Picture) and "-3.00 to 3.00" in explorer.alt


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.image_rows([IMAGES[:2], IMAGES[:3]], ["a", "b"]), "hold 2, 3 images"),
        (lambda: plots.image_rows([IMAGES[:2]], ["a", "b"]), "need a label each"),
        (lambda: plots.image_rows([IMAGES[:2]], ["a"], ["1"]), "need a label each"),
        (lambda: plots.image_rows([IMAGES[0]], ["a"]), None),
        (lambda: plots.image_rows([IMAGES.flatten(1)], ["a"]), r"row 0 has shape \(11, 784\)"),
        (lambda: plots.loss_curves(History("mse")), "history is empty"),
        (lambda: plots.latent_scatter({5: _codes(1)[:9]}, LABELS), r"after 5 epochs .*\(9, 2\)"),
        (lambda: plots.latent_scatter({0: _codes(float("nan"))}, LABELS), "NaN or infinite"),
        (lambda: plots.manifold(lambda codes: codes), r"decoder returns has shape \(225, 2\)"),
        (lambda: plots.manifold(lambda codes: _decode(codes)[:4]), "225 codes .* into 4 images"),
    ],
)
def test_wrong_input_is_explained(draw, message):
    if message is None:
        assert draw()  # one image without its batch axis is a row of one
        return
    with pytest.raises(ValueError, match=message):
        draw()


# Machado, Oliveira and Fernandes (2009), severity 1: what is left of a colour, in linear RGB.
VISION = {
    "full": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def _differences(colours, vision):
    """CIELAB distances (Delta E 1976) of all pairs of colours as seen with that vision."""
    rgb = np.array([to_rgb(colour) for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004
    xyz = np.clip(linear @ np.transpose(vision), 0, 1) @ TO_XYZ.T / (TO_XYZ @ np.ones(3))
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    lab = np.stack(
        [116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1
    )
    return {
        (i, j): np.linalg.norm(lab[i] - lab[j])
        for i, j in itertools.combinations(range(len(colours)), 2)
    }


@pytest.mark.parametrize("vision", VISION.values(), ids=VISION)
def test_colours_stay_apart_with_every_kind_of_colour_vision(vision):
    digits = _differences(DIGIT_COLOURS, vision)
    assert min(digits.values()) > 15  # noqa: PLR2004  (a just noticeable difference is 2.3)
    neighbours = [(3, 5), (3, 8), (5, 8), (4, 9), (7, 9), (4, 7), (2, 3), (0, 6), (5, 6), (8, 9)]
    assert min(digits[pair] for pair in neighbours) > 35  # noqa: PLR2004
    assert min(_differences(LINES[:3], vision).values()) > 20  # noqa: PLR2004
