"""Kiosk on this machine: its API, its webhooks, and a store whose life is scripted."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from storelink.clock import Clock
from storelink.contracts.sandbox import Faults, Item, ScriptedStore, Webhook
from storelink.errors import NotFound
from storelink.models import Contact, Money, Ref, ShipmentStatus, Snapshot
from storelink.toolkit.sandbox import Address, Courier, LocalSandbox, Parcel
from storelink.toolkit.sandbox.control import PREFIX, Control
from storelink.toolkit.signing import hmac_sha256_base64
from storelink_kiosk import normalize

Body = dict[str, Any]

_PAGE = 100
_REPEATS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
_GIVES_UP_AFTER = 10
_OK = range(200, 300)


class ScriptedKiosk(ScriptedStore):
    """A Kiosk store in memory; each act changes an order and tells the whole of it."""

    def __init__(self, *, clock: Clock, secret: str, tell: Callable[[str, Body], None]) -> None:
        self.orders: dict[str, Body] = {}
        self._clock, self._secret, self._tell = clock, secret, tell
        self._ids = itertools.count(1)
        self._deliveries = itertools.count(1)
        self._raised: list[Webhook] = []

    def place(
        self,
        contact: Contact,
        items: Sequence[Item],
        *,
        paid: bool = True,
        payment_method: str = "card",
    ) -> str:
        """Place an order and return its id. With *payment_method* `"cod"` it is paid later."""
        order_id, now, on_delivery = str(next(self._ids)), self._now(), payment_method == "cod"
        paid = paid and not on_delivery
        total = sum(item.unit_price.amount * item.quantity for item in items)
        self.orders[order_id] = {
            "id": order_id,
            "number": f"K{order_id}",
            "state": "open" if paid or on_delivery else "unpaid",
            "payment": "paid" if paid else "pending",
            "shipping": "unfulfilled",
            "currency": items[0].unit_price.currency,
            "total": str(total),
            "created": now,
            "changed": now,
            "placed": now if paid or on_delivery else None,
            "paid": now if paid else None,
            "done": None,
            "cancelled": None,
            "buyer": contact.model_dump(mode="json"),
            "items": [_item(number, item) for number, item in enumerate(items)],
            "parcels": [],
            "refunds": [],
        }
        self._changed(order_id, "order.new")
        return order_id

    def pay(self, order_id: str) -> None:
        """Pay an order that was placed unpaid."""
        now = self._now()
        placed = self.orders[order_id]["placed"] or now
        self.edit(order_id, state="open", payment="paid", paid=now, placed=placed)

    def ship(
        self,
        order_id: str,
        *,
        number: str,
        carrier: str,
        url: str | None = None,
        lines: Mapping[int, int] | None = None,
        promised_at: datetime | None = None,
    ) -> str:
        """Send a parcel and return its id."""
        parcel = {
            "id": str(next(self._ids)),
            "number": number,
            "carrier": carrier,
            "url": url,
            "lines": self._lines(order_id, lines),
            "created": self._now(),
            "changed": self._now(),
            "promised": _iso(promised_at),
            "scans": [],
        }
        self.orders[order_id]["parcels"].append(parcel)
        self.edit(order_id, shipping=self._shipping(order_id))
        return str(parcel["id"])

    def scan(
        self,
        order_id: str,
        shipment_id: str,
        status: ShipmentStatus,
        *,
        message: str = "",
        promised_at: datetime | None = None,
    ) -> None:
        """Let the carrier report *status*."""
        parcels = self.orders[order_id]["parcels"]
        parcel = next(one for one in parcels if one["id"] == shipment_id)
        parcel["changed"] = self._now()
        parcel["promised"] = _iso(promised_at) or parcel["promised"]
        parcel["scans"].append(
            {
                "id": str(next(self._ids)),
                "status": status.value,
                "at": self._now(),
                "message": message,
                "promised": _iso(promised_at),
            }
        )
        self.edit(order_id)

    def refund(self, order_id: str, *, lines: Mapping[int, int] | None = None) -> str:
        """Give money back and return the refund's id."""
        order, back = self.orders[order_id], self._lines(order_id, lines)
        prices = {item["id"]: float(item["price"]) for item in order["items"]}
        amount = sum(prices[one["line"]] * one["quantity"] for one in back)
        refund_id = str(next(self._ids))
        order["refunds"].append(
            {"id": refund_id, "amount": f"{amount:.2f}", "created": self._now(), "lines": back}
        )
        given = sum(float(one["amount"]) for one in order["refunds"])
        whole = given >= float(order["total"])
        self.edit(order_id, payment="refunded" if whole else "partially_refunded")
        return refund_id

    def cancel(self, order_id: str) -> None:
        """Call the order off."""
        self.edit(order_id, state="cancelled", cancelled=self._now())

    def complete(self, order_id: str) -> None:
        """Close the order."""
        self.edit(order_id, state="done", done=self._now())

    def delete(self, order_id: str) -> None:
        """Delete the order."""
        del self.orders[order_id]
        self._raise("order.gone", {"id": order_id, "gone": True, "changed": self._now()})

    def edit(self, order_id: str, **fields: Any) -> None:
        """Change fields of the order, or just touch it."""
        self.orders[order_id].update(fields, changed=self._now())
        self._changed(order_id, "order.changed")

    def order_ids(self) -> list[str]:
        """Return the ids of every order."""
        return list(self.orders)

    def take(self) -> list[Webhook]:
        """Return the webhooks raised since the last call."""
        raised, self._raised = self._raised, []
        return raised

    def read(self, ref: Ref) -> Snapshot:
        """Return the present truth about one order."""
        if ref.id not in self.orders:
            raise NotFound(f"there is no {ref}")
        return normalize.order(self.orders[ref.id])

    def signed(self, topic: str, body: Body) -> Webhook:
        """Return a webhook as Kiosk sends it."""
        data = json.dumps(body).encode()
        headers = {
            "X-Kiosk-Event": topic,
            "X-Kiosk-Delivery": f"d{next(self._deliveries)}",
            "X-Kiosk-Signature": hmac_sha256_base64(self._secret, data),
        }
        return Webhook(topic, headers, data)

    def _changed(self, order_id: str, topic: str) -> None:
        self._raise(topic, json.loads(json.dumps(self.orders[order_id])))

    def _raise(self, topic: str, body: Body) -> None:
        self._raised.append(self.signed(topic, body))
        self._tell(topic, body)

    def _now(self) -> str:
        return self._clock.now().astimezone(UTC).replace(microsecond=0).isoformat()

    def _lines(self, order_id: str, lines: Mapping[int, int] | None) -> list[Body]:
        items = self.orders[order_id]["items"]
        wanted = lines or {number: item["quantity"] for number, item in enumerate(items)}
        return [{"line": items[number]["id"], "quantity": n} for number, n in wanted.items()]

    def _shipping(self, order_id: str) -> str:
        order = self.orders[order_id]
        sent = sum(one["quantity"] for parcel in order["parcels"] for one in parcel["lines"])
        ordered = sum(item["quantity"] for item in order["items"])
        return "fulfilled" if sent >= ordered else "partially_fulfilled"


