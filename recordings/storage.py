"""Where the files of recordings are: a folder that no web server reads, or a bucket of an S3 that nobody may list."""

import contextlib
import os
from collections.abc import Iterator
from typing import IO, Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage, Storage, storages

ALIAS = "recordings"
READ = 64 * 1024  # bytes read at once
SHOWS = "shows"  # the folder of what is no recording of a visit: the videos of shows


class LocalFiles(FileSystemStorage):
    """Files that are on the disk, and not only in its cache, when they have been saved."""

    def _save(self, name: str, content: File[bytes]) -> str:
        saved: str = super()._save(name, content)  # type: ignore[misc] # Django documents it, the stubs do not.
        path = self.path(saved)
        for each in (path, os.path.dirname(path), self.location):
            handle = os.open(each, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
        return saved


def current() -> Storage:
    return storages[ALIAS]


def is_local() -> bool:
    return isinstance(current(), FileSystemStorage)


def save(name: str, file: IO[bytes], mime: str) -> None:
    """Stores a file, in pieces where the storage takes such."""
    file.seek(0)
    content = File(file)
    content.content_type = mime  # type: ignore[attr-defined] # S3 tells it to whoever is led there.
    current().save(name, content)


def delete(name: str) -> None:
    current().delete(name)


def files(folder: str) -> list[str]:
    """The names of all files in a folder, those that no row knows included."""
    try:
        _, names = current().listdir(folder)
    except FileNotFoundError:
        return []
    return [f"{folder}/{name}" for name in names if name]


def folders() -> list[str]:
    """One of each recording that has files."""
    try:
        return [folder for folder in current().listdir("")[0] if folder != SHOWS]
    except FileNotFoundError:
        return []


def delete_folder(folder: str) -> None:
    for name in files(folder):
        delete(name)
    if is_local():
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(current().path(folder))


@contextlib.contextmanager
def open_at(name: str, offset: int, length: int) -> Iterator[IO[bytes]]:
    """A part of a file, to be read from its beginning on. Of an S3 only this part is fetched."""
    storage: Any = current()
    if is_local():
        with storage.open(name) as file:
            file.seek(offset)
            yield file
        return
    answer = storage.bucket.Object(name).get(Range=f"bytes={offset}-{offset + length - 1}")
    with contextlib.closing(answer["Body"]) as body:
        yield body
