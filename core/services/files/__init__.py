"""Uploaded files: taken in, looked into, given to fields, opened, cleaned away.

`uploads` takes them in, `given` and `uses` are part of every save, `reading` opens them
through their record, `cleaning` looks after the place.
"""

from core.services.files.cleaning import FilesReport, check_files, clean_files
from core.services.files.pictures import has_thumbnail
from core.services.files.reading import (
    THUMBNAIL_TYPE,
    OpenFile,
    field_file,
    open_file,
    small_picture,
    visible_file,
)
from core.services.files.uploads import Upload, limit_of, receive, size_text

__all__ = [
    "THUMBNAIL_TYPE",
    "FilesReport",
    "OpenFile",
    "Upload",
    "check_files",
    "clean_files",
    "field_file",
    "has_thumbnail",
    "limit_of",
    "open_file",
    "receive",
    "size_text",
    "small_picture",
    "visible_file",
]
