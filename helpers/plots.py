"""The pictures of the course. Each function returns a `Picture`; the last line of a cell shows it.

Colours stay apart for colour-blind readers, what is compared has one scale, and each picture
carries a description in words (`.alt`) for readers who can't see it.
"""

import numpy as np
import torch
from matplotlib.colors import BoundaryNorm, ListedColormap
from matplotlib.patheffects import withStroke
from PIL import Image

from helpers.picture import (
    Picture,
    centres,
    log_scale,
    mosaic,
    new_figure,
    styled,
    to_array,
    to_images,
    to_png,
)
from helpers.training import watched

# Okabe and Ito's colours, for lines and bars.
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#6E6E6E"
LINES = (BLUE, VERMILION, "#009E73", "#CC79A7", "black")
# Petroff's ten colours (arXiv:2107.02270), dealt out so that digits which lie side by side in
# latent space (3-5-8, 4-7-9, 2-3, 0-6 ...) are far from each other with any kind of colour vision.
_PETROFF = "717581 b9ac70 92dadd ffa90e a96b59 94a4a2 bd1f01 3f90da 832db6 e76300"
DIGIT_COLOURS = [f"#{colour}" for colour in _PETROFF.split(" ")]
TERMS = {
    "neg_elbo": "negative ELBO",
    "recon": "reconstruction",
    "kl": "KL divergence",
    "mse": "summed squared error",
}


@styled
def image_rows(rows, labels, columns=None, title=None):
    """A grid of images, all on the same grey scale: 0 is black, 1 is white.

    rows: a sequence of tensors (k, 1, 28, 28), values in [0, 1]; labels: one text a row; columns:
    one label a column, or None. Raises ValueError where shapes and numbers of labels don't match.
    """
    title = title or "Digits"
    rows = [to_images(row, f"row {number}") for number, row in enumerate(rows)]
    width = len(rows[0])
    if any(len(row) != width for row in rows):
        raise ValueError(f"the rows hold {', '.join(str(len(row)) for row in rows)} images")
    if len(labels) != len(rows) or (columns is not None and len(columns) != width):
        raise ValueError(f"{len(rows)} rows of {width} images need a label each")
    size = min(1.0, 7.4 / width)
    figure = new_figure(max(4.5, 1.5 + size * width), 0.9 + size * len(rows), title)
    axes = figure.subplots()
    mosaic(axes, rows)
    axes.set_yticks(centres(len(rows)), labels)
    axes.set_xticks(centres(width), [""] * width if columns is None else columns)
    axes.xaxis.tick_top()
    names = "; ".join(label.replace("\n", " ") for label in labels)
    alt = f"{title}. {len(rows)} rows of {width} images, from top to bottom: {names}."
    if columns is not None:
        alt += f" Columns: {', '.join(str(column) for column in columns)}."
    return Picture(figure, alt)


@styled
def loss_curves(history, every=10, title=None, references=None):
    """Loss terms per image against batches: one line a term, on a logarithmic scale.

    history: {name: list of floats}, one value every `every` batches. Thin: as recorded; thick: the
    mean of the values around. references: {text: value}, drawn as dashed lines to compare with.
    """
    curves = {name: np.asarray(values, float) for name, values in history.items() if len(values)}
    if not curves:
        raise ValueError("the history is empty: record the loss terms in the training loop first")
    title = title or "The loss during training"
    unit = {"kl": "nats per image", "mse": "summed squared error per image"}
    unit = next((unit[name] for name in unit if name in curves), "loss per image")
    figure = new_figure(6.4, 3.8, title)
    axes = figure.subplots()
    log_scale(axes, "y")
    said = []
    for (name, values), colour in zip(curves.items(), LINES * len(curves), strict=False):
        label, batches, smooth = TERMS.get(name, name), every * np.arange(len(values)), mean(values)
        axes.plot(batches, values, color=colour, alpha=0.3, linewidth=0.8)
        axes.plot(batches, smooth, color=colour, linewidth=2, label=f"{label}: {smooth[-1]:.1f}")
        said.append(f"{label} from {values[0]:.1f} to {smooth[-1]:.1f}")
    for text, value in (references or {}).items():
        axes.axhline(value, color=GREY, linestyle="--", linewidth=1)
        place = {"xycoords": axes.get_yaxis_transform(), "ha": "right", "va": "bottom"}
        axes.annotate(f"{text}: {value:g}", (1, value), color=GREY, fontsize="small", **place)
    everything = np.concatenate([*curves.values(), list((references or {}).values())])
    everything = everything[np.isfinite(everything)]
    if everything.size:  # a KL divergence starts near 0, which a logarithmic scale can't show
        top = max(everything.max(), 1e-9)
        axes.set_ylim(max(everything.min(), top / 500) / 1.3, top * 1.3)
    axes.set(xlabel="batches", ylabel=f"{unit} (log scale)")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=3)
    axes.grid(axis="y", which="both")
    return Picture(figure, f"{title}, {unit} against batches: {'; '.join(said)}.")


