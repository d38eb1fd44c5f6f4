"""`rights` and `explain` on the command line."""


def test_rights_are_listed_and_narrowed(call, start, home):
    said = call("rights", "--role", "crm.user", "--entity", "crm.lead", "--json")
    assert said.code == 0
    by = {line["by"]: line for line in said.document}
    assert by["crm.user"]["where"] == "owner is null or owner == me"
    assert "read" in by["crm.reader"]["verbs"]
    shown = call("rights", "--verb", "convert").out
    assert "crm.lead" in shown
    assert "base.tag" not in shown
    assert call("rights", "--role", "crm.usr").code != 0


def test_the_reasons_of_a_user(call, start, home):
    start("--demo")
    said = call("explain", "crm.lead", "1", "admin", "--verb", "update", "--json")
    assert said.document["allowed"] is True
    assert "administrator" in said.document["reasons"][0]
    assert call("explain", "crm.lead", "1", "nobody").code != 0
    assert call("explain", "crm.led", "1", "admin").code != 0
