"""How events are compressed: each thread has a compressor of its own, for one of them holds a megabyte."""

import threading

import zstandard

LEVEL = 3

_local = threading.local()


def compress(data: bytes) -> bytes:
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=LEVEL)
    compressed: bytes = _local.compressor.compress(data)
    return compressed


def decompress(data: bytes) -> bytes:
    if not hasattr(_local, "decompressor"):
        _local.decompressor = zstandard.ZstdDecompressor()
    plain: bytes = _local.decompressor.decompress(data)
    return plain
