"""Pictures that are uploaded: hostile ones, and what is kept of good ones."""

import contextlib
import io
import random
import struct
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import User
from shopping import pictures
from shopping.models import Picture, Product
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    local = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": local}
    return tmp_path


def drawn(kind: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **how: Any) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, "red" if mode != "P" else 1).save(file, kind, **how)
    return file.getvalue()


def sent(client: Any, content: bytes, name: str = "mug.png") -> Any:
    file = SimpleUploadedFile(name, content, content_type="text/html")
    return client.post("/api/products/pictures", {"file": file}, format="multipart")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_kept_small_and_read_by_everyone(seller: User, kind: str) -> None:
    answer = sent(factories.client(seller), drawn(kind, (3200, 800)), "whatever.exe")
    assert answer.status_code == 201, answer.content
    url = answer.json()["data"]["url"]
    read = Client().get(url)
    with Image.open(io.BytesIO(read.content)) as image:
        assert (image.format, image.size) == ("WEBP", (1600, 400))
    assert read["Content-Type"] == "image/webp"
    assert "immutable" in read["Cache-Control"]
    made = factories.client(seller).post(
        "/api/products", {"name": "Mug", "description": "x", "price": "1", "category": "", "imageUrl": url}
    )
    assert made.json()["imageUrl"] == url


def test_what_the_camera_wrote_is_gone_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010F] = "Secret camera"
    small = pictures.shrunk(drawn("JPEG", (40, 20), exif=exif, comment=b"Secret comment"))
    assert b"Secret" not in small
    assert b"EXIF" not in small
    with Image.open(io.BytesIO(small)) as image:
        assert image.size == (20, 40)
        assert not image.getexif()


def test_what_can_be_seen_through_stays_so() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(file, "PNG")
    with Image.open(io.BytesIO(pictures.shrunk(file.getvalue()))) as image:
        assert image.convert("RGBA").getpixel((1, 1))[3] == 0  # type: ignore[index]


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is so large, in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "file"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "no picture"),
        (b"<!doctype html><script>alert(1)</script>", "no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 1 1\n", "no picture"),
        (drawn()[:60], "no picture"),
        (b"GIF89a" + bytes(range(256)), "no picture"),
        (drawn("TIFF"), "no picture"),
        (drawn("BMP"), "no picture"),
        (bomb(60_000, 60_000), "million pixels"),
        (bomb(6_000, 5_000), "million pixels"),
        (bomb(0, 0), "no picture"),
        (b"\xff\xd8\xff" + b"\0" * (8 * 1024 * 1024), "8 MiB"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(seller: User, content: bytes, words: str) -> None:
    answer = sent(factories.client(seller), content)
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert not Picture.objects.exists()


@pytest.mark.parametrize("seed", range(10))
def test_broken_pictures_are_only_refused(seed: int) -> None:
    noise = random.Random(seed)
    for kind in ("PNG", "JPEG", "WEBP", "GIF"):
        broken = bytearray(drawn(kind, (64, 64)))
        for _ in range(8):
            broken[noise.randrange(len(broken))] = noise.randrange(256)
        with contextlib.suppress(ValidationError):
            assert pictures.shrunk(bytes(broken)).startswith(b"RIFF")


def test_guests_upload_nothing() -> None:
    assert sent(factories.client(), drawn()).status_code == 401


def test_the_same_picture_is_kept_once_and_an_unused_one_goes(seller: User, folder: Path) -> None:
    client = factories.client(seller)
    used, same, unused = (sent(client, drawn(size=size)).json()["data"]["url"] for size in ((5, 5), (5, 5), (6, 6)))
    assert used == same
    assert len(list(folder.rglob("*.webp"))) == 2
    factories.product(seller, image_url=used)
    assert Picture.objects.discard_unused() == 0
    Picture.objects.update(at=timezone.now() - timedelta(days=2))
    assert Picture.objects.discard_unused() == 1
    assert Client().get(unused).status_code == 404
    assert Client().get(used).status_code == 200


@pytest.mark.parametrize("name", ["../../settings.py", "x.webp", "a" * 32, "..%2f..%2fmanage.py", "A" * 32 + ".webp"])
def test_other_files_are_not_read(name: str) -> None:
    assert Client().get(f"/pictures/{name}").status_code == 404


def test_staff_upload_one_in_the_admin(admin_client: Any) -> None:
    form = {"name": "Mug", "description": "x", "price": "1", "in_stock": "on"}
    form |= {"variants-TOTAL_FORMS": "0", "variants-INITIAL_FORMS": "0"}
    wrong = SimpleUploadedFile("mug.png", b"<svg/>")
    answer = admin_client.post("/admin/shopping/product/add/", form | {"picture": wrong})
    assert "This is no picture" in answer.content.decode()
    good = SimpleUploadedFile("mug.png", drawn())
    assert admin_client.post("/admin/shopping/product/add/", form | {"picture": good}).status_code == 302
    assert Product.objects.get().image_url == Picture.objects.get().url
