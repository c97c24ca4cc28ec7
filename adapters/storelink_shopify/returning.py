"""Handing customers' requests to send something back to the shop, once each.

Facts: shopify.dev, "Build for return management", the mutations `returnRequest`,
`returnApproveRequest` and `returnDeclineRequest`, the query `returnReasonDefinitions`. That goods
arrived, and what is exchanged, is said where stock is counted: in the admin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from storelink.errors import AccessDenied, NotFound, WriteInDoubt, WriteRefused
from storelink.models.enums import ReturnReason, ReturnStatus, ReturnStep
from storelink.models.record import Record, Snapshot
from storelink.models.ref import Kind, Ref
from storelink.models.returns import Return, ReturnRequest
from storelink_shopify import marks, reads
from storelink_shopify.client import Client
from storelink_shopify.values import gid_number

_AT_ONCE: Final = 20
_LOOKING: Final = "read_returns"
_SAID: Final = {
    ReturnStep.APPROVED: {ReturnStatus.OPEN, ReturnStatus.CLOSED},
    ReturnStep.DECLINED: {ReturnStatus.DECLINED},
}
"""Where a return stands of which a step was said."""

Input = dict[str, Any]
Pieces = Mapping[str, list[tuple[str, int]]]


@dataclass(frozen=True, slots=True)
class Returning:
    """The returns of one shop that its customers ask for."""

    client: Client

    def request(self, request: ReturnRequest) -> Snapshot:
        """Ask for a return; asked again, the same one is returned.

        Raises:
            NotFound: there is no such order.
            AccessDenied: the app may not see which returns there are.
            WriteRefused: not so many pieces can come back, or Shopify says no.
            WriteInDoubt: the answer was lost, or the return cannot be read (yet).
        """
        found = self._find(request) or self._create(request)
        try:
            return self._read(found)
        except NotFound as error:
            raise WriteInDoubt("Shopify made the return, and does not show it yet") from error

    def settle(self, known: Return, step: ReturnStep, note: str) -> Snapshot:
        """Approve or decline what a customer asked for; what was said is not said again.

        Raises:
            NotFound: there is no such return.
            WriteRefused: it stands elsewhere (`"STATE"`), or only the admin can say it
                (`"IN_ADMIN"`).
            WriteInDoubt: the answer was lost, and reading back did not tell.
        """
        if step not in _SAID:
            raise WriteRefused(
                f"that goods were {step} is said in Shopify's admin: Orders > the order > Returns",
                code="IN_ADMIN",
            )
        now = self._read(known.id)
        status = _return(now).fields["status"]
        if status in _SAID[step]:
            return now
        if status is not ReturnStatus.REQUESTED:
            raise _elsewhere(status, step)
        try:
            self._say(known.id, step, note)
        except (WriteInDoubt, WriteRefused) as error:
            now = self._read(known.id)
            status = _return(now).fields["status"]
            if status in _SAID[step]:  # the answer was lost, or somebody was faster
                return now
            if status is not ReturnStatus.REQUESTED:
                raise _elsewhere(status, step) from error
            raise
        return self._read(known.id)

    def _say(self, return_id: str, step: ReturnStep, note: str) -> None:
        named: Input = {"id": f"gid://shopify/Return/{return_id}", "notifyCustomer": False}
        if step is ReturnStep.APPROVED:
            name, answer = "return_approve_request", "returnApproveRequest"
        else:
            name, answer = "return_decline_request", "returnDeclineRequest"
            named |= {"declineReason": "OTHER", "declineNote": note[:500] or None}
        self.client.mutate(name, {"input": named}, answer=answer)

    def _find(self, request: ReturnRequest) -> str | None:
        """Return the id of the return that came from *request*, if there is one.

        A right that is missing is an error here, for what cannot be seen may be there all the same.
        """
        asked = {"id": f"gid://shopify/Order/{request.order_id}"}
        after: str | None = None
        while True:
            page = self.client.page("order_returns", {**asked, "after": after}, first=_AT_ONCE)
            if page["node"] is None:
                raise NotFound("Shopify has no such order")
            returns = page["node"]["returns"]
            for one in returns["nodes"]:
                notes = (line.get("customerNote") for line in one["returnLineItems"]["nodes"])
                if request.key in map(marks.key_of, notes):
                    return gid_number(one["id"])
            after = returns["pageInfo"]["endCursor"]
            if not returns["pageInfo"]["hasNextPage"] or not after:
                return None

    def _create(self, request: ReturnRequest) -> str:
        if _LOOKING not in self.client.scopes():
            text = f"without {_LOOKING} nobody could tell whether it was asked for already"
            raise AccessDenied(f"Shopify: grant the app {_LOOKING}: {text}", needs=_LOOKING)
        asked = {
            "orderId": f"gid://shopify/Order/{request.order_id}",
            "returnLineItems": list(self._lines(request)),
        }
        try:
            answer = self.client.mutate("return_request", {"input": asked}, answer="returnRequest")
        except WriteInDoubt:
            found = self._find(request)
            if found is None:
                raise
            return found
        return gid_number(answer["return"]["id"]) or ""

    def _lines(self, request: ReturnRequest) -> Iterator[Input]:
        """Yield what is to come back: the pieces of a line may have come in several parcels."""
        pieces, reasons = self._pieces(request.order_id), self._reasons(request)
        is_first = True
        for line in request.lines:
            left = line.quantity
            for shipped, quantity in pieces.get(line.line_id, ()):
                taken = min(left, quantity)
                if taken > 0:
                    asked: Input = {"fulfillmentLineItemId": shipped, "quantity": taken}
                    note = marks.note_of(request, is_first=is_first)
                    yield {**asked, **reasons.get(line.reason, {}), "customerNote": note}
                    left, is_first = left - taken, False
            if left:
                text = f"Shopify takes back {line.quantity - left} of line {line.line_id} at most"
                raise WriteRefused(text, code="QUANTITY")

    def _pieces(self, order_id: str) -> Pieces:
        """Return what can come back: by the order's line, what parcels hold of it."""
        found: dict[str, list[tuple[str, int]]] = defaultdict(list)
        after: str | None = None
        while True:
            asked = {"orderId": f"gid://shopify/Order/{order_id}", "after": after}
            told = self.client.page("returnable_fulfillments", asked, first=_AT_ONCE)
            page = told["returnableFulfillments"]
            for parcel in (reads.whole(self.client, one) for one in page["nodes"]):
                for one in parcel["returnableFulfillmentLineItems"]["nodes"]:
                    shipped = one["fulfillmentLineItem"]
                    line_id = gid_number(shipped["lineItem"]["id"]) or ""
                    found[line_id].append((shipped["id"], one["quantity"]))
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"] or not after:
                return found

    def _reasons(self, request: ReturnRequest) -> Mapping[ReturnReason, Input]:
        """Return how the shop's library calls the reasons; `"other"` what it has no word for."""
        wanted = {line.reason for line in request.lines} - {ReturnReason.UNKNOWN}
        if not wanted:
            return {}
        handles = sorted({*map(str, wanted), ReturnReason.OTHER.value})
        told = self.client.query("return_reasons", {"handles": handles})
        known = {one["handle"]: one["id"] for one in told["returnReasonDefinitions"]["nodes"]}
        found = ((one, known.get(str(one)) or known.get(ReturnReason.OTHER)) for one in wanted)
        return {one: {"returnReasonDefinitionId": key} for one, key in found if key}

    def _read(self, return_id: str) -> Snapshot:
        return reads.read(self.client, Ref(kind=Kind.RETURN, id=return_id))


def _elsewhere(status: ReturnStatus, step: ReturnStep) -> WriteRefused:
    return WriteRefused(f"a return that is {status} cannot be {step}", code="STATE")


def _return(snapshot: Snapshot) -> Record:
    found = next((one for one in snapshot.records if one.kind is Kind.RETURN), None)
    if found is None:
        raise NotFound("Shopify has no such return")
    return found
