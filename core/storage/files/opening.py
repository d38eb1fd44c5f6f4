"""Makes the place for files that the configuration names.

Called by the composition root, once per application.
"""

from __future__ import annotations

from pathlib import Path

from core.config import FilesConfig
from core.storage.files.local import LocalFiles
from core.storage.files.place import FileStore


def open_files(config: FilesConfig) -> FileStore:
    """The place of the files; ConfigError if a bucket is named without boto3."""
    if config.place.startswith("s3://"):
        from core.storage.files.s3 import BucketFiles

        return BucketFiles(config)
    return LocalFiles(Path(config.place))
