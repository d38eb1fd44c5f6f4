"""The veterinary practice: bills, vaccinations that fall due, findings kept safe."""

from datetime import date
from decimal import Decimal

import pytest

from core.services import Query, ValidationFailed
from tests.module.conftest import Business

LINES = [
    {"text": "X-ray", "price": "80"},
    {"text": "Bandage", "quantity": "2", "price": "4.50"},
]


def test_a_visit_sums_up_and_a_vaccination_falls_due(business: Business) -> None:
    doctor = business.somebody("vera", "vet.doctor")
    owner = business.do(doctor, lambda tx: tx.create("base.party", {"name": "Berg"}))
    rex = {"name": "Rex", "owner": owner.id, "species": "dog"}
    animal = business.do(doctor, lambda tx: tx.create("vet.animal", rex)).id
    visit = {"animal": animal, "reason": "Limps", "lines": LINES}
    made = business.do(doctor, lambda tx: tx.create("vet.visit", visit))
    assert made["total"] == Decimal("89.00")

    rabies = business.see(doctor, lambda r: r.resolve("vet.vaccine", "rabies"))
    shot = {"animal": animal, "vaccine": rabies, "given_on": "2024-02-29"}
    first = business.do(doctor, lambda tx: tx.create("vet.vaccination", shot))
    assert first["due_on"] == date(2027, 2, 28)
    business.do(doctor, lambda tx: tx.run_action("vet.vaccination", first.id, "renew"))
    open_ones = Query(filter="not renewed")
    later = business.see(doctor, lambda r: r.search("vet.vaccination", open_ones))
    rex_now = business.see(doctor, lambda r: r.get("vet.animal", animal))
    assert [one["due_on"] for one in later.items] == [rex_now["next_due"]]


def test_the_reception_does_not_write_findings(business: Business) -> None:
    desk = business.somebody("rita", "vet.reception")
    owner = business.do(desk, lambda tx: tx.create("base.party", {"name": "Berg"}))
    rex = {"name": "Rex", "owner": owner.id, "species": "dog"}
    animal = business.do(desk, lambda tx: tx.create("vet.animal", rex)).id
    visit = business.do(
        desk, lambda tx: tx.create("vet.visit", {"animal": animal, "reason": "Limps"})
    )
    with pytest.raises(ValidationFailed):
        business.do(
            desk, lambda tx: tx.update("vet.visit", visit.id, {"findings": "Sprain"})
        )
