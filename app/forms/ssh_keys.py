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
