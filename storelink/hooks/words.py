"""What storelink says to a shop owner about a message: a sentence for every outcome."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from storelink.contracts.hook import Reason
from storelink.events.types import Event
from storelink.hooks.ruled import FOR_NOW, Ruled
from storelink.hooks.standing import CARE, RETURNS, TRACKING
from storelink.models.enums import MessageState
from storelink.models.ref import Ref
from storelink.policy.question import Outcome
from storelink.storage import MessageRow

REASONS: Mapping[Reason, str] = {
    Reason.NOT_PLACED: "the customer has not placed this order; it is still a draft",
    Reason.NOT_PAID: "the order has not been paid",
    Reason.PAYMENT_FAILED: "the payment failed",
    Reason.ON_HOLD: "the order is on hold",
    Reason.CANCELLED: "the order was cancelled",
    Reason.REFUNDED: "the order was refunded in full",
    Reason.DELETED: "the order was deleted in the store",
    Reason.UNKNOWN_STATUS: "the store gives the order a status that storelink does not know",
    Reason.NOT_SHIPPED: "nothing has been shipped",
    Reason.NOT_DELIVERED: "the order has neither been delivered nor completed",
    Reason.SUPERSEDED: "there is newer news of the parcel ({by})",
    Reason.PARCEL_REMOVED: "the parcel was taken off the order",
    Reason.SAME_NUMBER: "another parcel of the order carries the same tracking number",
    Reason.NO_TRACKING: "the parcel has no tracking number and no link",
    Reason.IN_TIME: "everything takes no longer than usual",
    Reason.SHIPPED: "the order was shipped",
    Reason.NOTHING_TO_SHIP: "nothing in the order has to be shipped",
    Reason.PREORDER: "the order was placed for later",
    Reason.UNSEEN: "the store has not shown how long such things take, or that they happen at all",
    Reason.NOTHING_TO_REVIEW: "every item was refunded or returned, so nothing is left to review",
    Reason.NOT_REVIEWABLE: "the store takes no reviews of these products",
    Reason.ALREADY_REVIEWED: "the customer has already reviewed these products in the store",
    Reason.ALREADY_ASKED: "the customer was already asked about these products",
    Reason.RECENTLY_ASKED: "the customer answered already, or is asked about another order",
    Reason.ANOTHER_OPEN: "the customer is asked about another order first ({order})",
    Reason.RETURN_OPEN: "a return is under way, and the store has not said which items it is for",
    Reason.DETAILS_UNKNOWN: (
        "a part of the order was refunded, and the store has not said which items"
    ),
    Reason.NOTHING_RETURNED: "nothing went back of the order, and no money",
    Reason.RETURN_CANCELLED: "the return was called off",
    Reason.RETURN_FURTHER: "the return is further by now",
    Reason.RETURN_CLOSED: "the return is done",
    Reason.REFUND_REMOVED: "the refund was taken back",
    Reason.NO_MONEY: "no money was given back with it",
    Reason.NO_TIP: "the shop has no tip for what the customer has of this order",
    Reason.ALREADY_TOLD: "the customer already got these tips for these products",
    Reason.TOO_FEW_ORDERS: "too few orders have ended well with this one ({count} of {needed})",
    Reason.ALREADY_INVITED: "the customer was or will be invited after another order",
    Reason.PART_REFUNDED: "money was given back for a part of the order",
    Reason.PART_RETURNED: "something of the order went or goes back",
    Reason.COMPLAINT: "the customer was not happy with the order",
    Reason.ALREADY_GREETED: "the customer was greeted that day, or for the same reason lately",
    Reason.LONG_AGO: "the customer has not bought anything for too long",
    Reason.ORDER_OPEN: "an order of the customer's is still under way ({order})",
    Reason.NOT_LAPSED: "the customer has not stayed away for longer than usual",
    Reason.BACK: "the customer has come back",
    Reason.ANSWERED: "the customer has said what was in the way",
    Reason.JUST_LOOKING: "the customer said that nothing was missing",
    Reason.ALREADY_WRITTEN: "the customer was already written to since that order",
    Reason.NO_CODE: "the store has not made the code yet",
    Reason.NOT_ITS_TURN: "there is a code after other orders, and not after this one",
    Reason.CART_OPEN: "the customer may still be busy with the cart",
    Reason.BOUGHT: "the customer has ordered since",
    Reason.NEWER_CART: "the customer has a newer cart",
    Reason.NOTHING_LEFT: "nothing is left in the cart that could be bought",
    Reason.CONDITION: "its own condition was not met",
    Reason.HOOK_ERROR: "the rule that decides about it failed ({why})",
    Reason.HISTORY: "it is about something that happened before the store was connected",
    Reason.WITHDRAWN: "the rule that asked for it does not ask any more",
    Reason.NO_CONSENT: "the customer has not agreed to such messages ({why})",
    Reason.REFUSED: "the customer does not want such messages ({why})",
    Reason.SUPPRESSED: "nothing is sent to this address any more ({why})",
    Reason.QUIET_HOURS: "it is not the time for it where the customer is ({why})",
    Reason.PREFERRED_TIME: "the shop likes it to come at a better time for the customer",
    Reason.TOO_MANY: "the customer has been sent enough for now",
    Reason.MUTED: "something of the customer's is open ({why})",
    Reason.ERASED: "the customer was erased",
    Reason.SWITCHED_OFF: "it was switched off ({why})",
    Reason.STAGING: "this installation is not armed to write to customers ({why})",
    Reason.PLATFORM_SENDS: "it was left to the store's own platform to send it",
    Reason.HELD_BACK: "far more of these were about to go than usual ({why})",
    Reason.INCOMPLETE: "the law wants something in it that the shop has not given ({why})",
    Reason.EXPIRED: "it would have come too late ({why})",
    Reason.NO_ADDRESS: "the order has no address that it could be sent to",
    Reason.REJECTED: "it was refused for good ({why})",
    Reason.TEMPORARY: "the last attempt failed ({why})",
    Reason.GAVE_UP: "every attempt failed ({why})",
    Reason.TEMPLATE: "its template must be repaired first ({why})",
    Reason.STORE_SILENT: "the store did not answer when it was asked for the latest state",
    Reason.CHANNEL_DOWN: "its channel is out of order at the moment ({why})",
    Reason.RATE_LIMITED: "no more messages may be sent at once",
    Reason.IN_DOUBT: "the connection broke at the moment of sending",
    Reason.REPEATED: "the connection broke at the moment of sending",
    Reason.BY_HAND: "somebody decided so by hand",
}
"""Why a message is not sent. What is in brackets is left out where it is not known."""

NOT_YET = {
    Reason.NOT_PLACED,
    Reason.NOT_PAID,
    Reason.PAYMENT_FAILED,
    Reason.ON_HOLD,
    Reason.UNKNOWN_STATUS,
    Reason.NOT_SHIPPED,
    Reason.NOT_DELIVERED,
    Reason.NO_TRACKING,
    Reason.IN_TIME,
    Reason.UNSEEN,
    Reason.ANOTHER_OPEN,
    Reason.RETURN_OPEN,
    Reason.DETAILS_UNKNOWN,
    Reason.ORDER_OPEN,
    Reason.NOT_LAPSED,
    Reason.NO_CODE,
    Reason.CART_OPEN,
}
"""Reasons that can pass, so that the message may still be sent."""

NEWS = {
    "shipment.in_transit": "it is on its way again",
    "shipment.out_for_delivery": "it is out for delivery",
    "shipment.ready_for_pickup": "it is ready for pickup",
    "shipment.attempted": "a delivery was attempted",
    "shipment.delayed": "the carrier reported a delay",
    "shipment.exception": "the carrier reported a problem",
    "shipment.overdue": "the promised day has passed",
    "shipment.stuck": "the customer was told that it is late",
    "shipment.delivered": "it was delivered",
}
"""What makes earlier news of a parcel pointless, by the type of event."""

EVENTS = {
    "order.placed": "The order was placed",
    "order.paid": "The order was paid",
    "order.payment_failed": "A payment failed",
    "order.completed": "The order was completed",
    "order.cancelled": "The order was cancelled",
    "order.refunded": "Money was given back",
    "order.stalled": "The order should have been shipped, and was not",
    "care.escalate": "The shop was asked to look into it ({why})",
    "shipment.created": "Parcel {shipment_id} was sent",
    "shipment.changed": "Parcel {shipment_id} got the tracking number {number}",
    "shipment.in_transit": "Parcel {shipment_id} is under way",
    "shipment.out_for_delivery": "Parcel {shipment_id} is out for delivery",
    "shipment.ready_for_pickup": "Parcel {shipment_id} is ready for pickup",
    "shipment.attempted": "Parcel {shipment_id} could not be delivered",
    "shipment.delayed": "Parcel {shipment_id} is delayed",
    "shipment.exception": "Parcel {shipment_id} has a problem",
    "shipment.overdue": "Parcel {shipment_id} is late: the promised day has passed",
    "shipment.stuck": "Parcel {shipment_id} is stuck ({why})",
    "shipment.delivered": "Parcel {shipment_id} was delivered",
    "return.requested": "The customer asked for a return",
    "return.approved": "The return was approved",
    "return.declined": "The return was declined",
    "return.received": "Returned goods arrived",
    "return.exchanged": "What came back was exchanged",
    "return.closed": "The return was closed",
    "return.asked": "The customer asked on a page to send something back",
    "product.reviewed": "Product {product_id} was reviewed",
    "review.answered": "The customer reviewed what was ordered",
    "survey.answered": "The customer answered the survey",
    "survey.unhappy": "The customer was not content",
    "invoice.issued": "The invoice was issued",
    "customer.lapsed": "The customer has stayed away for longer than usual",
    "reward.earned": "A code was earned",
    "reward.issued": "A code was issued as a thank-you",
    "reward.refused": "The store would not make a code",
    "reward.withdrawn": "A code was taken back",
    "customer.data_requested": "The customer asked what is stored about them",
    "customer.redacted": "The platform asked to erase the customer",
    "store.redacted": "The platform asked to erase the store",
    "store.uninstalled": "The store took storelink off",
    "checkout.abandoned": "A checkout was left",
    "checkout.answered": "The customer said why the checkout was left",
    "checkout.recovered": "The checkout that had been left became this order",
}
"""What happened, by the type of event."""

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""Not from `strftime`, which follows the language of the process."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_TITLES = {
    "thank_you": "Thank-you",
    "review_request": "Review request",
    "review_reward": "Thank-you for a review",
    "care_tips": "Care tips",
    "survey": "Survey",
    "community_invite": "Invitation to the community",
    "greetings": "Greeting",
    "win_back": "Win-back",
    "next_purchase": "Code for the next order",
    "abandoned_checkout": "Cart reminder",
    "stalled": "Late-order notice",
    "stuck": "Late-parcel notice",
    "created": "Shipping notice",
    "changed": "New tracking number",
    "out_for_delivery": "Out-for-delivery notice",
    "problem": "Delivery-problem notice",
    "delayed": "Delay notice",
    "overdue": "Delay notice",
    "delivered": "Delivery notice",
    "requested": "Receipt of a return request",
    "approved": "Approval of a return",
    "declined": "Refusal of a return",
    "received": "Receipt of returned goods",
    "refunded": "Refund notice",
}


def title(hook: str, step: str, subject: Ref) -> str:
    """Return what a message is called, for example `Shipping notice (parcel 7)`."""
    if hook == RETURNS:
        return _TITLES.get(step, "Return")
    if hook not in (CARE, TRACKING):
        return _TITLES.get(hook, hook)
    name = _TITLES.get(step.partition("/")[0], "Tracking")
    return f"{name} (parcel {subject.id})" if subject.kind == "shipment" else name


def happened(event: Event) -> str:
    """Return what an event says, for example `Parcel 7 was delivered`."""
    words = EVENTS.get(event.type)
    return words.format(**event.model_dump()) if words else event.type


def because(reason: str | None, detail: Mapping[str, Any] | None) -> str:
    """Return the sentence part that says why, with the rule if one of the policy decided."""
    if not reason:
        return "no reason was recorded"
    words, told = REASONS[Reason(reason)], dict(detail or {})
    if told.get("rule"):
        told["why"] = _cited(told)
    known = {name: NEWS.get(str(one), one) for name, one in told.items() if one}
    try:
        return words.format(**known)
    except KeyError:  # the detail is not always known
        return words.partition(" (")[0]


def _cited(detail: Mapping[str, Any]) -> str:
    """Return what a rule says, where it holds, and what it is called."""
    place = country(detail.get("country"))
    where = f"{place}: " if place else ""
    return f"{where}{detail.get('why') or 'see there'}; rule {detail['rule']}"


def country(code: str | None) -> str:
    """Return a country's English name; the code itself if it is not known."""
    if not code:
        return ""
    from babel import Locale  # its data is loaded where a country is told

    return str(Locale("en").territories.get(code.upper(), code))


