"""The digits: all of MNIST, or 5,000 of them that come with the course (see mnist_5k.md).

The images lie on the device as one tensor, so that a batch is one look-up: no file is read, no
image is decoded and nothing is copied to the GPU while a model is trained.
"""

import gzip
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torch.utils.data._utils.collate import default_collate_fn_map

from helpers.devices import settle
from helpers.training import progress_bar

EMBEDDED = Path(__file__).with_name("mnist_5k.npz")
DOWNLOAD_SECONDS = 120  # for all of MNIST (11 MB), whatever the mirrors do
SILENCE_SECONDS = 10  # without a single byte, name look-up included
MAX_BYTES = 32 * 2**20  # the largest file has 10 MB


class Digits(Dataset[tuple[Tensor, Tensor]]):
    """Images of handwritten digits with their labels, both on one device.

    digits[i] is the i-th pair (image, label), a copy: changing it changes no digit.

    Args:
        images: (N, 28, 28), uint8; labels: (N,), of any integer type; tensors or arrays.
        name: which digits these are.

    Attributes:
        images: (N, 1, 28, 28), float32 in [0, 1], 0 is the black background.
        labels: (N,), int64.

    Raises:
        ValueError: for other shapes.
    """

    def __init__(
        self, images: Any, labels: Any, name: str, device: torch.device | str = "cpu"
    ) -> None:
        images, labels = torch.as_tensor(images), torch.as_tensor(labels)
        if images.shape[1:] != (28, 28) or len(images) != len(labels):
            raise ValueError(
                f"{tuple(images.shape)} images and {len(labels)} labels are no set of digits"
            )
        # Bytes travel to the device and become floats there: a quarter of the way.
        self.images: Tensor = images.to(device).unsqueeze(1).float().div_(255)
        self.labels: Tensor = labels.to(device).long()
        self.name = name

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        return self.images[index].clone(), self.labels[index].clone()

    def __getitems__(self, indices: Sequence[int]) -> "list[WholeBatch]":
        """A whole batch at once: a list of one WholeBatch, which DataLoader knows to take apart."""
        # non_blocking: the program doesn't wait until the GPU has worked off the batch before.
        places = torch.as_tensor(indices).to(self.images.device, non_blocking=True)
        pick = (self.images.index_select(0, places), self.labels.index_select(0, places))
        return [WholeBatch(pick)]


class WholeBatch(tuple[Tensor, Tensor]):
    """(images, labels) of a batch that need not be put together any more."""


# So that DataLoader(digits, batch_size=64), written like for any other data set, is fast and right.
default_collate_fn_map[WholeBatch] = lambda batch, *, collate_fn_map=None: tuple(batch[0])


def load_mnist(
    full: bool | None = None, device: torch.device | str | None = None
) -> tuple[Digits, Digits]:
    """Load the digits: returns (train, test).

    Args:
        full: True for all of MNIST, 60,000 + 10,000 digits: read from the data folder, downloaded
            into it at the first time (11 MB, at most two minutes); where that fails, one printed
            line says so and the embedded digits are used. False for the embedded digits,
            4,000 + 1,000. None: True on a GPU.
        device: where the tensors lie; None for the GPU if there is one.
    """
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    if full is None:
        full = device.type != "cpu"
    if full:
        try:
            return _load_full(device)
        except UnavailableError as reason:
            why = " ".join(str(reason).split())  # one line, whatever torchvision had to say
            print(f"MNIST could not be loaded ({why}): going on with the 5,000 embedded digits.")
    with np.load(EMBEDDED, allow_pickle=False) as arrays:
        train, test = (
            Digits(arrays[f"{part}_images"], arrays[f"{part}_labels"], "embedded", device)
            for part in ("train", "test")
        )
        return train, test


Loader = DataLoader[tuple[Tensor, Tensor]]


def loaders(
    train: Digits, test: Digits, train_batch: int = 64, test_batch: int = 1000
) -> tuple[Loader, Loader]:
    """DataLoaders of both sets: (train_loader, test_loader), which yield (images, labels).

    images: (batch, 1, 28, 28) float32, labels: (batch,) int64, on the device; the training digits
    come in a new random order each time, the test digits always in the same one. The last batch
    may be smaller. What checks an answer takes that device for the notebook's own.
    """
    image, _ = train[0]
    settle(image.device)
    train_loader = DataLoader(train, batch_size=train_batch, shuffle=True)
    return train_loader, DataLoader(test, batch_size=test_batch)


def describe(train: Digits, test: Digits) -> str:
    """One line on the digits in use: which ones, how many, where."""
    return (
        f"{len(train) + len(test):,} {train.name} digits "
        f"({len(train):,} to train, {len(test):,} to test) on {train.images.device.type}"
    )


