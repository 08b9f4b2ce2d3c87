"""The Flask extensions, made once and bound to the app by `create_app`."""

from pathlib import Path

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect  # type: ignore[import-untyped]

csrf = CSRFProtect()
limiter = Limiter(get_remote_address, strategy="moving-window")
migrate = Migrate(directory=str(Path(__file__).resolve().parent.parent / "migrations"))
