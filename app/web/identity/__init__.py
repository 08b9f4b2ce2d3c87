"""Sign-ins with a provider: what a browser's session keeps between the way there and the way back."""
