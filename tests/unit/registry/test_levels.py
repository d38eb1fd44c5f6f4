"""Lines of lines end at the third level."""

import pytest

from tests.unit.registry.making import built


@pytest.mark.parametrize(("levels", "codes"), [(3, []), (4, ["E413"])])
def test_depth_of_lines(tmp_path, levels, codes):
    text = ""
    for level in range(levels + 1):
        owner = f"part_of: {{owner: a.l{level - 1}}}\n" if level else ""
        rows = (
            f"  items: {{type: lines, of: a.l{level + 1}}}\n" if level < levels else ""
        )
        text += (
            f"== a/entities/l{level}.yml\nentity: a.l{level}\n{owner}"
            f"fields:\n  name: {{type: text}}\n{rows}"
        )
    assert built(tmp_path, text).codes == codes


def test_rows_that_own_each_other_are_found(tmp_path):
    text = "".join(
        f"== a/entities/{one}.yml\nentity: a.{one}\npart_of: {{up: a.{other}}}\n"
        f"fields:\n  name: {{type: text}}\n"
        for one, other in (("b", "c"), ("c", "b"))
    )
    assert built(tmp_path, text).codes == ["E413", "E413"]
