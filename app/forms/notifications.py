"""The forms of Notifications: the channel of Slack or Teams, and the member's own weekly digest."""

from wtforms import BooleanField, HiddenField, StringField

from app.domain.language import marked
from app.domain.messages.chat import Form
from app.forms.spend_management import VersionedForm
from app.web.fields import PageForm


class ChannelForm(VersionedForm):
    """Where messages go, and in whose form. The address is never filled in: it is a secret."""

    version = HiddenField()
    chat_form = StringField(marked("Chat"))
    chat_url = StringField(marked("Webhook address"))

    @property
    def form(self) -> Form:
        """Whose form is chosen: Slack's, where a form of no page of ours names none."""
        return Form.TEAMS if self.chat_form.data == Form.TEAMS.value else Form.SLACK


class DigestForm(PageForm):
    """Whether the member wants a digest, and where Monday morning is."""

    digest = BooleanField(marked("Weekly digest"))
    time_zone = StringField(marked("Time zone"))
