"""A device that makes passkeys and signs with them, as WebAuthn says, in software."""

import base64
import hashlib
import json
import os
import struct
from dataclasses import dataclass, field

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

_PRESENT, _VERIFIED, _NEW = 0x01, 0x04, 0x40


@dataclass
class Device:
    """One authenticator with one passkey (ES256); `uses` is its counter."""

    origin: str = "http://localhost"
    uses: int = 0
    verified: bool = True
    id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def make(self, options: dict) -> str:
        """The answer to the options of a new passkey (attestation `none`)."""
        data = self._data(options["rp"]["id"], _NEW) + self._public()
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=attested)

    def sign(self, options: dict) -> str:
        """The answer to the options of signing in."""
        self.uses += 1
        data = self._data(options["rpId"])
        client = self._client("webauthn.get", options["challenge"])
        signed = self.key.sign(
            data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256())
        )
        return self._answer(
            clientDataJSON=client, authenticatorData=data, signature=signed
        )

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin}
        return json.dumps(told).encode()

    def _data(self, host: str, more: int = 0) -> bytes:
        flags = _PRESENT | more | (_VERIFIED if self.verified else 0)
        hashed = hashlib.sha256(host.encode()).digest()
        return hashed + struct.pack(">BI", flags, self.uses)

    def _public(self) -> bytes:
        """The new credential with its key in COSE's form (RFC 9053)."""
        point = self.key.public_key().public_numbers()
        x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
        cose = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        return bytes(16) + struct.pack(">H", len(self.id)) + self.id + cose

    def _answer(self, **parts: bytes) -> str:
        mine = _text(self.id)
        response = {name: _text(part) for name, part in parts.items()}
        found = {"id": mine, "rawId": mine, "type": "public-key", "response": response}
        return json.dumps(found | {"clientExtensionResults": {}})


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
