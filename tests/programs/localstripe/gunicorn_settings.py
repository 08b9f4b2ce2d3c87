"""What gunicorn reads before it starts localstripe: its server keeps everything in memory and writes no file."""

from localstripe.resources import Store  # type: ignore[import-not-found]  # of its own environment

Store.dump_to_disk = lambda _self: None
