"""What the pages for beginners show works as it stands there."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path

from core.app import build_application
from core.cli.setup import apply_with_data
from core.config import ROOT, AppConfig
from core.migrations import make_plan
from core.services import Actor

FILE = re.compile(
    r"(?:# |`)(modules/kennel/[a-z/]+\.yml)`?:?\n+(?:```yaml\n)?(.*?)```", re.S
)


def written(folder: Path) -> Path:
    for page in ("README.md", "docs/getting-started.md"):
        for name, text in FILE.findall((ROOT / page).read_text("utf-8")):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return folder / "modules"


def test_the_kennel_of_the_readme_works(tmp_path: Path) -> None:
    folder = written(tmp_path)
    names = sorted(path.name for path in folder.rglob("*.yml"))
    assert names == ["menu.yml", "module.yml", "permissions.yml", "stay.yml"]
    config = AppConfig(
        home=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'kennel.db'}",
        secret_key="k" * 48,
        modules_paths=(ROOT / "modules", folder),
    )
    app = build_application(config)
    apply_with_data(app, make_plan(app.compiled, app.database))
    with app.transaction(Actor.system()) as tx:
        company = tx.resolve("base.company", "MAIN")
        owner = tx.create("base.party", {"name": "Ann"}).id
    keeper = Actor(
        None,
        "tom",
        frozenset({"kennel.keeper"}),
        companies=(company or 0,),
        company=company,
    )
    stay = {
        "dog": "Rex",
        "owner": owner,
        "arrives": date(2026, 11, 25),
        "leaves": date(2026, 11, 30),
        "price": "19.90",
    }
    with app.transaction(keeper) as tx:
        made = tx.create("kennel.stay", stay)
        assert (made["nights"], made["total"]) == (5, Decimal("99.50"))
    app.close()
