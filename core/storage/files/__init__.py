"""Where the bytes of uploaded files lie: by their hash, on disk or in a bucket."""

from core.storage.files.local import LocalFiles
from core.storage.files.opening import open_files
from core.storage.files.place import FileGone, FileStore, FilesUnavailable, key_of

__all__ = [
    "FileGone",
    "FileStore",
    "FilesUnavailable",
    "LocalFiles",
    "key_of",
    "open_files",
]
