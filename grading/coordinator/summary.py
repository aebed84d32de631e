"""What a command did for whom, in a few lines at its end, however large the class is."""

from collections.abc import Iterable

from grading.plain import plain_line

SHOWN = 20  # names in a line


class Summary:
    """Students by what became of their work.

    Args:
        *groups: what can become of it, in words and in the order of the lines.
    """

    def __init__(self, *groups: str):
        self._students: dict[str, dict[str, None]] = {group: {} for group in groups}

    def note(self, group: str, *students: str) -> None:
        """Notes what became of the work of students; a second time changes nothing."""
        self._students[group].update(dict.fromkeys(students))

    def __getitem__(self, group: str) -> list[str]:
        """The students of a group."""
        return list(self._students[group])

    def lines(self) -> list[str]:
        """A line for each group that isn't empty."""
        return [
            f"{group}: {len(students):,} ({listed(students)})"
            for group, students in self._students.items()
            if students
        ]


def listed(names: Iterable[str]) -> str:
    """Names for a line: the first 20, and how many more there are."""
    shown = [plain_line(name) for name in names]
    more = f" and {len(shown) - SHOWN:,} more" if len(shown) > SHOWN else ""
    return ", ".join(shown[:SHOWN]) + more
