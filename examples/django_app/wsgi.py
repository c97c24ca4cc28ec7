"""The pages and the webhooks beside a Django site: any WSGI server on `wsgi:application`.

They are mounted before Django, so that neither its sessions nor its CSRF check, which know
nothing of a platform's webhook or of a mail program's one click, stand in their way.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from storelink import Storelink
from storelink.web import Site


def home(request: HttpRequest) -> HttpResponse:
    """Return a page of the shop's own."""
    return HttpResponse("my shop")


urlpatterns = [path("", home)]


def with_pages(site: Site) -> Callable[..., Any]:
    """Return the shop's own site, with what storelink shows below /storelink."""
    if not settings.configured:  # yours: DJANGO_SETTINGS_MODULE
        settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="for the example")
        django.setup()
    return DispatcherMiddleware(get_wsgi_application(), {"/storelink": site})


def create_application() -> Callable[..., Any]:
    """Return the application as `storelink.toml` and the environment set it up."""
    link = Storelink.from_config("storelink.toml")  # its site_url: where the pages are reached
    return with_pages(Site(link, link.links, operator=os.environ.get("OPERATOR_PASSWORD")))


if Path("storelink.toml").exists():
    application = create_application()
