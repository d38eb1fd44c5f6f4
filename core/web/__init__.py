"""Pages and REST API over HTTP."""
