"""Ways in and what is kept about them: sessions, second factors, passkeys, providers.

The sign-in pages and the pages of one's own account call it; heavy libraries are loaded
by the first request that needs them.
"""
