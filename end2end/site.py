"""A Django admin that believes the header Remote-User: `python site.py FOLDER PORT`.

Whoever it sees for the first time becomes a superuser of its own.
"""

import sys

import django
from django.conf import settings

folder, port = sys.argv[1:]
# Django finds classes and modules by their import path.
ME = "guarded"
sys.modules[ME] = sys.modules[__name__]

settings.configure(
    DEBUG=True,
    SECRET_KEY="of no use to anybody",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=ME,
    STATIC_URL="/static/",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/site.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=[
        f"django.contrib.{app}" for app in ["admin", "auth", "contenttypes", "sessions", "messages", "staticfiles"]
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        f"{ME}.Middleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ],
    AUTHENTICATION_BACKENDS=[f"{ME}.Backend"],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)
django.setup()

# These need the settings.
from django.contrib import admin
from django.contrib.auth.backends import RemoteUserBackend
from django.contrib.auth.middleware import RemoteUserMiddleware
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import path


class Middleware(RemoteUserMiddleware):
    header = "HTTP_REMOTE_USER"


class Backend(RemoteUserBackend):
    def configure_user(self, request, user, created=True):
        user.is_staff = user.is_superuser = True
        user.save()
        return user


urlpatterns = [
    path("admin/", admin.site.urls),
    path("favicon.ico", lambda request: HttpResponse(status=204)),
]

call_command("migrate", verbosity=0)
call_command("runserver", f"127.0.0.1:{port}", use_reloader=False, skip_checks=True)
