"""The two addresses for those who watch over the server."""

from core.storage import tables


def test_alive_and_ready_need_no_sign_in(app, database):
    client = app.test_client()
    tables.metadata.create_all(database.engine)
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert (answer.status_code, answer.json) == (200, {"status": "ok"})
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers


def test_a_database_without_tables_is_not_ready(app, database):
    tables.metadata.drop_all(database.engine)
    client = app.test_client()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200
