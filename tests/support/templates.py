"""Templates that are compiled once for all tests of a process, not once for each app."""

from jinja2.bccache import Bucket, BytecodeCache


class InMemory(BytecodeCache):
    """Compiled templates by their name and place; Jinja checks that the source is still the same."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template's compiled form, if there is one."""
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template's compiled form."""
        self._compiled[bucket.key] = bucket.bytecode_to_string()


COMPILED = InMemory()
