"""The pages and the webhooks inside a Flask app: `flask --app app run`."""

from __future__ import annotations

import os

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from storelink import Storelink
from storelink.web import Site


def with_pages(site: Site) -> Flask:
    """Return the shop's own app, with what storelink shows below /storelink."""
    app = Flask(__name__)

    @app.get("/")
    def home() -> str:
        return "my shop"

    app.wsgi_app = DispatcherMiddleware(app.wsgi_app, {"/storelink": site})
    return app


def create_app() -> Flask:
    """Return the app as `storelink.toml` and the environment set it up."""
    link = Storelink.from_config("storelink.toml")  # its site_url: where the pages are reached
    return with_pages(Site(link, link.links, operator=os.environ.get("OPERATOR_PASSWORD")))
