"""How a member gets in: address, password, second factors, passkeys and other providers, changed and asked for anew."""
