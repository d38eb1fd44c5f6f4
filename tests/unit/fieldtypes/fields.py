"""Small definitions for tests of field types: a schema, fields from YAML."""

from types import MappingProxyType

from core.diagnostics import Diagnostics
from core.expressions import types
from core.expressions.schema import Member, MemberKind, pseudo_members
from core.fieldtypes import FieldDef
from core.source import StructureReader, load_text


class SmallEntity:
    """An entity as expressions see it, from a list of members."""

    def __init__(self, id: str, *members: Member) -> None:
        self.id = id
        self.title = None
        self.order = ("-id",)
        self._members = {m.name: m for m in (*pseudo_members("base.user"), *members)}

    def member(self, name: str) -> Member | None:
        return self._members.get(name)

    def names(self):
        return self._members.keys()


class SmallSchema:
    """A few entities; the shipped records are `base.unit.kg` and nothing else."""

    def __init__(self, *entities: SmallEntity) -> None:
        self._entities = MappingProxyType({e.id: e for e in entities})

    def entity(self, id: str) -> SmallEntity | None:
        return self._entities.get(id)

    def entity_ids(self):
        return self._entities.keys()

    def external(self, external_id: str) -> str | None:
        return "base.unit" if external_id == "base.unit.kg" else None

    def has_role(self, role: str) -> bool:
        return False

    def setting(self, module: str, name: str) -> None:
        return None

    def currency_places(self, code: str) -> int | None:
        return 2 if code == "EUR" else None


def link(name: str, entity: str) -> Member:
    return Member(name, types.link(entity), MemberKind.LINK, target=entity)


def read_field(text: str, diagnostics: Diagnostics | None = None) -> FieldDef:
    """A field from the YAML of its body, such as `{type: text, length: 5}`."""
    found = Diagnostics() if diagnostics is None else diagnostics
    (node,) = load_text(text, "test.yml", found)
    field = StructureReader().read(
        FieldDef, node, "entity test.thing/fields/f", found, id="f"
    )
    assert field is not None, [d.message for d in found]
    assert diagnostics is not None or not len(found), [d.message for d in found]
    return field
