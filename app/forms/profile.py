"""The form of Profile: who the member is, and how pages look and show the time."""

from wtforms import BooleanField, StringField

from app.domain.people.profiles import Profile
from app.web.fields import PageForm

THEMES = (("system", "As the system has it"), ("light", "Light"), ("dark", "Dark"))


class ProfileForm(PageForm):
    """The whole profile: kept or refused as one."""

    name = StringField("Full name", render_kw={"autocomplete": "name"})
    username = StringField("Username (optional)", render_kw={"autocomplete": "nickname", "spellcheck": "false"})
    location = StringField("Location (optional)", render_kw={"autocomplete": "address-level2"})
    company = StringField("Company (optional)", render_kw={"autocomplete": "organization"})
    newsletter = BooleanField("Newsletter")
    theme = StringField("Theme", default="system")
    time_zone = StringField(
        "Time zone (optional)", render_kw={"list": "profile-zones", "autocomplete": "off", "spellcheck": "false"}
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
            time_zone=self.time_zone.data or "",
        )
