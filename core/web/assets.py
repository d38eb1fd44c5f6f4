"""Serves the files below `static/` so that browsers keep them for good.

The factory makes one `AssetStore`; templates ask it for addresses, which carry a hash
of all files. It hands on bytes, gzipped where that helps, with immutable cache headers.
"""

import gzip
import hashlib
import mimetypes
from pathlib import Path
from threading import Lock
from types import MappingProxyType

from flask import Blueprint, Response, abort, request

from core.frozen import frozen

STATIC = Path(__file__).resolve().parent / "static"
# One style sheet for the browser, many small files for people.
BUNDLE = "css/app.css"
_COMPRESSED = frozenset({".css", ".js", ".svg", ".json", ".txt"})
_TYPES = MappingProxyType(
    {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
)


@frozen
class Asset:
    """One served file: its bytes, plain and gzipped (None where it would not help)."""

    content: bytes
    packed: bytes | None
    mimetype: str


class AssetStore:
    """The files below one folder, read at first use and kept in memory."""

    def __init__(self, folder: Path = STATIC) -> None:
        self._files = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        self._styles = tuple(
            path for name, path in self._files.items() if name.startswith("css/")
        )
        self._loaded: dict[str, Asset] = {}
        self._lock = Lock()
        digest = hashlib.sha256()
        for name, path in self._files.items():
            digest.update(name.encode())
            digest.update(path.read_bytes())
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file; modules import each other relative to it."""
        if name != BUNDLE and name not in self._files:
            raise LookupError(f"there is no static file {name}")
        return f"/static/{self.version}/{name}"

    def get(self, name: str) -> Asset | None:
        """The file with this path below the folder, or None."""
        asset = self._loaded.get(name)
        if asset is None and (name == BUNDLE or name in self._files):
            with self._lock:
                asset = self._loaded.setdefault(name, self._load(name))
        return asset

    def _load(self, name: str) -> Asset:
        sources = self._styles if name == BUNDLE else (self._files[name],)
        content = b"".join(path.read_bytes() for path in sources)
        suffix = Path(name).suffix
        guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
        packed = gzip.compress(content, 6, mtime=0) if suffix in _COMPRESSED else None
        return Asset(content, packed, _TYPES.get(suffix, guessed))


def asset_blueprint(store: AssetStore) -> Blueprint:
    """The route that serves the store's files."""
    blueprint = Blueprint("assets", __name__)

    @blueprint.get("/static/<version>/<path:name>")
    def serve(version: str, name: str) -> Response:
        asset = store.get(name)
        if asset is None:
            abort(404)
        response = Response(mimetype=asset.mimetype)
        if asset.packed is not None and request.accept_encodings["gzip"] > 0:
            response.set_data(asset.packed)
            response.headers["Content-Encoding"] = "gzip"
        else:
            response.set_data(asset.content)
        response.headers["Vary"] = "Accept-Encoding"
        current = version == store.version
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if current else "no-cache"
        )
        return response

    return blueprint