def refused(reason: Reason, detail: Mapping[str, Any]) -> str:
    """Say why there is no such message."""
    not_yet = " yet" if reason in NOT_YET else ""
    return f"Not sent{not_yet}: {because(reason, detail)}."


def message(row: MessageRow, ruled: Ruled | None = None, *, zone: str = "UTC") -> str:
    """Say what became, or will become, of a message of the outbox.

    Args:
        row: the message.
        ruled: what the policy says of it, if it waits.
        zone: the IANA name of the shop's zone.
    """
    return _told(row, ruled, zone) + ways(ruled.detail if ruled else row.detail) + _after(row)


_CAME_BACK = {
    "hard_bounce": "It came back, for nobody gets what is sent to the address",
    "soft_bounce": "It came back for now",
    "complaint": "The person told the mail provider that it was unwanted",
}


def _after(row: MessageRow) -> str:
    """Say what was reported of a message after it was sent; nothing if nothing was."""
    reported: Mapping[str, str] = (row.detail or {}).get("came_back", {})
    told = ((_CAME_BACK[trouble], code) for trouble, code in reported.items())
    return "".join(f" {what} ({code})." if code else f" {what}." for what, code in told)


def ways(detail: Mapping[str, Any] | None) -> str:
    """Say by which channels a message does not go, and why; nothing if there is none."""
    barred: Mapping[str, str] = (detail or {}).get("not_by", {})
    told = (f" Not by {name}: {because(reason, {})}." for name, reason in barred.items())
    return "".join(told)


