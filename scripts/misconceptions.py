"""Writes the table of misconceptions into docs/teaching.md: what each costs in the corpus.

    python scripts/misconceptions.py

The points are those that the files of tests/submissions lose by their `expected`, in the test cells
of the answers that they give; of the 100 that the three assignments have together.
"""

from dataclasses import dataclass
from pathlib import Path

import handin

PAGE = handin.ROOT / "docs" / "teaching.md"
BEGIN, END = "<!-- misconceptions: made by scripts/misconceptions.py -->", "<!-- end -->"


@dataclass(frozen=True)
class Misconception:
    """What some students believe.

    belief: in words; files: patterns of their submissions; ask: what makes them see it.
    """

    belief: str
    files: tuple[str, ...]
    ask: str


MISCONCEPTIONS = (
    Misconception(
        "A class is a bag of functions: `super().__init__()` and registered layers don't matter",
        ("2-vae/wrong_super_init_missing", "1-denoising/wrong_dae_no_super")
        + ("1-denoising/wrong_dae_*_in_a_list", "1-denoising/wrong_dae_layers_made_in_forward"),
        "What does `list(model.parameters())` print? Who reads it?",
    ),
    Misconception(
        "The last model, or the last name, is the one that was trained",
        ("1-denoising/wrong_training_*model*", "2-vae/wrong_training_model*")
        + ("*/wrong_training_optimizer_of*", "3-latent/wrong_opt*", "3-latent/wrong_other_model*"),
        "Which object's weights does `optimizer.step()` change?",
    ),
    Misconception(
        "Loss terms may be returned in any form that adds up: swapped, summed, in a dict",
        ("2-vae/wrong_loss_returns_*", "2-vae/wrong_loss_terms_swapped")
        + ("2-vae/wrong_loss_negative_kl",),
        "What would two curves, recon and kl, look like?",
    ),
    Misconception(
        "Sum and mean are the same but for a constant, so each term may have its own",
        ("2-vae/wrong_kl_averaged*", "2-vae/wrong_recon_averaged*", "2-vae/wrong_*both_averaged*")
        + ("2-vae/wrong_recon_mean_of*", "2-vae/wrong_trained_recon_mean")
        + ("2-vae/wrong_kl_divided_by_pixels", "3-latent/wrong_*_averaged"),
        "Divide one of two terms by 784: which one does the optimizer then care for?",
    ),
    Misconception(
        "The noise is a detail: one number for all, the same each time, or none",
        ("2-vae/wrong_noise_*", "2-vae/wrong_std_is_one", "2-vae/wrong_encoder_mean_for_z"),
        "Two equal images in a batch: are their codes z equal?",
    ),
    Misconception(
        "log_var, variance and standard deviation are interchangeable",
        ("2-vae/wrong_kl_log_*", "2-vae/wrong_kl_std_*", "2-vae/wrong_kl_variance_*")
        + ("2-vae/wrong_std_*", "2-vae/wrong_encoder_returns_std")
        + ("1-denoising/wrong_noise_std_is_variance",),
        "log_var = −2: what is σ², what is σ? And at log_var = 0?",
    ),
    Misconception(
        "Sizes seen in one example are constants: a batch of 64, 16 features, 28 × 28",
        ("2-vae/wrong_*hard_coded", "2-vae/wrong_loss_batch_of_64")
        + ("1-denoising/wrong_dae_batch_size_fixed", "1-denoising/wrong_noise_shape_of_mnist"),
        "What happens with the last, smaller batch of an epoch?",
    ),
    Misconception(
        "The pair of a denoiser is any noisy and any clean image",
        ("1-denoising/wrong_training_pairs_mixed_up", "1-denoising/wrong_training_input*")
        + ("1-denoising/wrong_training_target*",),
        "Which image is best to answer with, if the pairs are mixed up?",
    ),
    Misconception(
        "A loop that runs has trained: no step, no backward, gradients piled up or cleared late",
        ("*/wrong_training_no_*", "*/wrong_training_without_step", "*/wrong_training_zero_grad*")
        + ("3-latent/wrong_zero_grad_missing", "3-latent/wrong_step*"),
        "Cover a line of the loop with your hand: what does the loss do without it?",
    ),
    Misconception(
        "Broadcasting does what I mean",
        ("3-latent/wrong_alpha_*",),
        "Which dimension does an `alpha` of shape (11,) line up with?",
    ),
    Misconception(
        "Latent interpolation means mixing pictures, or sending them through the model once more",
        ("3-latent/wrong_blend_*", "3-latent/wrong_decoded_images_mixed")
        + ("3-latent/wrong_encoded_anew", "3-latent/wrong_codes_not_decoded")
        + ("3-latent/wrong_vae_called_on_codes",),
        "Where are you on the map at α = ½, in each of the two ways?",
    ),
    Misconception(
        "A snapshot is a reference to the data: taken late, shuffled, sampled, of other digits",
        ("3-latent/wrong_*snapshot*", "3-latent/wrong_one_buffer", "3-latent/wrong_random_z*")
        + ("3-latent/wrong_shuffled", "3-latent/wrong_training_digits"),
        "Run the cell of the figure twice. Should it change?",
    ),
)


def cost(file: Path) -> float:
    """The points that a submission loses with the answers that it gives."""
    answer = handin.read(file)
    given = {*answer.cells, *answer.solved}
    tested = handin.tested_cells(answer.assignment)
    points = handin.points(answer.assignment)
    return sum(points[t] - p for t, p in answer.expected.items() if tested[t] in given)


def files(misconception: Misconception) -> list[Path]:
    """The submissions that hold it; every pattern finds some."""
    root = handin.ROOT / "tests" / "submissions"
    found = {pattern: set(root.glob(f"{pattern}.py")) for pattern in misconception.files}
    if missing := [pattern for pattern, paths in found.items() if not paths]:
        raise LookupError(f"no submission is called {', '.join(missing)}")
    return sorted(set().union(*found.values()))


def table() -> str:
    """The table in Markdown, the dearest first."""
    rows = []
    for misconception in MISCONCEPTIONS:
        costs = [cost(file) for file in files(misconception)]
        mean = sum(costs) / len(costs)
        rows.append((mean, max(costs), len(costs), misconception))
    rows.sort(key=lambda row: (-row[0], row[3].belief))
    lines = ["| points lost, mean (most) | belief | ask | files |", "| --- | --- | --- | --- |"]
    for mean, most, number, misconception in rows:
        said = f"{misconception.belief} | {misconception.ask}"
        lines.append(f"| {mean:.1f} ({most:g}) | {said} | {number} |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with its table made anew."""
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
