"""SSH keys to paste, made by `ssh-keygen` once, and what `ssh-keygen -l` says of them."""

import base64
import struct

# fmt: off
ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBMT1rxha7gooSfTttIVLHQplWm/U0Lh0mEFQz5DZZW0 alice@laptop"
RSA = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDDUY2snKIMz+BTi9CP/D67EZMgpMkuLnLGYNWcbHuzF3RU2hLsPCLSVwK8iaBQXF37JyTWnYNuZgktQRivwc4TsVFEz9zgXHpZQLKzBlTIhRrGTCOIOO/trifeNOGpKTKyNdcT8TAm6eLPu5GUOEDGL1NzKwcJRW3uwuobR9Gr2DBPn4kukyO6fkcPytDe4Uy3MBDDjh1v+nPorLbICQlcitNgM9kuLqwoX5TU4A5IOZmBMftREsV+2oR7noiZvZJCnL6NEPrufLK2BZOEA25V4er8z4cmZmvZFGfj9XpI5uotDkQU4cB67A4sgWEblZdP+Yx2VWkkdF6u9sYyZUPh alice@laptop"
ECDSA = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBCQnjbSV6YzTfPxKoRXCTyaTXdPb4YvnCwv0C9cILq7+wT3ZdB0ySNrstNf9cx/jRIn+dzR/Bow0BH2qO61U3r4= alice@laptop"
ECDSA_384 = "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBD8++j8b/5Ed5tC5SuB0H5qclUpsy0ERGTO2pgHpJbABGeok41rD91ff+k5Sij84SKbCHc32Z9RgqsWreCSYIaB9wnuQATDRhV6LdjpPWZBdjCqAlJE9WH1JBM6K4/tpyA== alice@laptop"
ED25519_SK = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAILrFZ+Px0A0dM3MWYSbqGzT1SPIiPyo5drC4TW04pSwPAAAABHNzaDo= alice@token"
ECDSA_SK = "sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBCQnjbSV6YzTfPxKoRXCTyaTXdPb4YvnCwv0C9cILq7+wT3ZdB0ySNrstNf9cx/jRIn+dzR/Bow0BH2qO61U3r4AAAAEc3NoOg== alice@token"
RSA_1024 = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDzvod6V1wdf1Uogm8/mRgaeULtNNrv79dckMY/2x9fndEqAgwSc9BeYkIZPrjnkvKqqWHvwe4hoetneq/AcKoxCBARXYg/BN5qmedcU9g9+gYp0EXz+fOTehUWNzQgmpo2UlWIl49ihWHDqHUWhLNCsgrW3zVdfOb2JPfJ8NX/AQ== x@y"
DSA = "ssh-dss AAAAB3NzaC1kc3MAAACBALTbx2NzJH4FWs4F3BQVz9SAviC+LTEmtb6dm6LnAQP1D79/hlB0Tbpe/DFpQVE1GgZjM65diEihN9Q2o7k19bZl0L+/QV5nvjc5V9sRzRng7H7H8HkdALUVgWzFKzuc6sYUDaMpTDaPPeVG/4BMkISHjWN0TOvKn3gN2mK5E36zAAAAFQD+/kTglPTZT1Dvm1bvxh2QJZdEhQAAAIEAhbMFhnMf8z+QYcEj8InQCpu2Umy1PUkYTbAbIXVdhfWCZ/IbwTxSsMMN7FnFqqc/H5AHb+P0dgD4jua45kP4ZrZKQN74StwIiDPLUm02Vo3xEOHwRyNHhcRp8RP0/Aam9rQpFAB9QcV2/nqO38vU6sdniFF6DCUieOS2BpXAPloAAACAMmADDyV6Iw4K7EAfTLr4Oyc0Rvua5jPmoTxSEitTnutQXeIUlWKTrHll634tZd8IX/EZ2RKsdDPSyVxZ7ErP7utYj7QHie7aLfmJ1qqNuPRQvSZBRIl0p/4nMWdQzd3lx0uSRTQiErnSRymrGxGnqsYXf2wTLOTcbCzvvyeT+pE= x@y"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILrFZ+Px0A0dM3MWYSbqGzT1SPIiPyo5drC4TW04pSwP bob@desk"
SAID = {
    ED25519: (256, "SHA256:pbWoR/b8NlCBIy+vbAvR31OHG/X1HoQBbH8e4GnXhC8", "ED25519"),
    RSA: (2048, "SHA256:pbR7Cy0SdEwtTRET9cSct6kNQsAWtU+Ms/zfRXR3cEo", "RSA"),
    ECDSA: (256, "SHA256:t2mDuFmT/KCgYlKFmYg63JbaG/TB0Zg3CFtRGpCUol0", "ECDSA"),
    ECDSA_384: (384, "SHA256:IT518izraa7/7iIvYiBjXhkGBAq/X+xQFyzlRM9cwx4", "ECDSA"),
    ED25519_SK: (256, "SHA256:/EcKzyP5+AMQmi3+CpX3FbjeYyVzpuwCFn6tYC1epBQ", "ED25519-SK"),
    ECDSA_SK: (256, "SHA256:njOdtSmKOlfMmRQR3FudcA1UkkQsKQOEwS7exJmx6tc", "ECDSA-SK"),
}
"""By the line: the bits, the fingerprint and the type in brackets."""
PRIVATE_OPENSSH = """\
-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW
QyNTUxOQAAACATE9a8YWu4KKEn07bSFSx0KZVpv1NC4dJhBUM+Q2WVtAAAAJB3Zm0wd2Zt
MAAAAAtzc2gtZWQyNTUxOQAAACATE9a8YWu4KKEn07bSFSx0KZVpv1NC4dJhBUM+Q2WVtA
AAAEAqCSz6+FncTZV6tXiJ23tPwuwrt5FvNukALnhbeNPsKhMT1rxha7gooSfTttIVLHQp
lWm/U0Lh0mEFQz5DZZW0AAAADGFsaWNlQGxhcHRvcAE=
-----END OPENSSH PRIVATE KEY-----
"""
PRIVATE_PKCS8 = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIGJLqfN8O9/CDfXY4itE/M/Ox77AlNOsJHRdLOpZVPVM\n-----END PRIVATE KEY-----"
PRIVATE_ENCRYPTED = (
    "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAiPzJ1F/vFOiwICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEMlESkfW5XJnm85B6UDlHsUEQFtA\n"
    "RdS+bbRYyTv5zxlQ7XY4sIYCFYqNJmVI7ILB/FGv0qvs1diSr7p8Y2hvUG59e8Nv\n"
    "t8qF0WV+ie6JB+TYwMU=\n"
)
"""Without its first and last line."""
PRIVATE_EC = (
    "MHcCAQEEIHZZ85osIKP2ieYbeMfy9QKWhh7nvSHeUiqnqxjG3qQJoAoGCCqGSM49\n"
    "AwEHoUQDQgAE7sXlwHjbwlGJoGtBJ1P8Q8dHnuZgut8PvtWZjdg2CF3UXl+oJq20\n"
    "8TKeodHWz/Pm0sE36F50Hy5NNevtoCCraQ==\n"
)
PRIVATE_PUTTY = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: laptop\nPrivate-Lines: 1\nAAAAIGJL\n"
PRIVATE_BODY = "".join(PRIVATE_OPENSSH.splitlines()[1:-1])
PRIVATES = (
    PRIVATE_OPENSSH, PRIVATE_PKCS8, PRIVATE_ENCRYPTED, PRIVATE_EC, PRIVATE_PUTTY, PRIVATE_BODY,
    '{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg"}',
    f"{ED25519}\n{PRIVATE_OPENSSH}",
)
# fmt: on


def blob(kind: str, *parts: bytes) -> str:
    """Return the line of a key that is made of these parts."""
    body = b"".join(struct.pack(">I", len(each)) + each for each in (kind.encode(), *parts))
    return f"{kind} {base64.b64encode(body).decode()}"
