"""What a WSGI server runs: `wsgi:app`."""

import sys

from app import create_app
from app.config import Settings, WrongSetting

try:
    app = create_app(Settings.from_env())
except WrongSetting as problem:
    sys.exit(f"Wrong setting: {problem}")