def _told(row: MessageRow, ruled: Ruled | None, zone: str) -> str:
    why = because(row.reason, row.detail) if row.reason else ""
    changed, due = day(row.updated_at, zone), day(row.due_at, zone)
    if row.state is MessageState.WAITING:
        return _waiting(row, ruled, why, due, zone)
    sentences = {
        MessageState.SENT: f"Sent on {day(row.sent_at or row.updated_at, zone)} by {row.channel}.",
        MessageState.SENDING: f"Being sent by {row.channel} since {changed}.",
        MessageState.CANCELLED: f"Cancelled on {changed}: {why}.",
        MessageState.IN_DOUBT: f"May or may not have been sent on {changed}: {why}. "
        "It is not repeated; `storelink outbox settle` writes down what became of it.",
    }
    return sentences.get(row.state, f"Not sent: {why}.")


def _waiting(row: MessageRow, ruled: Ruled | None, why: str, due: str, zone: str) -> str:
    """Say what a message waits for, and whether it will be sent then."""
    if ruled is not None and ruled.decision is not Outcome.SEND:
        return foretold(ruled, zone)
    if row.reason == Reason.REPEATED:
        return f"May or may not have been sent: {why}. It will be sent again on {due}."
    if row.reason:
        return f"Not sent yet: {why}. Next attempt on {due}."
    return f"Will be sent on {due}."


