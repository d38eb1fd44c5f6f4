"""The diagnostic codes by stage; joined by `core.diagnostics.codes`.

Each file holds `CODES`, a tuple of `Code`.
"""

__all__: list[str] = []
