"""An entity with rows becomes a tree: its paths are filled in, circles are found."""

from tests.unit.migrations.conftest import Bench

FIELDS = ("name: {type: text}", "over: {type: link, to: shop.book}")


def _books(bench: Bench) -> tuple[int, int, int]:
    bench.write(*FIELDS)
    bench.apply()
    one = bench.insert("shop.book", name="one")
    two = bench.insert("shop.book", name="two", over=one)
    three = bench.insert("shop.book", name="three", over=two)
    return one, two, three


def test_paths_of_rows_that_are_there_are_filled(bench: Bench) -> None:
    one, two, three = _books(bench)
    bench.write(*FIELDS, tree="over")
    bench.apply()
    assert bench.rows("shop.book", "over__path") == [
        (f"/{one}/",),
        (f"/{one}/{two}/",),
        (f"/{one}/{two}/{three}/",),
    ]


def test_a_new_tree_link_makes_every_row_a_root(bench: Bench) -> None:
    bench.write("name: {type: text}")
    bench.apply()
    one = bench.insert("shop.book", name="one")
    bench.write("name: {type: text}", tree="under")
    bench.apply()
    assert bench.rows("shop.book", "under", "under__path") == [(None, f"/{one}/")]


def test_a_circle_among_the_rows_keeps_the_plan_back(bench: Bench) -> None:
    one, _, three = _books(bench)
    bench.run(f"UPDATE shop_book SET over = {three} WHERE id = {one}")
    bench.write(*FIELDS, tree="over")
    (reason,) = bench.plan().blocked
    assert "cannot become a tree" in reason
    assert f"ids {one}, " in reason


def test_a_tree_can_be_given_up_and_renamed(bench: Bench) -> None:
    _books(bench)
    bench.write(*FIELDS, tree="over")
    bench.apply()
    bench.write(
        "name: {type: text}",
        "above: {type: link, to: shop.book, was: over}",
        tree="above",
    )
    steps = bench.apply()
    assert not any(step.startswith("fill") for step in steps)
    bench.write("name: {type: text}", "above: {type: link, to: shop.book}")
    assert bench.plan().blocked == ()
    bench.apply()
