"""The digits: what notebooks get, and that a download can neither block nor break them."""

import gc
import gzip
import hashlib
import http.server
import socket
import struct
import threading
import time
import warnings

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, Subset, random_split
from torchvision.datasets import MNIST

from helpers import data
from helpers.data import Digits, data_folder, describe, load_mnist, loaders

TRAIN, TEST = 12, 6  # images in the small copy of MNIST's files that stands in for the real one


@pytest.fixture(scope="module")
def embedded():
    return load_mnist(full=False, device="cpu")


def test_the_embedded_digits_are_floats_between_black_and_white(embedded):
    for digits, count in zip(embedded, (4000, 1000), strict=True):
        assert digits.images.shape == (count, 1, 28, 28) and digits.images.dtype == torch.float32
        assert digits.labels.shape == (count,) and digits.labels.dtype == torch.int64
        assert digits.images.min() == 0 and digits.images.max() == 1
        assert len(digits) == count and digits.name == "embedded"


def test_the_split_is_stratified_and_every_ten_digits_are_all_ten(embedded):
    for digits in embedded:
        tens = digits.labels.view(-1, 10).sort(dim=1).values
        assert (tens == torch.arange(10)).all()
        assert len({tuple(ten) for ten in digits.labels.view(-1, 10).tolist()}) > len(tens) / 2


def test_no_test_digit_is_a_training_digit(embedded):
    train, test = ({image.numpy().tobytes() for image in digits.images} for digits in embedded)
    assert len(train) == len(embedded[0]) and len(test) == len(embedded[1]) and not train & test


def test_the_split_never_changes(embedded):
    with np.load(data.EMBEDDED) as arrays:
        digest = hashlib.sha256(b"".join(arrays[name].tobytes() for name in sorted(arrays)))
    assert digest.hexdigest() == "4e7f4024be733ba601688fa4a35edca30450a99d00b26abc9465cfbf69c0672f"


def test_loaders_yield_batches_and_a_smaller_last_one(embedded):
    train_loader, test_loader = loaders(*embedded)
    batches = list(train_loader)
    sizes = [len(images) for images, _ in batches]
    assert sizes == [train_loader.batch_size] * 62 + [32] and sizes[0] == 64  # noqa: PLR2004
    assert sum(sizes) == len(train_loader.dataset)
    for images, labels in [batches[0], next(iter(test_loader))]:
        assert images.shape == (len(labels), 1, 28, 28) and images.dtype == torch.float32
        assert labels.dtype == torch.int64
    assert [len(labels) for _, labels in loaders(*embedded, 100, 300)[1]] == [300, 300, 300, 100]


def test_training_batches_are_shuffled_pairs_and_test_batches_keep_their_order(embedded):
    train, test = embedded
    train_loader, test_loader = loaders(train, test)
    torch.manual_seed(1)
    first, second = list(train_loader), list(train_loader)
    torch.manual_seed(1)
    again = list(train_loader)
    assert not torch.equal(first[0][1], second[0][1])
    assert all(torch.equal(a[0], b[0]) for a, b in zip(first, again, strict=True))
    images, labels = (torch.cat(parts) for parts in zip(*first, strict=True))
    known = dict(zip(map(bytes, train.images.numpy()), train.labels.tolist(), strict=True))
    assert [known[bytes(image)] for image in images.numpy()] == labels.tolist()
    assert torch.equal(torch.cat([labels for _, labels in test_loader]), test.labels)


def test_an_ordinary_data_loader_works_as_with_any_data_set(embedded):
    _, test = embedded
    for part in (test, Subset(test, range(40)), random_split(test, [40, 960])[0]):
        images, labels = next(iter(DataLoader(part, batch_size=32)))
        assert images.shape == (32, 1, 28, 28) and labels.shape == (32,)

    class Inverted(Dataset):
        def __len__(self):
            return len(test)

        def __getitem__(self, index):
            image, label = test[index]
            return 1 - image, label

    images, labels = next(iter(DataLoader(Inverted(), batch_size=32)))
    assert torch.equal(images, 1 - test.images[:32]) and torch.equal(labels, test.labels[:32])
    in_workers = DataLoader(test, batch_size=500, num_workers=1)
    assert torch.equal(torch.cat([labels for _, labels in in_workers]), test.labels)


def test_changing_what_was_handed_out_changes_no_digit(embedded):
    _, test = embedded
    before = test.images.clone()
    test[0][0].fill_(0.5)
    next(iter(DataLoader(test, batch_size=10)))[0].fill_(0.5)
    assert torch.equal(test.images, before)


