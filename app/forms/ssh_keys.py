"""The form of SSH keys: one public key, and what it is called."""

from wtforms import StringField, TextAreaField

from app.domain.language import marked
from app.web.fields import PageForm


class SshKeyForm(PageForm):
    """A key to add. A private one is never shown again."""

    public_key = TextAreaField(
        marked("Public key"),
        render_kw={"rows": 4, "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false", "class": "mono"},
    )
    name = StringField(marked("Name (optional)"), render_kw={"autocomplete": "off", "maxlength": 100})

    def forget(self) -> None:
        """Take out what was pasted: nobody may read it again."""
        self.public_key.data = ""

    def forget_name(self) -> None:
        """Take out what was pasted into the wrong field."""
        self.name.data = ""
