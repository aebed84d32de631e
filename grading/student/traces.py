"""What a test leaves in the student's kernel, which is undone; what the kernel prints for it."""

import io
import sys

PRINTED = 100_000  # characters of what a call prints


class Printed(io.StringIO):
    """Keeps the beginning of what a function prints while it is tested."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, PRINTED - self.tell())])
        return len(text)

    def take(self) -> str:
        """What was printed since the last time."""
        text = self.getvalue()
        self.seek(0)
        self.truncate()
        return text


class Names:
    """The notebook's names that a test sets, and what they were before."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[object, ...]] = {}

    @property
    def _main(self) -> dict[str, object]:
        return sys.modules["__main__"].__dict__

    def _remember(self, name: str) -> None:
        there = (self._main[name],) if name in self._main else ()
        self._before.setdefault(name, there)

    def define(self, name: str, value: object) -> None:
        """Sets a name."""
        self._remember(name)
        self._main[name] = value

    def forget(self, name: str) -> None:
        """Deletes a name."""
        self._remember(name)
        self._main.pop(name, None)

    def undo(self) -> None:
        """Makes all names what they were."""
        for name, before in self._before.items():
            self._main.pop(name, None)
            if before:
                self._main[name] = before[0]
        self._before.clear()