def test_batches_are_made_on_the_device_without_reading_from_it():
    # Nothing can be read from the device "meta": a loop that waited for its values would fail.
    digits = Digits(torch.zeros(10, 28, 28, dtype=torch.uint8), torch.zeros(10), "none", "meta")
    shapes = [(images.shape, images.device.type) for images, _ in DataLoader(digits, batch_size=8)]
    assert shapes == [((8, 1, 28, 28), "meta"), ((2, 1, 28, 28), "meta")]


def test_images_and_labels_must_fit():
    with pytest.raises(ValueError, match=r"\(3, 28, 28\) images and 2 labels"):
        Digits(np.zeros((3, 28, 28), np.uint8), np.zeros(2), "none")


def test_describe_says_which_digits_and_where(embedded):
    line = "5,000 embedded digits (4,000 to train, 1,000 to test) on cpu"
    assert describe(*embedded) == line


def test_the_data_folder_is_chosen_by_one_variable(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    monkeypatch.delenv("COURSE_DATA")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(data.sys, "platform", "linux")
    assert data_folder() == tmp_path / "generative-models-course"


# ---- All of MNIST: torchvision's class with its own addresses and checksums set to a server here.


def _idx(array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.astype(np.uint8).tobytes()


def _mnist_files():
    random = np.random.default_rng(0)
    return {
        f"{part}-{name}.gz": gzip.compress(_idx(random.integers(0, high, shape)))
        for part, count in (("train", TRAIN), ("t10k", TEST))
        for name, high, shape in (
            ("images-idx3-ubyte", 256, (count, 28, 28)),
            ("labels-idx1-ubyte", 10, (count,)),
        )
    }


FILES = _mnist_files()


class _Handler(http.server.BaseHTTPRequestHandler):
    """/right/, /damaged/, /missing/, /silent/ and /trickling/ each before a file's name."""

    def do_GET(self):  # noqa: N802  (the base class's name)
        _, kind, name = self.path.split("/")
        self.server.asked.append(kind)
        body = FILES[name]
        if kind == "missing":
            self.send_error(404)
            return
        if kind == "silent":
            self.server.over.wait(20)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if kind == "trickling":
            for byte in body:
                if self.server.over.wait(0.05):
                    return
                self.wfile.write(bytes([byte]))
        else:
            self.wfile.write(body[::-1] if kind == "damaged" else body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A web server on this machine; server.mirrors(...) makes torchvision look there only."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.asked, server.over = [], threading.Event()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def mirrors(*kinds):
        address = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setattr(MNIST, "mirrors", [f"{address}/{kind}/" for kind in kinds])

    server.mirrors = mirrors
    sums = [(name, hashlib.md5(body).hexdigest()) for name, body in FILES.items()]
    monkeypatch.setattr(MNIST, "resources", sums)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    # pooch leaves the connection of a failed download to the garbage collector, which would warn in
    # whatever test it runs next.
    for thread in threading.enumerate():
        if thread.name == "download":
            thread.join(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _raw(tmp_path, names=FILES, unpack=True):
    """Puts a copy of the files into the data folder, as torchvision leaves them."""
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in names:
        content = gzip.decompress(FILES[name]) if unpack else FILES[name]
        (raw / (name.removesuffix(".gz") if unpack else name)).write_bytes(content)
    return raw


def _is_full(train, test):
    pixels = np.frombuffer(gzip.decompress(FILES["t10k-images-idx3-ubyte.gz"])[16:], np.uint8)
    assert (len(train), len(test), train.name, test.name) == (TRAIN, TEST, "MNIST", "MNIST")
    assert np.allclose(test.images.flatten() * 255, pixels)
    assert train.labels.dtype == torch.int64
    return True


def _is_embedded(digits, printed, *reasons):
    assert [part.name for part in digits] == ["embedded"] * 2
    assert printed.out.count("\n") == 1 and "going on with the 5,000 embedded" in printed.out
    assert all(reason in printed.out for reason in reasons), printed.out
    return True


def test_an_existing_copy_is_used_and_nobody_is_asked(server, tmp_path, capfd):
    server.mirrors("right")
    _raw(tmp_path)
    assert _is_full(*load_mnist(full=True, device="cpu"))
    assert server.asked == [] and capfd.readouterr().out == ""


def test_packed_files_in_the_folder_are_used_too(server, tmp_path):
    server.mirrors("right")
    _raw(tmp_path, unpack=False)
    assert _is_full(*load_mnist(full=True, device="cpu"))
    assert server.asked == []


def test_all_of_mnist_is_the_default_on_an_accelerator_only(server, tmp_path):
    server.mirrors()
    _raw(tmp_path)
    assert load_mnist(device="meta")[0].name == "MNIST"
    assert load_mnist(device="cpu")[0].name == "embedded"


def test_a_download_is_made_once_with_a_bar_and_read_from_then_on(server, tmp_path, capfd):
    server.mirrors("right")
    assert _is_full(*load_mnist(full=True, device="cpu"))
    assert server.asked == ["right"] * 4
    assert "train-images-idx3-ubyte.gz" in capfd.readouterr().err
    assert _is_full(*load_mnist(full=True, device="cpu"))
    assert server.asked == ["right"] * 4
    assert len(MNIST(tmp_path / "data", train=False)) == TEST
    assert not list((tmp_path / "data").rglob("*.part"))


def test_no_bar_is_drawn_while_nbgrader_executes(server, monkeypatch, capfd):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    server.mirrors("right")
    assert _is_full(*load_mnist(full=True, device="cpu"))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("first", ["damaged", "missing"])
def test_the_next_mirror_helps_where_one_fails(server, first):
    server.mirrors(first, "right")
    assert _is_full(*load_mnist(full=True, device="cpu"))
    assert server.asked == [first, "right"] * 4


def test_damaged_downloads_are_never_used(server, tmp_path, capfd):
    server.mirrors("damaged", "missing")
    digits = load_mnist(full=True, device="cpu")
    assert _is_embedded(digits, capfd.readouterr(), "404")
    assert server.asked == ["damaged", "missing"] * 2
    assert not list((tmp_path / "data").rglob("*.gz"))
    server.mirrors("damaged")
    assert _is_embedded(
        load_mnist(full=True, device="cpu"), capfd.readouterr(), "checksum", "/damaged/"
    )


def test_a_damaged_copy_is_replaced(server, tmp_path):
    server.mirrors("right")
    raw = _raw(tmp_path)
    for name, size in (("train-images-idx3-ubyte", 1000), ("t10k-labels-idx1-ubyte", 0)):
        (raw / name).write_bytes((raw / name).read_bytes()[:size])
    assert _is_full(*load_mnist(full=True, device="cpu"))


def test_a_silent_mirror_is_left_and_not_asked_again(server, monkeypatch, capfd):
    monkeypatch.setattr(data, "SILENCE_SECONDS", 0.3)
    server.mirrors("silent", "right")
    assert _is_full(*load_mnist(full=True, device="cpu"))
    assert server.asked == ["silent"] + ["right"] * 4


def test_a_name_that_nobody_looks_up_ends_in_the_embedded_digits(server, monkeypatch, capfd):
    monkeypatch.setattr(data, "SILENCE_SECONDS", 0.3)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: server.over.wait(20))
    server.mirrors("right")
    start = time.monotonic()
    digits = load_mnist(full=True, device="cpu")
    assert time.monotonic() - start < 10
    assert _is_embedded(digits, capfd.readouterr(), "silent for 0.3 s") and server.asked == []


def test_silence_everywhere_ends_in_the_embedded_digits(server, monkeypatch, capfd):
    monkeypatch.setattr(data, "SILENCE_SECONDS", 0.3)
    server.mirrors("silent")
    digits = load_mnist(full=True, device="cpu")
    assert _is_embedded(digits, capfd.readouterr(), "/silent/")


def test_a_trickling_mirror_cannot_outlast_the_total_limit(server, monkeypatch, capfd):
    monkeypatch.setattr(data, "DOWNLOAD_SECONDS", 1)
    server.mirrors("trickling")
    start = time.monotonic()
    digits = load_mnist(full=True, device="cpu")
    # At 20 bytes a second the first file alone would take minutes.
    assert time.monotonic() - start < len(FILES["train-images-idx3-ubyte.gz"]) / 20 / 2
    assert _is_embedded(digits, capfd.readouterr(), "/trickling/")


def test_an_endless_answer_is_refused(server, monkeypatch, capfd):
    monkeypatch.setattr(data, "MAX_BYTES", 100)
    server.mirrors("right")
    digits = load_mnist(full=True, device="cpu")
    assert _is_embedded(digits, capfd.readouterr(), "too large")


def test_nobody_at_the_address_and_a_folder_that_cannot_be_made(server, tmp_path, capfd):
    server.mirrors("right")
    (tmp_path / "data").write_text("a file where the folder should be")
    assert _is_embedded(load_mnist(full=True, device="cpu"), capfd.readouterr())
    (tmp_path / "data").unlink()
    server.shutdown()
    server.server_close()
    assert _is_embedded(load_mnist(full=True, device="cpu"), capfd.readouterr(), "refused")
