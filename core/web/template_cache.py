"""Keeps compiled templates in the home folder, so that the next start need not compile.

The factory gives it to Jinja. Each file is signed with the installation's key: code
that somebody else put there is not run, it is made again.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from jinja2.bccache import Bucket, BytecodeCache

_SEAL = hashlib.sha256().digest_size


class TemplateCache(BytecodeCache):
    """One file per template; whatever is missing, changed or broken is passed over."""

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        # Another version of Jinja makes other code from the same template.
        self._key = f"{key} {version('jinja2')}".encode()
        with suppress(OSError):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket if the template was compiled from this very text before."""
        try:
            kept = self._path(bucket).read_bytes()
        except OSError:
            return
        seal, code = kept[:_SEAL], kept[_SEAL:]
        if hmac.compare_digest(seal, self._seal(bucket, code)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what the bucket holds; a folder that cannot be written keeps nothing."""
        code = bucket.bytecode_to_string()
        path = self._path(bucket)
        # Under its own name first: nobody ever reads half a file.
        own = path.with_name(f"{path.name}.{os.getpid()}")
        with suppress(OSError):
            own.write_bytes(self._seal(bucket, code) + code)
            own.replace(path)

    def _path(self, bucket: Bucket) -> Path:
        return self._folder / bucket.key

    def _seal(self, bucket: Bucket, code: bytes) -> bytes:
        message = bucket.key.encode() + code
        return hmac.digest(self._key, message, "sha256")
