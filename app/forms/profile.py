"""The form of Profile: who the member is, and how pages look and show the time."""

from wtforms import BooleanField, StringField

from app.domain.language import marked
from app.domain.people.profiles import Profile
from app.web.fields import PageForm

THEMES = (("system", marked("As the system has it")), ("light", marked("Light")), ("dark", marked("Dark")))


class ProfileForm(PageForm):
    """The whole profile: kept or refused as one."""

    name = StringField(marked("Full name"), render_kw={"autocomplete": "name"})
    username = StringField(marked("Username (optional)"), render_kw={"autocomplete": "nickname", "spellcheck": "false"})
    location = StringField(marked("Location (optional)"), render_kw={"autocomplete": "address-level2"})
    company = StringField(marked("Company (optional)"), render_kw={"autocomplete": "organization"})
    newsletter = BooleanField(marked("Newsletter"))
    theme = StringField(marked("Theme"), default="system")
    language = StringField(marked("Language"), default="")
    documents = BooleanField()
    """Whether the language is that of the customer's documents, too."""
    time_zone = StringField(
        marked("Time zone (optional)"),
        render_kw={"list": "profile-zones", "autocomplete": "off", "spellcheck": "false"},
    )

    def wanted(self) -> Profile:
        """Return what was typed."""
        return Profile(
            name=self.name.data or "",
            username=self.username.data or "",
            location=self.location.data or "",
            company=self.company.data or "",
            newsletter=bool(self.newsletter.data),
            theme=self.theme.data or "system",
            language=self.language.data or "",
            time_zone=self.time_zone.data or "",
        )
