"""Which passwords are taken."""

from app.domain.errors import Refused

PASSWORD_LENGTH = range(8, 257)
# Long enough to pass the length rule, and among the first that are tried.
_COMMON = frozenset(
    """
    00000000 11111111 1111111111
    11223344 12121212 12341234 12344321 123123123 123321123 1234512345 12345678 123456789
    1234567890 1234567891 123456789a 123456789q 123456abc 1234abcd 123qweasd 12qwaszx 147258369 1q2w3e4r 1q2w3e4r5t
    1qaz2wsx 1qazxsw2 22222222 55555555 66666666 77777777 87654321 88888888 987654321 9876543210 99999999 a1234567
    a12345678 a123456789 aa123456 aa12345678 abc12345 abc123456 abcd1234 abcdefgh access14 admin123 administrator
    asdf1234
    asdfasdf asdfghjk asdfghjkl baseball basketball bigdaddy blink182 butterfly changeme charlie1 chocolate computer
    corvette danielle december dragon12 elizabeth facebook football football1 freedom1 garfield google123 hello123
    hellohello iloveyou iloveyou1 internet jennifer jonathan killer123 letmein1 liverpool lovelove maverick mercedes
    metallica michelle midnight mustang1 myspace1 nicholas november p@ssw0rd p@ssword pa55word pass1234 password
    password! password1 password12 password123 password1234 passw0rd patricia pokemon1 princess princess1 q1w2e3r4
    q1w2e3r4t5 qazwsxedc qwer1234 qwerasdf qwerty12 qwerty123 qwerty1234 qwertyui qwertyuiop rockyou1 samantha sunshine
    sunshine1 superman superman1 swordfish test1234 testtest trustno1 victoria welcome1 welcome123 whatever xxxxxxxx
    zaq12wsx zaq1zaq1 zxcvbnm1 zxcvbnm123
    """.split()  # noqa: SIM905  # a list to read, not code
)


def check_password(password: str, email: str) -> None:
    """Refuse a password that is too short, too long, or among the first that anybody would try."""
    if len(password) < PASSWORD_LENGTH.start:
        raise Refused("Choose a password of at least 8 characters.", "password_short", 422, "password")
    if len(password) >= PASSWORD_LENGTH.stop:
        raise Refused("Choose a password of at most 256 characters.", "password_long", 422, "password")
    lower = password.lower()
    if lower in _COMMON or lower in {email, email.partition("@")[0]} or len(set(password)) < 3:
        raise Refused("Choose another password: this one is too easy to guess.", "password_common", 422, "password")
