"""Adds the security headers to every response.

The factory installs it; nothing calls it directly. The policy allows no inline script,
no inline style, no evaluation of text and no framing.
"""

from flask import Flask, Response

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
#: Sent with every answer; the page about security lists them.
HEADERS = (
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "geolocation=(), microphone=(), payment=(), usb=()"),
)


def install_security_headers(app: Flask, https: bool) -> None:
    """Send the headers with every response of the app; HSTS only behind https."""

    @app.after_request
    def add(response: Response) -> Response:
        own = response.headers.get("Content-Security-Policy", POLICY)
        for name, value in HEADERS:
            response.headers.setdefault(name, value)
        if "frame-ancestors 'none'" not in own and "frame-ancestors" in own:
            # The older header knows no sites: what names them stands alone.
            del response.headers["X-Frame-Options"]
        # What one person sees must not wait in a shared cache or after signing out.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        if response.mimetype == "text/html":
            # The server renders the theme, so that no page flashes in the other one.
            response.headers.setdefault("Accept-CH", "Sec-CH-Prefers-Color-Scheme")
            response.vary.add("Cookie")
            response.vary.add("Sec-CH-Prefers-Color-Scheme")
        if https:
            response.headers.setdefault(
                "Strict-Transport-Security", "max-age=31536000; includeSubDomains"
            )
        return response
