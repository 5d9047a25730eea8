"""The zip around a workbook: opened only where reading it can be bounded."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, BinaryIO, Final

from crm.importing.xlsx.words import broken, encrypted, old_format, too_large

_MEGABYTE: Final = 1024 * 1024
#: What describes the workbook, unpacked.
SMALL: Final = 16 * _MEGABYTE
#: Texts that cells share, unpacked.
TEXTS: Final = 512 * _MEGABYTE
#: One sheet, unpacked; a million rows of ten columns take about 500 MB.
SHEET: Final = 2048 * _MEGABYTE
#: The zip's own list of what is in it, which is read into memory.
_LIST: Final = 2 * _MEGABYTE

_OLE: Final = b"\xd0\xcf\x11\xe0"
_ZIP: Final = b"PK\x03\x04"
_LIST_ENDS: Final = b"PK\x05\x06"
_LIST_ENDS_64: Final = b"PK\x06\x06"
_PASSWORD: Final = "EncryptedPackage".encode("utf-16-le")
_ENCRYPTED_FLAG: Final = 0x1
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


def is_excel(file: BinaryIO) -> bool:
    """Whether the file is Excel's, of whatever kind, or another zip."""
    file.seek(0)
    return file.read(4).startswith((_OLE, _ZIP))


def open_zip(file: BinaryIO) -> zipfile.ZipFile:
    """The zip.

    Raises:
        CsvError: it is an old or encrypted workbook, broken, cut off, or its list is too long.
    """
    file.seek(0)
    if file.read(4) == _OLE:
        raise encrypted() if _holds(file, _PASSWORD) else old_format()
    _refuse_long_list(file)
    try:
        with archived_errors():
            return zipfile.ZipFile(file)
    except (ValueError, struct.error, OverflowError) as error:
        raise broken() from error


@contextmanager
def part(archive: zipfile.ZipFile, name: str, *, most: int) -> Iterator[IO[bytes]]:
    """That part, unpacked as it is read: never more than the zip says, and that at most `most`.

    Raises:
        CsvError: it is not there, too large, encrypted or broken.
    """
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise broken() from error
    if info.flag_bits & _ENCRYPTED_FLAG:
        raise encrypted()
    if info.compress_type not in _METHODS:
        raise broken()
    if info.file_size > most:
        raise too_large()
    with archived_errors(), archive.open(info) as opened:
        yield opened


@contextmanager
def archived_errors() -> Iterator[None]:
    """What Python says of a damaged zip, as what a person reads."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise broken() from error


def _refuse_long_list(file: BinaryIO) -> None:
    """Zips of millions of empty files would fill the memory before the first is read."""
    size = file.seek(0, 2)
    tail = min(size, 66_000)
    file.seek(size - tail)
    end = file.read(tail)
    place = end.rfind(_LIST_ENDS)
    if place < 0 or place + 16 > len(end):
        raise broken()
    [length] = struct.unpack_from("<L", end, place + 12)
    large = end.rfind(_LIST_ENDS_64, 0, place)
    if large >= 0 and large + 48 <= len(end):
        [length] = struct.unpack_from("<Q", end, large + 40)
    if length > _LIST:
        raise too_large()


def _holds(file: BinaryIO, wanted: bytes) -> bool:
    """Whether the bytes are anywhere in the file."""
    file.seek(0)
    kept = b""
    while block := file.read(_MEGABYTE):
        if wanted in kept + block:
            return True
        kept = block[-len(wanted) :]
    return False
