"""Whether one module may name what another one defines.

Asked by composition and checks for every reference; reports E301, E305 and stays quiet
about what is broken or belongs to an optional module that is off.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from core.diagnostics import Diagnostics, Span, did_you_mean
from core.registry.module_source import ModuleSource

OVERLAY = "x"


class Dependencies:
    """The modules that are on, and what each of them names in its manifest."""

    def __init__(
        self, modules: Sequence[ModuleSource], diagnostics: Diagnostics
    ) -> None:
        self._named = {
            module.name: {
                module.name,
                *module.definition.depends,
                *module.definition.optional,
            }
            for module in modules
        }
        self._optional = {
            module.name: set(module.definition.optional) for module in modules
        }
        self._manifests = {module.name: module.definition for module in modules}
        self._diagnostics = diagnostics
        self._reported: set[tuple[str, str]] = set()

    def is_off(self, user: str, id: str) -> bool:
        """Whether the id belongs to a module that the user only knows as optional."""
        owner = id.partition(".")[0]
        return owner not in self._named and owner in self._optional.get(user, ())

    def may_declassify(self, module: str, field: str) -> bool:
        """Whether the module's manifest asks for making the field public.

        An overlay is the business's own word; it has no manifest to ask with.
        """
        manifest = self._manifests.get(module)
        if manifest is None:
            return True
        return manifest.asks is not None and field in manifest.asks.declassify

    def check(
        self,
        user: str,
        kind: str,
        id: str,
        there: Mapping[str, object] | Iterable[str],
        span: Span,
        optional: bool = False,
    ) -> bool:
        """Return whether the module `user` may refer to `kind id`; report if not.

        `there` holds the ids that exist. `optional` allows, in silence, what belongs to
        an optional module that is off; the reference does not count then either.
        """
        if id not in there:
            if not (optional and self.is_off(user, id)):
                self._missing(kind, id, there, span)
            return False
        owner = id.partition(".")[0]
        named = self._named.get(user)
        if named is None or owner in named or owner == OVERLAY:
            return True
        if (user, owner) not in self._reported:
            self._reported.add((user, owner))
            self._diagnostics.error(
                "E305",
                f"the module '{user}' uses '{owner}' without naming it",
                span,
                f"belongs to the module '{owner}'",
                f"add '{owner}: \">=...\"' under 'depends:' in module.yml of '{user}'",
            )
        return True

    def _missing(self, kind: str, id_: str, there: Iterable[str], span: Span) -> None:
        if self.is_quiet(kind, id_):
            return
        self._diagnostics.error(
            "E301",
            f"there is no {kind} '{id_}'",
            span,
            "not found in any module that is on",
            did_you_mean(id_, there),
        )

    def is_quiet(self, kind: str, id: str) -> bool:
        """Whether the thing is missing only because its text is broken."""
        owner = id.partition(".")[0]
        broken = self._diagnostics.is_broken
        return (
            broken(f"{kind} {id}")
            or broken(f"{kind} {owner}")
            or broken(f"module {owner}")
        )