def data_folder() -> Path:
    """The folder for downloaded data: $COURSE_DATA, or else a folder in this user's cache."""
    if chosen := os.environ.get("COURSE_DATA"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "generative-models-course"


class UnavailableError(Exception):
    """MNIST can't be had; the message says why."""


def _load_full(device: torch.device) -> tuple[Digits, Digits]:
    try:
        from torchvision.datasets import MNIST  # noqa: PLC0415  (slow to import, seldom needed)
    except (ImportError, RuntimeError) as error:
        raise UnavailableError(f"torchvision does not work here: {error}") from error
    folder = data_folder()
    try:
        return _read_copy(MNIST, folder, device)
    except (OSError, RuntimeError, ValueError, AssertionError, TypeError, KeyError):
        pass  # no copy yet, or a damaged one, such as an interrupted unpacking leaves behind
    try:
        raw = folder / "MNIST" / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        deadline = time.monotonic() + DOWNLOAD_SECONDS
        mirrors = list(MNIST.mirrors)
        for name, md5 in MNIST.resources:
            packed = _fetch(name, md5, mirrors, raw, deadline)
            _write(raw / name.removesuffix(".gz"), gzip.decompress(packed.read_bytes()))
        return _read_copy(MNIST, folder, device)
    except (OSError, RuntimeError, ValueError, AssertionError) as error:
        raise UnavailableError(error) from error


def _read_copy(mnist: Any, folder: Path, device: torch.device) -> tuple[Digits, Digits]:
    """(train, test) from torchvision's files in `folder`; raises if they are missing or damaged."""
    train, test = (mnist(folder, train=train) for train in (True, False))
    return (
        Digits(train.data, train.targets, "MNIST", device),
        Digits(test.data, test.targets, "MNIST", device),
    )


def _fetch(name: str, md5: str, mirrors: list[str], folder: Path, deadline: float) -> Path:
    """The file `name` in `folder`: as it is, if it is there and whole, else from a mirror.

    A mirror is asked twice; one that keeps silent is struck off. Raises OSError if none helps.
    """
    problem = "no mirror answered"
    for mirror in mirrors * 2:
        if mirror not in mirrors:
            continue
        try:
            return _download(f"{mirror}{name}", md5, folder / name, deadline)
        except TimeoutError as error:
            mirrors.remove(mirror)
            problem = f"{mirror}{name}: {error}"
        except ValueError:
            problem = f"{mirror}{name} has a wrong checksum"
        except OSError as error:
            problem = f"{mirror}{name}: {error}"
    raise OSError(problem)


def _download(url: str, md5: str, file: Path, deadline: float) -> Path:
    """Downloads `url` to `file`, unless it is there and whole.

    In a thread, since nothing else bounds a name look-up that hangs or a server that trickles.

    Raises:
        TimeoutError: when it is silent or too slow.
        ValueError: for a wrong checksum.
        OSError: for whatever else goes wrong.
    """
    progress, problems = _Progress(deadline), []

    def download() -> None:
        try:
            import pooch  # noqa: PLC0415  (seldom needed)

            pooch.get_logger().setLevel("WARNING")  # the bar says what is downloaded
            downloader = pooch.HTTPDownloader(
                progress,
                chunk_size=2**14,
                timeout=DOWNLOAD_SECONDS,
                # Or else requests unpacks what a server calls "packed on the way".
                headers={"Accept-Encoding": "identity"},
            )
            pooch.retrieve(url, f"md5:{md5}", file.name, file.parent, downloader=downloader)
        except Exception as error:
            problems.append(error)

    thread = threading.Thread(target=download, name="download", daemon=True)
    thread.start()
    with progress_bar(desc=file.name, unit="B", leave=False) as bar:
        while thread.is_alive():
            thread.join(0.05)
            bar.total = progress.total
            bar.update(progress.received - bar.n)
            if thread.is_alive():
                progress.check()
    if problems:
        [problem] = problems
        expected = isinstance(problem, OSError | ValueError)
        raise problem if expected else OSError(repr(problem))
    return file


class _Progress:
    """What pooch tells of a download while it runs; stops one that is too large or too slow."""

    total: int | None = None  # bytes, as the server says

    def __init__(self, deadline: float):
        self.received, self._heard, self._deadline = 0, time.monotonic(), deadline

    def update(self, size: int) -> None:
        """`size` more bytes have come."""
        self.received, self._heard = self.received + size, time.monotonic()
        if self.received > MAX_BYTES:
            raise OSError("too large")
        self.check()

    def check(self) -> None:
        """Raises TimeoutError when it takes too long."""
        now = time.monotonic()
        if now >= self._deadline:
            raise TimeoutError(f"took over {DOWNLOAD_SECONDS} s")
        if now >= self._heard + SILENCE_SECONDS:
            raise TimeoutError(f"silent for {SILENCE_SECONDS} s")

    def reset(self) -> None:
        """All bytes have come; pooch counts them anew, the last piece in its true size."""
        self.received = 0

    def close(self) -> None:
        """Nothing is left to do: the bar is not pooch's."""


def _write(file: Path, content: bytes) -> None:
    """Write so that nobody, also no second notebook, ever sees half a file."""
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(file)