class KioskSandbox(LocalSandbox):
    """A Kiosk store on this machine."""

    def __init__(
        self, *, clock: Clock, faults: Faults | None = None, secret: str = "kiosk-webhooks"
    ) -> None:
        super().__init__(faults)
        self._clock, self._secret = clock, secret
        self.store: ScriptedKiosk = ScriptedKiosk(clock=clock, secret=secret, tell=self._told)
        self._hooks: dict[str, Body] = {}
        self._courier = Courier(
            clock,
            self.faults,
            succeeded=lambda status: status in _OK,
            settled=self._settled,
            repeats=_REPEATS,
        )
        self._control = Control(self, "Kiosk")

    @property
    def options(self) -> Mapping[str, Any]:
        """What connects the adapter."""
        return {"url": self.url, "token": "kiosk-token", "webhook_secret": self._secret}

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        if request.path.startswith(PREFIX):
            return self._control.answer(request)
        if request.headers.get("Authorization") != "Bearer kiosk-token":
            return _json({"error": "who are you?"}, 401)
        try:
            name, values = _ROUTES.bind_to_environ(request.environ).match()
        except HTTPException:
            return _json({"error": "there is no such thing"}, 404)
        answer: Response = getattr(self, f"_{name}")(request, **values)
        return answer

    def unavailable(self, request: Request) -> Response:
        """Say that the kiosk is closed."""
        return _json({"error": "closed"}, 503)

    def throttled(self, request: Request) -> Response:
        """Ask to come back in a second."""
        return _json({"error": "one after the other"}, 429, {"Retry-After": "1"})

    def deliver(self) -> int:
        """Send the webhooks that are due."""
        return self._courier.deliver()

    def next_delivery(self) -> datetime | None:
        """Return when the next webhook is due."""
        return self._courier.next_at()

    def grow(self, orders: int) -> None:
        """Add old orders, an hour apart, the last one a day old."""
        start = self._clock.now() - timedelta(days=1, hours=orders)
        for number in range(orders):
            at = (start + timedelta(hours=number)).astimezone(UTC).replace(microsecond=0)
            old = self.store.place(_buyer(number), [_NEWSPAPER])
            fields = dict.fromkeys(("created", "changed", "placed", "paid"), at.isoformat())
            self.store.orders[old].update(fields)
        self.store.take()

    # -- the API ---------------------------------------------------------------------------------

    def _order(self, request: Request, order_id: str) -> Response:
        order = self.store.orders.get(order_id)
        return _json(order) if order else _json({"error": "gone"}, 404)

    def _orders(self, request: Request) -> Response:
        """Pages are cut by place, not by number: whatever moves, moves behind the cursor."""
        since, after = request.args.get("changed_from"), request.args.get("after")
        place = tuple(json.loads(after)) if after else ("", "")
        found = [one for one in self.store.orders.values() if not since or one["changed"] >= since]
        rest = sorted((one for one in found if _place(one) > place), key=_place)
        page, more = rest[:_PAGE], len(rest) > _PAGE
        cursor = json.dumps(_place(page[-1])) if more else None
        answer = _json({"orders": page, "next": cursor, "total": len(found)})
        if self.faults.drift and page:
            self.store.edit(self.faults.chance.choice(list(self.store.orders)))
        return answer

    def _ids(self, request: Request) -> Response:
        start, end = request.args.get("created_from", ""), request.args.get("created_to", "~")
        orders = self.store.orders.values()
        return _json({"ids": [one["id"] for one in orders if start <= one["created"] < end]})

    def _list_hooks(self, request: Request) -> Response:
        return _json({"hooks": list(self._hooks.values())})

    def _put_hook(self, request: Request) -> Response:
        asked = request.get_json()
        for hook in self._hooks.values():
            if (hook["topic"], hook["address"]) == (asked["topic"], asked["address"]):
                return _json(hook)
        hook = {"id": f"h{len(self._hooks) + 1}", "active": True, "failures": 0, **asked}
        self._hooks[hook["id"]] = hook
        return _json(hook)

    def _drop_hook(self, request: Request, hook_id: str) -> Response:
        self._hooks.pop(hook_id, None)
        self._courier.forget(hook_id)
        return _json({})

    # -- webhooks --------------------------------------------------------------------------------

    def _told(self, topic: str, body: Body) -> None:
        for hook in self._hooks.values():
            if hook["topic"] == topic and hook["active"]:
                webhook = self.store.signed(topic, body)
                self._courier.take(
                    Address(hook["id"], hook["address"]), webhook.headers, webhook.body
                )

    def _settled(self, parcel: Parcel, arrived: bool) -> None:
        hook = self._hooks.get(parcel.address.subscription)
        if hook is not None:
            hook["failures"] = 0 if arrived else hook["failures"] + 1
            hook["active"] = hook["failures"] < _GIVES_UP_AFTER


_ROUTES = Map(
    [
        Rule("/orders", endpoint="orders", methods=["GET"]),
        Rule("/orders/<order_id>", endpoint="order", methods=["GET"]),
        Rule("/order-ids", endpoint="ids", methods=["GET"]),
        Rule("/hooks", endpoint="list_hooks", methods=["GET"]),
        Rule("/hooks", endpoint="put_hook", methods=["PUT"]),
        Rule("/hooks/<hook_id>", endpoint="drop_hook", methods=["DELETE"]),
    ]
)


def _place(order: Body) -> tuple[str, str]:
    return order["changed"], order["id"]


def _item(number: int, item: Item) -> Body:
    return {
        "id": str(number + 1),
        "title": item.title,
        "product": item.product_id or None,
        "quantity": item.quantity,
        "price": str(item.unit_price.amount),
        "ships": item.requires_shipping,
    }


def _iso(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant else None


def _json(body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    text = json.dumps(body)
    return Response(text, status, headers=dict(headers or {}), mimetype="application/json")


def _buyer(number: int) -> Contact:
    return Contact(email=f"reader{number}@example.com", first_name="Reader")


_NEWSPAPER = Item("Newspaper", Money("2.80", "EUR"))
