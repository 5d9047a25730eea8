"""How large an uploaded file may be, and how a larger one is turned away without being stored."""

from typing import Any, Final

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

MEGABYTES: Final = 50
#: What a form may take beside its file: names, tokens, borders.
BESIDE: Final = 64 * 1024


def is_too_large(length: int) -> bool:
    """Whether a request of so many bytes holds a file beyond the limit."""
    return length > MEGABYTES * 1024 * 1024 + BESIDE


class LimitHandler(FileUploadHandler):
    """Lets the files of a request that is too large run by: neither disk nor memory takes them."""

    def handle_raw_input(self, *args: Any, **_more: Any) -> None:
        """Look at the length that the request declares: input, META, content length, …"""
        self._skips = is_too_large(int(args[2]))

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Skip the file where the request is too large."""
        super().new_file(*args, **kwargs)
        if self._skips:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        """Hand the chunk on to those that keep it."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Keep nothing of its own."""
