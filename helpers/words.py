"""Numbers in sentences."""


def count(number: float, noun: str) -> str:
    """A number of things: "1 image", "1,000 images", "2.5 points"."""
    told = f"{number:,}" if isinstance(number, int) else f"{number:g}"
    return f"{told} {noun}{'' if number == 1 else 's'}"
