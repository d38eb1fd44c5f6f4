"""Files in a bucket of a store that speaks S3, for several web hosts over one place.

Made by `opening` for `s3://bucket/prefix`. boto3 is an extra (`intarsia[s3]`) and is
imported when the first store is made.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO

from core.config import ConfigError, FilesConfig
from core.storage.files.place import FileGone, FilesUnavailable, Kept, key_of

_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
_SPOOLED = 1024 * 1024


class BucketFiles:
    """A FileStore in a bucket, below a prefix."""

    def __init__(self, config: FilesConfig) -> None:
        bucket, _, prefix = config.place.removeprefix("s3://").partition("/")
        self.bucket = bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._client = _client(config)

    def put(self, sha256: str, source: BinaryIO) -> None:
        """Keep the bytes of an open file; the same bytes again only renew its age."""
        source.seek(0)
        with self._told():
            self._client.put_object(
                Bucket=self.bucket, Key=self._key(sha256), Body=source
            )

    def open(self, sha256: str) -> BinaryIO:
        """Open a kept file for reading; FileGone if there is none."""
        with self._told(sha256), ExitStack() as stack:
            target: Any = stack.enter_context(tempfile.SpooledTemporaryFile(_SPOOLED))
            self._client.download_fileobj(self.bucket, self._key(sha256), target)
            target.seek(0)
            # It is complete: from here on the caller closes it.
            stack.pop_all()
        opened: BinaryIO = target
        return opened

    def has(self, sha256: str) -> bool:
        """Whether the bytes are there."""
        try:
            with self._told(sha256):
                self._client.head_object(Bucket=self.bucket, Key=self._key(sha256))
        except FileGone:
            return False
        return True

    def remove(self, sha256: str) -> None:
        """Forget the bytes and all that was made from them."""
        with self._told():
            for key in self._keys(self._key(sha256)):
                self._client.delete_object(Bucket=self.bucket, Key=key["Key"])

    def put_made(self, sha256: str, kind: str, content: bytes) -> None:
        """Keep something made from a file."""
        with self._told():
            self._client.put_object(
                Bucket=self.bucket, Key=self._key(sha256, kind), Body=content
            )

    def made(self, sha256: str, kind: str) -> bytes | None:
        """What was made from a file before, or None."""
        try:
            with self._told(sha256):
                found = self._client.get_object(
                    Bucket=self.bucket, Key=self._key(sha256, kind)
                )
                content: bytes = found["Body"].read()
        except FileGone:
            return None
        return content

    def walk(self) -> Iterator[Kept]:
        """All files that are kept, in the order of their hashes."""
        with self._told():
            for found in self._keys(self.prefix):
                name = found["Key"].rpartition("/")[2]
                if len(name) == 64:
                    yield Kept(name, found["LastModified"], found["Size"])

    def _key(self, sha256: str, kind: str = "") -> str:
        return self.prefix + key_of(sha256, kind)

    def _keys(self, prefix: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self.bucket, Prefix=prefix):
            yield from page.get("Contents", ())

    @contextmanager
    def _told(self, sha256: str = "") -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if sha256 and code in _MISSING:
                text = f"The file {sha256[:12]} is not in the bucket {self.bucket}."
                raise FileGone(text) from None
            text = f"The bucket {self.bucket} of the files answers '{code}'."
            raise FilesUnavailable(text) from error
        except (BotoCoreError, OSError) as error:
            text = f"The store of the files cannot be reached: {type(error).__name__}."
            raise FilesUnavailable(text) from error


def _client(config: FilesConfig) -> Any:
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        raise ConfigError(
            "INTARSIA_FILES names a bucket, but boto3 is not installed. "
            "Install the extra: pip install 'intarsia[s3]'."
        ) from None
    return boto3.client(
        "s3",
        endpoint_url=config.endpoint or None,
        region_name=config.region or "us-east-1",
        aws_access_key_id=config.key or None,
        aws_secret_access_key=config.secret or None,
        config=Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"max_attempts": 3, "mode": "standard"},
            # Stores other than Amazon's do not all know the newer checksums.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            s3={"addressing_style": "path" if config.endpoint else "auto"},
        ),
    )
