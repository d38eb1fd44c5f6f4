"""The REST API: every entity under `/api/v1/<module>/<entity>`, from its definition.

The web factory registers it; `docs/` describes it for callers.
"""

from core.web.api.register import register_api

__all__ = ["register_api"]
