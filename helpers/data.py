"""The digits: all of MNIST, or 5,000 of them that come with the course (see mnist_5k.md).

The images lie on the device as one tensor, so that a batch is one look-up: no file is read, no
image is decoded and nothing is copied to the GPU while a model is trained.
"""

import gzip
import hashlib
import os
import queue
import sys
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torch.utils.data._utils.collate import default_collate_fn_map

from helpers.training import progress_bar

EMBEDDED = Path(__file__).with_name("mnist_5k.npz")
DOWNLOAD_SECONDS = 120  # for all of MNIST (11 MB), whatever the mirrors do
SILENCE_SECONDS = 10  # without a single byte, name look-up included
MAX_BYTES = 32 * 2**20  # the largest file has 10 MB


class Digits(Dataset):
    """Images of handwritten digits with their labels, both on one device.

    images: (N, 1, 28, 28), float32 in [0, 1], 0 is the black background; labels: (N,), int64;
    name: which digits these are. digits[i] is the i-th pair (image, label), a copy: changing it
    changes no digit.
    """

    def __init__(self, images, labels, name, device="cpu"):
        """images: (N, 28, 28) uint8, labels: (N,) of any integer type; tensors or arrays."""
        images, labels = torch.as_tensor(images), torch.as_tensor(labels)
        if images.shape[1:] != (28, 28) or len(images) != len(labels):
            raise ValueError(
                f"{tuple(images.shape)} images and {len(labels)} labels are no set of digits"
            )
        # Bytes travel to the device and become floats there: a quarter of the way.
        self.images = images.to(device).unsqueeze(1).float().div_(255)
        self.labels = labels.to(device).long()
        self.name = name

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return self.images[index].clone(), self.labels[index].clone()

    def __getitems__(self, indices):
        """A whole batch at once: a list of one WholeBatch, which DataLoader knows to take apart."""
        # non_blocking: the program doesn't wait until the GPU has worked off the batch before.
        indices = torch.as_tensor(indices).to(self.images.device, non_blocking=True)
        pick = (self.images.index_select(0, indices), self.labels.index_select(0, indices))
        return [WholeBatch(pick)]


class WholeBatch(tuple):
    """(images, labels) of a batch that need not be put together any more."""


# So that DataLoader(digits, batch_size=64), written like for any other data set, is fast and right.
default_collate_fn_map[WholeBatch] = lambda batch, *, collate_fn_map=None: tuple(batch[0])


def load_mnist(full=None, device=None):
    """Load the digits: returns (train, test), two `Digits`.

    full: True for all of MNIST, 60,000 + 10,000 digits: read from the data folder, downloaded into
    it at the first time (11 MB, at most two minutes); where that fails, one printed line says so
    and the embedded digits are used. False for the embedded digits, 4,000 + 1,000. None: True on
    a GPU.
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
        return tuple(
            Digits(arrays[f"{part}_images"], arrays[f"{part}_labels"], "embedded", device)
            for part in ("train", "test")
        )


def loaders(train, test, train_batch=64, test_batch=1000):
    """DataLoaders of both sets: (train_loader, test_loader), which yield (images, labels).

    images: (batch, 1, 28, 28) float32, labels: (batch,) int64, on the device; the training digits
    come in a new random order each time, the test digits always in the same one. The last batch
    may be smaller.
    """
    train_loader = DataLoader(train, batch_size=train_batch, shuffle=True)
    return train_loader, DataLoader(test, batch_size=test_batch)


def describe(train, test):
    """One line on the digits in use: which ones, how many, where."""
    return (
        f"{len(train) + len(test):,} {train.name} digits "
        f"({len(train):,} to train, {len(test):,} to test) on {train.images.device.type}"
    )


def data_folder():
    """The folder for downloaded data: $COURSE_DATA, or else a folder in this user's cache."""
    if chosen := os.environ.get("COURSE_DATA"):
        return Path(chosen).expanduser()
    if sys.platform == "win32":
        cache = os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "generative-models-course"


class UnavailableError(Exception):
    """MNIST can't be had; the message says why."""


def _load_full(device):
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
            _write(raw / name.removesuffix(".gz"), gzip.decompress(packed))
        return _read_copy(MNIST, folder, device)
    except (OSError, RuntimeError, ValueError, AssertionError) as error:
        raise UnavailableError(error) from error


def _read_copy(mnist, folder, device):
    """(train, test) from torchvision's files in `folder`; raises if they are missing or damaged."""
    parts = [mnist(folder, train=train) for train in (True, False)]
    return tuple(Digits(part.data, part.targets, "MNIST", device) for part in parts)


def _fetch(name, md5, mirrors, folder, deadline):
    """The bytes of the file `name`: from `folder` if it is there and whole, else from a mirror.

    A mirror is asked twice; one that keeps silent is struck off. Raises OSError if none helps.
    """
    file, problem = folder / name, "no mirror answered"
    if file.is_file() and _md5(packed := file.read_bytes()) == md5:
        return packed
    for mirror in mirrors * 2:
        if mirror not in mirrors:
            continue
        try:
            packed = _download(f"{mirror}{name}", deadline)
            if _md5(packed) == md5:
                _write(file, packed)
                return packed
            problem = f"{mirror}{name} has a wrong checksum"
        except TimeoutError as error:
            mirrors.remove(mirror)
            problem = f"{mirror}{name}: {error}"
        except OSError as error:
            problem = f"{mirror}{name}: {error}"
    raise OSError(problem)


def _download(url, deadline):
    """The bytes at `url`. Raises TimeoutError when it is silent or too slow, OSError otherwise.

    A thread reads: nothing else bounds a name look-up that hangs or a server that trickles.
    """
    pieces = queue.Queue()

    def read():
        try:
            with urllib.request.urlopen(url, timeout=SILENCE_SECONDS) as answer:
                pieces.put(answer.length)
                size = 0
                while piece := answer.read1(2**16):
                    size += len(piece)
                    if size > MAX_BYTES or time.monotonic() >= deadline:
                        raise OSError("too large" if size > MAX_BYTES else "too slow")
                    pieces.put(piece)
            pieces.put(b"")
        except Exception as error:
            pieces.put(error)

    threading.Thread(target=read, daemon=True).start()
    body, length = bytearray(), _next(pieces, deadline)
    with progress_bar(length, desc=url.rpartition("/")[2], unit="B", leave=False) as bar:
        while piece := _next(pieces, deadline):
            body += piece
            bar.update(len(piece))
    return bytes(body)


def _next(pieces, deadline):
    """What the reading thread sends next; raises what went wrong there."""
    try:
        piece = pieces.get(timeout=min(SILENCE_SECONDS, max(0.0, deadline - time.monotonic())))
    except queue.Empty:
        late = time.monotonic() >= deadline
        reason = f"took over {DOWNLOAD_SECONDS} s" if late else f"silent for {SILENCE_SECONDS} s"
        raise TimeoutError(reason) from None
    if isinstance(getattr(piece, "reason", None), TimeoutError):
        raise piece.reason  # urllib wraps what happens while it connects
    if isinstance(piece, Exception):
        raise piece if isinstance(piece, OSError) else OSError(repr(piece))
    return piece


def _md5(content):
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _write(file, content):
    """Write so that nobody, also no second notebook, ever sees half a file."""
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    part.write_bytes(content)
    part.replace(file)
