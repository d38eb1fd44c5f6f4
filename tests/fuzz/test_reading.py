"""Whatever stands in a file, reading ends in definitions and diagnostics."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from core.diagnostics import Diagnostics, as_json, render_all
from core.source import StructureReader, document_head, load_text
from tests.golden.samples import SampleEntity

CASES = Path(__file__).parents[1] / "golden" / "diagnostics"
SEEDS = [path.read_bytes() for path in sorted(CASES.glob("*.yml"))]
PIECES = [
    b"{", b"}", b"[", b"]", b",", b":", b": ", b"- ", b"\n", b"\t", b"'", b'"', b"&a ",
    b"*a", b"!x ", b"<<: ", b"---\n", b"...\n", b"%YAML 1.1\n", b"#", b"| ", b"> ",
    b"? ",
    b"=", b"(", b")", b"\xff", b"\x00", b"\xc2\x85", b"\xe2\x80\xa8", b"\r", b"1e999",
    b".inf", b"true", b"null", b"fields: ", b"entity: library.book\n", b"  ",
    b"\xef\xbb\xbf",
]  # fmt: skip


def read(data: bytes) -> None:
    found = Diagnostics()
    reader = StructureReader()
    for node in load_text(data, "a.yml", found):
        head = document_head(node, ("entity",), found)
        address = head.address if head else "entity library.x"
        document = reader.read(SampleEntity, node, address, found, head=bool(head))
        assert document is not None or found.has_errors
    text = data.decode("utf-8", "replace")
    assert bool(render_all(found, lambda file: text)) == bool(len(found))
    assert len(as_json(found)) == len(found)
    for diagnostic in found:
        assert diagnostic.span.file == "a.yml"


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_random_bytes(data):
    read(data)


@given(st.text(max_size=300))
@settings(max_examples=200)
def test_random_texts(text):
    read(text.encode("utf-8", "surrogatepass"))


@given(st.lists(st.sampled_from(PIECES), max_size=40))
@settings(max_examples=500)
def test_random_pieces_of_yaml(pieces):
    read(b"".join(pieces))


@given(
    st.sampled_from(SEEDS),
    st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 5), st.sampled_from(PIECES)),
        max_size=4,
    ),
)
@settings(max_examples=500)
def test_mutated_documents(seed, changes):
    for place, length, piece in changes:
        place %= len(seed) + 1
        seed = seed[:place] + piece + seed[place + length :]
    read(seed)
