"""Settings of recordings: the keys that they are sealed with, and where their files are."""

import base64
import contextlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

import environ

URL_SECONDS = 60  # for which the address of a file in S3 leads to it


def keys(env: environ.Env, file: Path, make: bool) -> list[str]:
    """The keys of RECORDINGS_KEY. Where there are none, and `make` says so, that of a file, which is made first."""
    found = [key for key in env.list("RECORDINGS_KEY", default=[]) if key]
    if found or not make:
        return found
    if not file.exists():
        _make(file)
    return [file.read_text().strip()]


def _make(file: Path) -> None:
    """Of several processes that start at once, one makes the file; the others find it whole."""
    file.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent) as fresh:  # Nobody else may read it.
        fresh.write(base64.urlsafe_b64encode(secrets.token_bytes(32)))
        fresh.flush()
        with contextlib.suppress(FileExistsError):
            os.link(fresh.name, file)


def storage(env: environ.Env, folder: Path) -> dict[str, Any]:
    """The bucket of S3_BUCKET, or a folder that nothing serves."""
    bucket = env.str("S3_BUCKET", default="")
    if not bucket:
        options: dict[str, Any] = {
            "location": folder,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        }
        return {"BACKEND": "recordings.storage.LocalFiles", "OPTIONS": options}
    options = {
        "bucket_name": bucket,
        "endpoint_url": env.str("S3_ENDPOINT", default="") or None,
        "region_name": env.str("S3_REGION", default="") or None,
        "access_key": env.str("S3_ACCESS_KEY", default="") or None,
        "secret_key": env.str("S3_SECRET_KEY", default="") or None,
        "default_acl": None,  # What has none is private, and many buckets refuse any.
        "querystring_auth": True,
        "querystring_expire": URL_SECONDS,
        "file_overwrite": True,  # Names are unguessable, so asking whether one is taken is a needless request.
        "signature_version": "s3v4",
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
