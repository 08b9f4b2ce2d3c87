"""A passkey's other half in software: it makes credentials and signs as a device would, and lies where a test says so."""

import base64
import hashlib
import json
import struct
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

UP, UV, ATTESTED = 0x01, 0x04, 0x40


def written(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """A device with one passkey. `counts` as a security key does; a passkey of several devices says 0 for ever."""

    origin: str
    verifies: bool = True
    counts: bool = False
    client_data: dict[str, Any] = field(default_factory=dict)
    """What its browser says of itself beside the usual."""

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id, self.user_id, self.count = b"", b"", 0

    def creates(self, options: dict[str, Any]) -> str:
        """Answer what a page asked of `navigator.credentials.create`."""
        self.credential_id = hashlib.sha256(options["challenge"].encode()).digest()[:20]
        self.user_id = read(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        public = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = bytes(16) + struct.pack(">H", len(self.credential_id)) + self.credential_id + cbor2.dumps(public)
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(options["rp"]["id"], ATTESTED) + attested}
        said = {
            "clientDataJSON": self._said("webauthn.create", options),
            "attestationObject": written(cbor2.dumps(made)),
        }
        return self._answer(said | {"transports": ["internal", "made up"]})

    def uses(self, options: dict[str, Any]) -> str:
        """Answer what a page asked of `navigator.credentials.get`."""
        data, said = self._data(options["rpId"]), self._said("webauthn.get", options)
        signed = self.key.sign(data + hashlib.sha256(read(said)).digest(), ec.ECDSA(SHA256()))
        return self._answer(
            {
                "clientDataJSON": said,
                "authenticatorData": written(data),
                "signature": written(signed),
                "userHandle": written(self.user_id),
            }
        )

    def _data(self, party: str, more: int = 0) -> bytes:
        self.count += self.counts
        flags = UP | (UV if self.verifies else 0) | more
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _said(self, kind: str, options: dict[str, Any]) -> str:
        usual = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return written(json.dumps(usual | self.client_data).encode())

    def _answer(self, response: dict[str, Any]) -> str:
        shown = written(self.credential_id)
        return json.dumps({"id": shown, "rawId": shown, "type": "public-key", "response": response})
