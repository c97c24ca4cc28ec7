"""What a shop has, listed as WooCommerce lists it: the filters, the orders, the pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from plugins.woocommerce.odd_shop import reply
from werkzeug import Request, Response

Row = dict[str, Any]

HIDDEN = {"trash", "checkout-draft"}
EDGES = {
    "after": ("date_created_gmt", 1),
    "before": ("date_created_gmt", -1),
    "modified_after": ("date_modified_gmt", 1),
    "modified_before": ("date_modified_gmt", -1),
}
ORDERS = {"modified": "date_modified_gmt", "date": "date_created_gmt", "id": "id"}
NO_CHANGES = ("customers", "products/reviews")


class ListedShop:
    """Answers from `rows`; other paths, and writes, from `other`.

    Attributes:
        rows: what it has, by the path of the list.
        other: answers by method and path.
        meanwhile: is called after a list was answered, with how many were by then.
        loading: the same, between the shop's query and the loading of the rows.
        asked: every list that was asked, with its parameters.
    """

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {}
        self.other: dict[tuple[str, str], Callable[[Request], Response]] = {}
        self.meanwhile: Callable[[int], None] = lambda lists: None
        self.loading: Callable[[int], None] = lambda lists: None
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.now = datetime(2026, 6, 1, 12, tzinfo=UTC)

    def __call__(self, request: Request) -> Response:
        path = request.path.partition("/wc/v3/")[2]
        own = self.other.get((request.method, path))
        if own:
            return own(request)
        if path in self.rows:
            return self._list(path, {**request.args})
        parent, _, number = path.rpartition("/")
        found = [row for row in self.rows.get(parent, ()) if str(row["id"]) == number]
        if found:
            return reply(found[0])
        return refusal("woocommerce_rest_shop_order_invalid_id", 404)

    def _list(self, path: str, asked: dict[str, str]) -> Response:
        self.asked.append((path, asked))
        found = [row for row in self.rows[path] if is_listed(path, row, asked)]
        key = ORDERS[asked.get("orderby", "date")]
        # of rows that are equal, WooCommerce promises no order: here it is another every time
        wild = 7919 * len(self.asked)
        found.sort(key=lambda row: (row[key], row["id"] * wild % 10007))
        if asked.get("order", "desc") == "desc":
            found.reverse()
        size, page = int(asked.get("per_page", 10)), int(asked.get("page", 1))
        first = int(asked.get("offset", (page - 1) * size))
        if path == "webhooks" and "offset" in asked:
            first = 0  # `WC_REST_Webhooks_V1_Controller::get_items` forgets it
        part = found[first : first + size]
        self.loading(len(self.asked))
        fields = asked.get("_fields", "").split(",")
        if fields != [""]:
            part = [{key: row[key] for key in fields if key in row} for row in part]
        total = str(len(found) if part or not first else 0)
        pages = str(-(-int(total) // size))
        headers = {"X-WP-Total": total, "X-WP-TotalPages": pages, "Date": http_date(self.now)}
        answer = reply(part, headers=headers)
        self.meanwhile(len(self.asked))
        return answer

    def touch(self, path: str, key: int, at: datetime) -> None:
        """Change one row at a time."""
        row = next(row for row in self.rows[path] if row["id"] == key)
        row["date_modified_gmt"] = gmt(at)


def is_listed(path: str, row: Row, asked: dict[str, str]) -> bool:
    status, wanted = row.get("status"), asked.get("status", "any")
    is_shown = status not in HIDDEN if wanted in {"any", "all"} else status == wanted
    include = asked.get("include")
    is_meant = include is None or str(row["id"]) in include.split(",")
    return is_shown and is_meant and is_within(path, row, asked)


def is_within(path: str, row: Row, asked: dict[str, str]) -> bool:
    for name, (field, sign) in EDGES.items():
        if name not in asked or path == "customers":
            continue
        if path in NO_CHANGES and name.startswith("modified"):
            continue
        edge = datetime.fromisoformat(asked[name].removesuffix("Z"))
        assert ("dates_are_gmt" in asked) != asked[name].endswith("Z"), "else it is shifted"
        if sign * (datetime.fromisoformat(row[field]) - edge) <= timedelta():
            return False
    return True


def refusal(code: str, status: int) -> Response:
    return reply({"code": code, "message": "No.", "data": {"status": status}}, status)


def gmt(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S")


def http_date(at: datetime) -> str:
    return at.strftime("%a, %d %b %Y %H:%M:%S GMT")
