"""The pages and the webhooks inside a FastAPI app: `uvicorn --factory app:create_app`."""

from __future__ import annotations

import os

from a2wsgi import WSGIMiddleware
from fastapi import FastAPI

from storelink import Storelink
from storelink.web import Site


def with_pages(site: Site) -> FastAPI:
    """Return the shop's own app, with what storelink shows below /storelink."""
    app = FastAPI()

    @app.get("/")
    def home() -> str:
        return "my shop"

    app.mount("/storelink", WSGIMiddleware(site))
    return app


def create_app() -> FastAPI:
    """Return the app as `storelink.toml` and the environment set it up."""
    link = Storelink.from_config("storelink.toml")  # its site_url: where the pages are reached
    return with_pages(Site(link, link.links, operator=os.environ.get("OPERATOR_PASSWORD")))
