"""The contract that every module keeps: installed alone, used, turned off and on again.

Called by `tests/module/test_contract.py` for the shipped modules and by the author of
any other module; it hands on one test per module and check:

    from pathlib import Path
    from core.testing.module_contract import contract_of

    test_contract = contract_of(Path("modules"))

with `pytest_plugins = ["core.testing.plugin"]` in `conftest.py`. The checks make their
own records from the definitions; the module needs no line of test code for them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from core.diagnostics import Diagnostics
from core.registry import discover
from core.testing.contract_life import check_demo, check_plan, check_switching
from core.testing.contract_records import check_records, check_ways
from core.testing.contract_rights import check_rights, check_screens
from core.testing.installation import Installation, InstallModule

Check = Callable[[Installation], None]


def _records(at: Installation) -> None:
    for entity in at.entities:
        check_records(at, entity)


def _ways(at: Installation) -> None:
    definitions = at.application.registry.entities
    for entity in at.entities:
        if not definitions[entity].part_of:
            check_ways(at, entity)


#: What is checked, in this order; each one says in its docstring what it asks for.
CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "plan": check_plan,
        "demo": check_demo,
        "records": _records,
        "ways": _ways,
        "rights": check_rights,
        "screens": check_screens,
        "switching": check_switching,
    }
)


def modules_in(*folders: Path) -> list[str]:
    """The names of the modules in these folders, each a folder with a module.yml."""
    found = discover(folders, Diagnostics(), entry_points=False)
    return sorted(source.name for source in found)


def contract_of(
    *folders: Path, modules: Sequence[str] | None = None, also: Sequence[Path] = ()
) -> Callable[..., None]:
    """A pytest function that checks each module of the folders on an own database.

    modules: only these. also: folders with modules that they depend on. A module is
    installed once; its checks use the same installation one after the other.
    """
    names = modules_in(*folders) if modules is None else list(modules)
    cases = [(module, check) for module in names for check in CHECKS]
    places = (*folders, *also)

    @pytest.mark.parametrize(
        ("module", "check"), cases, ids=[f"{m}-{c}" for m, c in cases]
    )
    def contract(module: str, check: str, install_module: InstallModule) -> None:
        CHECKS[check](install_module(places, module))

    return contract
