"""The pages of business records: lists, forms, records, for every entity alike.

`install_pages` adds them to the web app; they work through core.services only.
"""

from core.web.pages.register import install_pages

__all__ = ["install_pages"]
