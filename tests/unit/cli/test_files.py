"""The command `files`: says what is wrong, cleans what nobody holds."""

import io


def test_check_and_clean(call, start, home):
    from core.cli.surroundings import as_platform, ready_application
    from core.services.files import receive

    start()
    app = ready_application()
    with as_platform(app) as tx:
        made = receive(tx.scene, io.BytesIO(b"hello"), "a.txt")
    app.close()
    said = call("files", "check", "--json")
    assert said.code == 0
    assert said.document["sound"] is True
    assert said.document["unused"] == [made.file.sha256]
    assert "1 files with 5 bytes are kept." in call("files", "check").out

    assert "0 files were removed." in call("files", "clean").out
    dry = call("files", "clean", "--days", "0", "--dry-run", "--json").document
    assert dry == {"removed": [made.file.sha256], "dry_run": True}
    assert "1 file was removed." in call("files", "clean", "--days", "0").out
    assert not [one for one in (home / "files").rglob("*") if one.is_file()]


def test_a_damaged_file_is_named(call, start, home):
    from core.cli.surroundings import as_platform, ready_application
    from core.services.files import receive

    start()
    app = ready_application()
    with as_platform(app) as tx:
        sha256 = receive(tx.scene, io.BytesIO(b"hello"), "a.txt").file.sha256
    app.close()
    [kept] = (one for one in (home / "files").rglob("*") if one.is_file())
    kept.write_bytes(b"HELLO")
    said = call("files", "check")
    assert said.code == 1
    assert f"Damaged: 1\n  {sha256}" in said.out
