"""A site of Django with django-allauth: loads what the export wrote, and signs everybody in.

Reads from standard input where the database is, the SQL, the Fernet key, and what each user has.
"""

import base64, hashlib, hmac, json, struct, sys, time

import django
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from django.conf import settings

task = json.load(sys.stdin)
ORIGIN = task["origin"]
HOST = ORIGIN.split("//")[1]

settings.configure(
    SECRET_KEY="test",
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": task["database"]},
    ROOT_URLCONF="site_urls",
    USE_TZ=True,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "allauth",
        "allauth.account",
        "allauth.mfa",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "allauth.account.middleware.AccountMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
        }
    ],
    AUTHENTICATION_BACKENDS=["allauth.account.auth_backends.AuthenticationBackend"],
    ACCOUNT_LOGIN_METHODS={"username", "email"},
    ACCOUNT_RATE_LIMITS=False,
    # the first sign-in verifies what came here, and makes the others quick
    PASSWORD_HASHERS=[
        f"django.contrib.auth.hashers.{name}PasswordHasher"
        for name in ["MD5", "PBKDF2", "PBKDF2SHA1", "Argon2", "BCryptSHA256", "Scrypt"]
    ],
    LOGIN_REDIRECT_URL="/in/",
    MFA_SUPPORTED_TYPES=["totp", "webauthn", "recovery_codes"],
    MFA_PASSKEY_LOGIN_ENABLED=True,
    MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN=True,
    MFA_ADAPTER="site_urls.Adapter",
    STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}},
    STATIC_URL="/static/",
)
django.setup()

from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment
from django.urls import include, path


class Adapter(DefaultMFAAdapter):
    """Seals secrets as Inmor does."""

    def encrypt(self, text):
        return Fernet(task["key"]).encrypt(text.encode()).decode()

    def decrypt(self, text):
        return Fernet(task["key"]).decrypt(text.encode()).decode()


urls = type(sys)("site_urls")
urls.Adapter = Adapter
urls.urlpatterns = [path("accounts/", include("allauth.urls"))]
sys.modules["site_urls"] = urls

# so that answers tell what their pages were made from
setup_test_environment()
call_command("migrate", verbosity=0)
with open(task["sql"], encoding="utf-8") as file:
    sql = file.read()
connection.ensure_connection()
if connection.vendor == "sqlite":
    connection.connection.executescript(sql)
else:
    connection.connection.execute(sql)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def totp(secret):
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30), "sha1").digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at : at + 4])[0] & 0x7FFFFFFF) % 10**6:06}"


def assertion(options, key):
    options = options["publicKey"]
    assert options.get("rpId") == HOST.split(":")[0], options
    client_data = json.dumps(
        {"type": "webauthn.get", "challenge": options["challenge"], "origin": ORIGIN, "crossOrigin": False}
    ).encode()
    flags = 1 | (4 if key["passwordless"] else 0) | (24 if key["backup_eligible"] else 0)
    data = hashlib.sha256(options["rpId"].encode()).digest()
    data += struct.pack(">BI", flags, 0 if key["backup_eligible"] else key["sign_count"] + 1000)
    private = serialization.load_pem_private_key(key["private_key_pem"].encode(), None)
    signed = data + hashlib.sha256(client_data).digest()
    if isinstance(private, ed25519.Ed25519PrivateKey):
        signature = private.sign(signed)
    elif isinstance(private, ec.EllipticCurvePrivateKey):
        digest = hashes.SHA384() if private.curve.name == "secp384r1" else hashes.SHA256()
        signature = private.sign(signed, ec.ECDSA(digest))
    else:
        signature = private.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return json.dumps(
        {
            "type": "public-key",
            "id": key["credential_id"],
            "rawId": key["credential_id"],
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64(client_data),
                "authenticatorData": b64(data),
                "signature": b64(signature),
                "userHandle": key["user_handle"],
            },
        }
    )


def client():
    return Client(headers={"host": HOST})


def signed_in(browser):
    return "_auth_user_id" in browser.session


def with_password(user):
    browser = client()
    browser.post("/accounts/login/", {"login": user["username"], "password": user["password"]})
    return browser


def second(user, code):
    browser = with_password(user)
    assert not signed_in(browser), f"{user['username']}: the password was enough"
    browser.post("/accounts/2fa/authenticate/", {"code": code()})
    return signed_in(browser)


for user in task["users"]:
    name = user["username"]
    if not user["is_active"]:
        assert not signed_in(with_password(user)), f"{name} is not active"
        print(f"{name}: not active")
        continue
    ways = []
    for key in user["webauthn"]:
        if key["passwordless"]:
            browser = client()
            options = browser.get("/accounts/2fa/webauthn/login/", headers={"x-requested-with": "XMLHttpRequest"})
            credential = assertion(options.json()["request_options"], key)
            browser.post("/accounts/2fa/webauthn/login/", {"credential": credential})
            assert signed_in(browser), f"{name}: passkey"
            ways.append("passkey")
        if user["password"]:
            browser = with_password(user)
            page = browser.get("/accounts/2fa/authenticate/")
            options = json.loads(json.dumps(page.context["js_data"]["request_options"]))
            browser.post("/accounts/2fa/authenticate/", {"credential": assertion(options, key)})
            assert signed_in(browser), f"{name}: key"
            ways.append("key")
    if not user["password"]:
        pass
    elif not user["mfa_enabled"]:
        assert signed_in(with_password(user)), f"{name}: password"
        ways.append("password")
    else:
        if user["totp"]:
            # a code may end while it is on its way
            assert any(second(user, lambda: totp(user["totp"]["secret"])) for _ in range(3)), f"{name}: totp"
            ways.append("totp")
        codes = user["recovery_codes"]
        for code in codes["used"] if codes else []:
            assert not second(user, lambda: code), f"{name}: a used code works"
        for code in codes["unused"] if codes else []:
            assert second(user, lambda: code), f"{name}: {code}"
            assert not second(user, lambda: code), f"{name}: {code} works twice"
            ways.append("code")
    print(f"{name}: {' '.join(sorted(set(ways)))}")
