"""Remakes `static/vendor/` from npm packages of fixed versions.

A maintainer runs it (`python -m core.web.vendoring`, needs npm) after changing a
version here or a name in `definitions/icons.txt`; it hands on the files and
`VENDOR.json`, which lists each file with package, version, licence and sha256.
"""

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
VENDOR = HERE / "static" / "vendor"
FONT_FOLDER = HERE.parent / "reports" / "fonts"
ICON_NAMES = HERE.parent / "definitions" / "icons.txt"
_SOURCE_MAP = re.compile(r"(/\*|//)# sourceMappingURL=.*?(\*/|$)", re.MULTILINE)
_LINES = (
    'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" '
    'stroke-linejoin="round"'
)
_FILLED = "-filled"


@dataclass(frozen=True)
class Package:
    """One npm package and which of its files become which vendored files."""

    name: str
    version: str
    licence: str
    files: tuple[tuple[str, str], ...]


PACKAGES = (
    Package(
        "@tabler/core",
        "1.6.1",
        "MIT",
        (
            ("dist/css/tabler.min.css", "tabler.min.css"),
            ("dist/css/tabler.rtl.min.css", "tabler.rtl.min.css"),
        ),
    ),
    Package("htmx.org", "2.0.11", "0BSD", (("dist/htmx.min.js", "htmx.min.js"),)),
    Package("@alpinejs/csp", "3.17.4", "MIT", (("dist/cdn.min.js", "alpine.min.js"),)),
    Package(
        "echarts", "6.1.0", "Apache-2.0", (("dist/echarts.min.js", "echarts.min.js"),)
    ),
)
FONTS = Package(
    "dejavu-fonts-ttf",
    "2.37.3",
    "Bitstream Vera and public domain",
    (
        ("ttf/DejaVuSans.ttf", "DejaVuSans.ttf"),
        ("ttf/DejaVuSans-Bold.ttf", "DejaVuSans-Bold.ttf"),
        ("LICENSE", "LICENSE"),
    ),
)
ICONS = Package("@tabler/icons", "3.51.0", "MIT", (("icons", "icons.svg"),))


def remake(vendor: Path = VENDOR) -> dict[str, Mapping[str, str]]:
    """Fetch every package, write the files and their list, and return that list."""
    vendor.mkdir(parents=True, exist_ok=True)
    listed: dict[str, Mapping[str, str]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for package in (*PACKAGES, ICONS):
            root = _fetch(package, Path(scratch))
            for source, target in package.files:
                text = (
                    _sprite(root / source, ICON_NAMES.read_text().split())
                    if package is ICONS
                    else _SOURCE_MAP.sub("", (root / source).read_text("utf-8"))
                )
                (vendor / target).write_text(text, "utf-8")
                listed[target] = _entry(package, text.encode("utf-8"))
    _write_list(vendor, listed)
    return listed


def remake_fonts(folder: Path = FONT_FOLDER) -> dict[str, Mapping[str, str]]:
    """Fetch the fonts of printed records, write them and their list."""
    listed: dict[str, Mapping[str, str]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        root = _fetch(FONTS, Path(scratch))
        for source, target in FONTS.files:
            content = (root / source).read_bytes()
            (folder / target).write_bytes(content)
            listed[target] = _entry(FONTS, content)
    _write_list(folder, listed)
    return listed


def _write_list(folder: Path, listed: Mapping[str, Mapping[str, str]]) -> None:
    document = {"files": dict(sorted(listed.items()))}
    (folder / "VENDOR.json").write_text(json.dumps(document, indent=2) + "\n")


def _entry(package: Package, content: bytes) -> Mapping[str, str]:
    return {
        "package": package.name,
        "version": package.version,
        "licence": package.licence,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _fetch(package: Package, scratch: Path) -> Path:
    """Unpack the package below `scratch` and return its root folder."""
    folder = scratch / package.name.replace("/", "_")
    folder.mkdir()
    command = ["npm", "pack", "--silent", f"{package.name}@{package.version}"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as tar:
        tar.extractall(folder, filter="data")
    return folder / "package"


def _sprite(icons: Path, names: Sequence[str]) -> str:
    """Join the named icons into one SVG; `star-filled` is the filled star."""
    symbols = []
    for name in names:
        filled = name.endswith(_FILLED)
        source = icons / ("filled" if filled else "outline")
        svg = (source / f"{name.removesuffix(_FILLED)}.svg").read_text("utf-8")
        body = re.sub(r"(?s)^.*?<svg[^>]*>|</svg>\s*$", "", svg)
        drawn = 'fill="currentColor"' if filled else _LINES
        body = re.sub(r"\n\s*", "", body)
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" {drawn}>{body}</symbol>'
        )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"
    )


if __name__ == "__main__":
    for file, entry in (remake() | remake_fonts()).items():
        print(f"{file:22} {entry['package']}@{entry['version']} {entry['sha256'][:12]}")
