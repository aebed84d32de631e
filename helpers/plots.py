"""The pictures of the course. Each function returns a `Picture`; the last line of a cell shows it.

Colours stay apart for colour-blind readers, what is compared has one scale, and each picture
carries a description in words (`.alt`) for readers who can't see it.
"""

import numpy as np

from helpers.latent import latent_explorer, latent_scatter, latent_steps, manifold
from helpers.picture import (
    GREY,
    Picture,
    centres,
    log_scale,
    mosaic,
    new_figure,
    styled,
    to_floats,
    to_images,
)

__all__ = [
    "baseline_ladder",
    "error_against_noise",
    "image_rows",
    "interpolation",
    "latent_explorer",
    "latent_scatter",
    "latent_steps",
    "loss_curves",
    "manifold",
]

# Okabe and Ito's colours, for lines and bars.
BLUE, VERMILION, SKY = "#0072B2", "#D55E00", "#56B4E9"
LINES = (BLUE, VERMILION, "black", SKY, "#CC79A7")
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
    top = 0.5 if columns is None else 0.8
    figure = new_figure(max(4.5, 1.5 + size * width), top + size * len(rows), title)
    axes = figure.subplots()
    mosaic(axes, rows)
    axes.set_yticks(centres(len(rows)), labels)
    axes.set_xticks(*([], []) if columns is None else (centres(width), columns))
    axes.xaxis.tick_top()
    alt = f"{title}. {len(rows)} rows of {width} images"
    names = "; ".join(label.replace("\n", " ") for label in labels if label)
    alt += f", from top to bottom: {names}." if names else "."
    if columns is not None:
        alt += f" Columns: {', '.join(str(column) for column in columns)}."
    return Picture(figure, alt)


@styled
def loss_curves(history, every=10, title=None, references=None):
    """Loss terms per image against batches, one line a term.

    history: {name: list of floats}, one value every `every` batches. Thin: as recorded; thick: the
    mean of the values around. references: {text: value}, drawn as dashed lines to compare with.
    A single term that falls far has a logarithmic scale. Several have a linear one: where they add
    up, the distance of two curves is the third.
    """
    curves = {name: to_floats(values) for name, values in history.items() if len(values)}
    if not curves:
        raise ValueError("the history is empty: record the loss terms in the training loop first")
    title = title or "The loss during training"
    units = {"kl": "nats per image", "mse": "summed squared error per image"}
    unit = next((units[name] for name in units if name in curves), "loss per image")
    figure = new_figure(7.2, 4, title)
    axes = figure.subplots()
    said = []
    for (name, values), colour in zip(curves.items(), LINES * len(curves), strict=False):
        batches, smooth = every * np.arange(len(values)), running_mean(values)
        label = f"{TERMS.get(name, name)} (ends at {smooth[-1]:.1f})"
        axes.plot(batches, values, color=colour, alpha=0.3, linewidth=0.8)
        axes.plot(batches, smooth, color=colour, linewidth=2, label=label)
        said.append(f"{TERMS.get(name, name)} from {values[0]:.1f} to {smooth[-1]:.1f}")
    references = sorted((references or {}).items(), key=lambda pair: pair[1])
    for number, (text, value) in enumerate(references):
        axes.axhline(value, color=GREY, linestyle="--", linewidth=1)
        # The lowest line's text hangs below it: two lines that are close stay readable.
        place = {"xycoords": axes.get_yaxis_transform(), "va": "bottom" if number else "top"}
        place |= {"ha": "right", "color": GREY, "fontsize": "small"}
        axes.annotate(f"{text}: {value:g}", (1, value), **place)
    values = np.concatenate(list(curves.values()))
    values = values[values > 0]
    if len(curves) == 1 and values.max(initial=0) > 3 * values.min(initial=np.inf):
        log_scale(axes, "y")
        unit += "\n(logarithmic scale)"
    else:
        # The first batches are far worse than the others; drawn in full they would flatten them.
        late = np.concatenate([values[len(values) // 10 :] for values in curves.values()])
        late = np.append(late, [value for _, value in references])
        top = 1.1 * late[np.isfinite(late)].max(initial=1e-9)
        axes.set_ylim(0, top)
        first = max(values[0] for values in curves.values())
        if first > top:
            axes.text(0.16, 0.96, f"\u2190 starts at {first:.0f}", transform=axes.transAxes)
    axes.set(xlabel="batches", ylabel=unit)
    figure.legend(loc="outside lower center", ncols=3, fontsize="small")
    axes.grid(axis="y", which="both")
    unit = unit.replace("\n", " ")
    return Picture(figure, f"{title}, {unit} against batches: {'; '.join(said)}.")


def running_mean(values, window=None):
    """The running mean over `window` values (an odd number), fewer at the ends."""
    window = window or 2 * (len(values) // 60) + 1
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
    colours = [BLUE if target is None or error < target else SKY for error in errors]
    bars = axes.barh(names, errors, color=colours, height=0.7)
    axes.bar_label(bars, [f"{error:.1f}" for error in errors], padding=4)
    axes.set_xlim(min(errors) / 2, max(errors) * 1.4)
    axes.set_xlabel("summed squared error per image (log scale, less is better)")
    axes.tick_params(axis="y", length=0)
    said = "; ".join(f"{name} {error:.1f}" for name, error in reversed(ladder))
    alt = f"{title} Bars, summed squared error per image: {said}."
    if target is not None:
        axes.axvline(target, color=VERMILION, linestyle="--")
        place = {"xycoords": axes.get_xaxis_transform(), "ha": "center", "va": "bottom"}
        axes.annotate(f"target: below {target:g}", (target, 1), color=VERMILION, **place)
        alt += f" Target: below {target:g}."
    return Picture(figure, alt)


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