def mean(values, window=None):
    """The running mean over `window` values (an odd number), fewer at the ends."""
    window = window or 2 * (len(values) // 50) + 1
    ones = np.ones(min(window, len(values)))
    return np.convolve(values, ones, "same") / np.convolve(np.ones(len(values)), ones, "same")


@styled
def baseline_ladder(values, target=None):
    """Summed squared error per image of several methods: {name: error > 0}, worst on top.

    target: an error to get below, drawn as a line, or None.
    """
    ladder = sorted(values.items(), key=lambda pair: float(pair[1]))
    names, errors = [name for name, _ in ladder], [float(error) for _, error in ladder]
    title = "How good is good?"
    figure = new_figure(6.8, 1.2 + 0.36 * len(names), title)
    axes = figure.subplots()
    log_scale(axes, "x")
    bars = axes.barh(names, errors, color=BLUE, height=0.7)
    axes.bar_label(bars, [f"{error:.1f}" for error in errors], padding=4)
    axes.set_xlim(min(errors) / 2, max(errors) * 1.4)
    axes.set_xlabel("summed squared error per image (log scale, less is better)")
    axes.tick_params(axis="y", length=0)
    said = "; ".join(f"{name} {error:.1f}" for name, error in reversed(ladder))
    alt = f"{title} Bars, summed squared error per image: {said}."
    if target is not None:
        axes.axvline(target, color=VERMILION, linestyle="--", label=f"target: below {target:g}")
        figure.legend(loc="outside right upper")
        alt += f" Target: below {target:g}."
    return Picture(figure, alt)


@styled
def latent_scatter(snapshots, labels):
    """The latent codes of the same digits at several epochs, one panel each, all on one scale.

    snapshots: {epoch: codes of shape (N, 2)}; labels: (N,), integers 0..9. A number in a cloud
    marks the middle of that digit's codes, where there is room for it. Raises ValueError for other
    shapes and for codes that are NaN or infinite.
    """
    labels = to_array(labels)
    codes = {epoch: to_array(z) for epoch, z in snapshots.items()}
    for epoch, z in codes.items():
        if z.shape != (len(labels), 2):
            raise ValueError(
                f"the codes of epoch {epoch} have shape {z.shape}; {len(labels)} labels need "
                f"codes of shape ({len(labels)}, 2)"
            )
        if not np.isfinite(z).all():
            raise ValueError(f"codes of epoch {epoch} are NaN or infinite: training has failed")
    reach = 1.05 * max(2.6, *(np.abs(z).max() for z in codes.values()))
    title = "Where the encoder puts the test digits"
    figure = new_figure(0.9 + 2.9 * len(codes), 3.9, title)
    panels = figure.subplots(1, len(codes), sharex=True, sharey=True, squeeze=False)[0]
    palette = {"cmap": ListedColormap(DIGIT_COLOURS), "norm": BoundaryNorm(np.arange(11) - 0.5, 10)}
    circle = np.linspace(0, 2 * np.pi, 100)
    radius = np.sqrt(-2 * np.log(0.05))  # of the disc that holds 95% of N(0, I) in the plane
    for axes, (epoch, z) in zip(panels, codes.items(), strict=True):
        size = min(9, 9000 / len(z))
        points = axes.scatter(*z.T, c=labels, s=size, linewidths=0, **palette)
        axes.plot(radius * np.cos(circle), radius * np.sin(circle), "k--", linewidth=0.8)
        _mark_digits(axes, z, labels, room=0.09 * reach)
        when = {0: "before training", 1: "after 1 epoch"}.get(epoch, f"after {epoch} epochs")
        spread = " and ".join(f"{value:.2f}" for value in z.std(axis=0))
        axes.set(title=f"{when}\nstandard deviations {spread}", xlabel="$z_1$", aspect="equal")
    panels[0].set(ylabel="$z_2$", xlim=(-reach, reach), ylim=(-reach, reach))
    figure.colorbar(points, ax=panels, ticks=range(10), label="digit", pad=0.01)
    note = "dashed circle: holds 95% of the prior N(0, I)"
    figure.supxlabel(note, fontsize="small", color=GREY)
    when = ", ".join(str(epoch) for epoch in codes)
    alt = f"{title}: scatter plots of their two latent codes after epochs {when}, on one scale."
    return Picture(figure, alt)


def _mark_digits(axes, z, labels, room):
    """Write each digit at the median of its codes, unless it would cover one that is there."""
    taken = []
    for digit in range(10):
        if not (labels == digit).any():
            continue
        middle = np.median(z[labels == digit], axis=0)
        if all(np.linalg.norm(middle - other) > room for other in taken):
            taken.append(middle)
            halo = [withStroke(linewidth=3, foreground="white")]
            style = {"ha": "center", "va": "center", "weight": "bold", "path_effects": halo}
            axes.text(*middle, str(digit), fontsize=12, **style)


def interpolation(pixel, latent, alphas):
    """From one digit to another in two ways: pixel, latent (k, 1, 28, 28) and alphas (k,)."""
    labels = ["blended pixels", "decoded\nlatent codes"]
    columns = [f"{float(alpha):.1f}" for alpha in alphas]
    title = "From one digit to another: pixels or latent codes"
    picture = image_rows([pixel, latent], labels, columns, title)
    axes = picture.figure.axes[0]
    axes.set_xlabel(r"$\alpha$, the share of the second digit")
    axes.xaxis.set_label_position("top")
    return picture


@styled
def manifold(decode, steps=15, device=None):
    """What the decoder draws all over the plane: (steps x steps) digits of equal prior weight.

    decode: codes (M, 2) on `device` -> images (M, 1, 28, 28). The codes are the inverse normal CDF
    of a regular grid of percentiles, so each image stands for the same share of the prior N(0, I)
    (Kingma and Welling, Auto-Encoding Variational Bayes, appendix A).
    """
    codes = torch.special.ndtri((torch.arange(steps) + 0.5) / steps)
    return _plane(decode, codes, "What the decoder draws, in equal shares of the prior", device)


@styled
def error_against_noise(levels, errors, trained_at):
    """Error against noise: levels (k,) standard deviations; errors (k,) or {name: errors (k,)}."""
    curves = errors if isinstance(errors, dict) else {"denoised": errors}
    title = "Noise levels that the network never saw"
    figure = new_figure(6.4, 3.6, title)
    axes = figure.subplots()
    levels, said = [float(level) for level in levels], []
    for name, colour, marker in zip(curves, LINES, "osD^v", strict=False):
        values = [float(value) for value in curves[name]]
        axes.plot(levels, values, color=colour, marker=marker, label=name)
        said.append(f"{name} from {values[0]:.1f} to {values[-1]:.1f}")
    axes.axvline(trained_at, color=GREY, linestyle="--", label=f"trained at {trained_at:g}")
    axes.set(xlabel="standard deviation of the noise", ylabel="summed squared error per image")
    axes.set_ylim(bottom=0)
    axes.grid()
    axes.legend()
    span = f"noise from {levels[0]:g} to {levels[-1]:g}, trained at {trained_at:g}"
    return Picture(figure, f"{title}: error per image against {span}: {'; '.join(said)}.")


@styled
def latent_explorer(decode, limits=3.0, device=None):
    """Sliders over the latent plane: what does the decoder draw at (z1, z2)?

    decode: codes (M, 2) -> images (M, 1, 28, 28); limits: how far the sliders go, both ways. Where
    nobody can move a slider (a graded run, an exported page), a regular grid of the plane instead.
    """
    codes = torch.linspace(-limits, limits, 9)
    picture = _plane(decode, codes, "What the decoder draws over the latent plane", device)
    if not watched():
        return picture
    import ipywidgets  # noqa: PLC0415  (only where somebody can use it)

    sliders = [
        ipywidgets.FloatSlider(0, min=-limits, max=limits, step=limits / 50, description=name)
        for name in ("z1", "z2")
    ]
    screen = ipywidgets.Image(format="png", width=224, height=224)

    def draw(_=None):
        code = torch.tensor([[slider.value for slider in sliders]], device=device)
        image = Image.fromarray((255 * _decoded(decode, code)[0]).astype(np.uint8))
        screen.value = to_png(image.resize((224, 224), Image.Resampling.BICUBIC))

    for slider in sliders:
        slider.observe(draw, "value")
    draw()
    return ipywidgets.HBox([screen, ipywidgets.VBox(sliders)])


def _decoded(decode, codes):
    with torch.no_grad():
        return to_images(decode(codes), "what the decoder returns")


def _plane(decode, codes, title, device):
    """A mosaic of the digits decoded at all pairs of `codes`: z1 to the right, z2 upwards."""
    z1, z2 = torch.meshgrid(codes, codes.flip(0), indexing="xy")
    images = _decoded(decode, torch.stack([z1, z2], dim=-1).reshape(-1, 2).to(device))
    if len(images) != len(codes) ** 2:
        raise ValueError(f"{len(codes) ** 2} codes were decoded into {len(images)} images")
    figure = new_figure(6.2, 6.6, title)
    axes = figure.subplots()
    mosaic(axes, images.reshape(len(codes), len(codes), 28, 28))
    shown = range(0, len(codes), 2)
    axes.set_xticks(np.take(centres(len(codes)), shown), [f"{codes[i]:.1f}" for i in shown])
    axes.set_yticks(np.take(centres(len(codes)), shown), [f"{codes.flip(0)[i]:.1f}" for i in shown])
    axes.set(xlabel="$z_1$", ylabel="$z_2$")
    span = f"{codes[0]:.2f} to {codes[-1]:.2f}"
    alt = f"{title}: {len(codes)} by {len(codes)} digits, z1 from {span} to the right, z2 upwards."
    return Picture(figure, alt)