def foretold(ruled: Ruled, zone: str = "UTC") -> str:
    """Say what keeps a message that waits: until when, or for good as things stand."""
    why = because(ruled.reason, ruled.detail)
    if ruled.decision is Outcome.SUPPRESS:
        return f"Will not be sent as things stand: {why}."
    if ruled.until is None:
        return f"Waits: {why}."
    if ruled.reason in FOR_NOW:
        return f"Waits until {_local(ruled.until, ruled.detail.get('zone'), zone)}: {why}."
    return f"Waits: {why}. It is looked at again on {day(ruled.until, zone)}."


def day(instant: datetime, zone: str = "UTC") -> str:
    """Return an instant for people, for example `22 November 2026, 10:23 UTC`."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{local.day} {MONTHS[local.month - 1]} {local:%Y, %H:%M} {local.tzname()}"


def _local(instant: datetime, there: str | None, here: str) -> str:
    """Return an instant on the recipient's clock, or on the shop's if that is not known.

    For example `Tuesday, 24 November 2026, 09:00 in Berlin`.
    """
    if there is None:
        local = instant.astimezone(ZoneInfo(here))
        return f"{WEEKDAYS[local.weekday()]}, {day(instant, here)}"
    local = instant.astimezone(ZoneInfo(there))
    city = there.rpartition("/")[2].replace("_", " ")
    month = MONTHS[local.month - 1]
    weekday = WEEKDAYS[local.weekday()]
    return f"{weekday}, {local.day} {month} {local:%Y, %H:%M} in {city}"
