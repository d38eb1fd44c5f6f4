"""A provider of OpenID Connect on this machine, for tests: it checks what it is asked.

`twists` makes it answer wrongly, one way at a time.
"""

import base64
import hashlib
import secrets
import threading
import time
from contextlib import contextmanager
from urllib.parse import urlencode

from flask import Flask, jsonify, redirect, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import WSGIRequestHandler, make_server

CLIENT, SECRET = "erp", "hush hush"
PERSON = {
    "sub": "subject-7",
    "email": "jonas@brindlemoor.example",
    "email_verified": True,
    "preferred_username": "jonas",
    "name": "Jonas Pertek",
}


class Quiet(WSGIRequestHandler):
    def log(self, *_args):
        """Requests of a test are no news."""


class Provider:
    """The provider; `person` is who sits in front of the browser."""

    def __init__(self):
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.other = RSAKey.generate_key(2048, {"kid": "one"})
        self.person = dict(PERSON)
        self.twists = {}
        self.codes = {}
        self.asked = []
        self.issuer = ""
        self.app = Flask(__name__)
        for rule, view, method in (
            ("/.well-known/openid-configuration", self.describe, "GET"),
            ("/authorize", self.authorize, "GET"),
            ("/token", self.token, "POST"),
            ("/jwks", self.jwks, "GET"),
        ):
            self.app.add_url_rule(rule, rule, view, methods=[method])

    def describe(self):
        return jsonify(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
            }
            | self.twists.get("description", {})
        )

    def jwks(self):
        return jsonify(keys=[self.key.as_dict(private=False)])

    def authorize(self):
        asked = request.args.to_dict()
        self.asked.append(asked)
        assert asked["client_id"] == CLIENT
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"]} | self.twists.get("back", {})
        return redirect(f"{asked['redirect_uri']}?{urlencode(back)}")

    def token(self):
        asked = self.codes.pop(request.form["code"], None)
        verifier = request.form.get("code_verifier", "")
        digest = hashlib.sha256(verifier.encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        client = request.authorization
        if (
            asked is None
            or proof != asked["code_challenge"]
            or request.form["redirect_uri"] != asked["redirect_uri"]
            or (client.username, client.password) != (CLIENT, SECRET)
        ):
            return jsonify(error="invalid_grant"), 400
        if "token" in self.twists:
            return self.twists["token"]()
        answer = {"access_token": "x", "token_type": "Bearer", "expires_in": 60}
        return jsonify(answer | {"id_token": self.id_token(asked)})

    def id_token(self, asked):
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
        }
        claims |= self.person | self.twists.get("claims", {})
        claims = {key: value for key, value in claims.items() if value is not None}
        signing = self.twists.get("signing")
        if signing == "other key":
            return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.other)
        if signing == "none":
            parts = jwt.encode({"alg": "RS256"}, claims, self.key).split(".")
            head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
            return f"{head}.{parts[1]}."
        if signing == "public key as secret":
            secret = OctKey.import_key(self.key.as_pem(private=False))
            return jwt.encode({"alg": "HS256"}, claims, secret)
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)


@contextmanager
def serving():
    """Yield the provider, listening on this machine."""
    provider = Provider()
    server = make_server("127.0.0.1", 0, provider.app, request_handler=Quiet)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
