"""One run of the demo, and a small report made by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from storelink.contracts.hook import Reason
from storelink.demo.counts import CallCounts, SweepCounts, WebhookCounts
from storelink.demo.expectations import Check
from storelink.demo.folder import Folder
from storelink.demo.mails import Received
from storelink.demo.play import Progress
from storelink.demo.report import Report, StoreReport
from storelink.demo.run import run
from storelink.demo.story import Moment, OrderStory, Telling
from storelink.models import MessageState, Ref
from storelink.outbox.desk import MessageView
from storelink.toolkit.signing import digest

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class DemoRun:
    """What a run left behind."""

    report: Report
    folder: Folder
    progress: list[Progress]

    def story(self, title: str, store: str = "boutique") -> OrderStory:
        """The order in *store* whose scene has that title."""
        (found,) = [
            story for story in self.report.orders if (story.store, story.caption) == (store, title)
        ]
        return found

    def telling(self, title: str, name: str, store: str = "boutique") -> Telling:
        """The one message of that name about such an order."""
        (found,) = [one for one in self.story(title, store).tellings if one.name == name]
        return found


@pytest.fixture(scope="session")
def demo_run(tmp_path_factory: pytest.TempPathFactory) -> DemoRun:
    """The whole demo, once."""
    folder = Folder(tmp_path_factory.mktemp("demo") / "out")
    progress: list[Progress] = []
    return DemoRun(run(folder, seed=1, watch=progress.append), folder, progress)


@pytest.fixture
def make_report() -> Callable[..., Report]:
    """Makes a report of one order, one mail and one message."""

    def make(
        *,
        buyer: str = "Ada",
        subject: str = "Thank you",
        html: str = "<html><head></head><body>Thank you</body></html>",
        language: str = "en",
        why: str = "Sent.",
        copies: int = 1,
        checks: tuple[Check, ...] = (Check("something is so", True),),
    ) -> Report:
        message = sent_message()
        raw = mail_bytes(message.key, subject=subject, html=html, language=language)
        telling = Telling("Thank-you", "thank_you", "sent", None, why, 1, message.key)
        story = OrderStory(
            store="atelier",
            platform="WooCommerce",
            order_id="7",
            number="7",
            caption="paid",
            status="open, paid",
            total="€5.00",
            buyer=buyer,
            language=language,
            moments=[Moment("Order paid", "order.paid", NOW, [telling])],
        )
        return Report(
            seed=1,
            started_at=NOW,
            ended_at=NOW,
            stores=[StoreReport("atelier", "woocommerce", "WooCommerce", 1)],
            webhooks=WebhookCounts(received=3, duplicates=1, doubled=1, lost=2, kept=0, ignored=0),
            calls=CallCounts(made=40, failed=5),
            sweeps=SweepCounts(made=6, failed=1, events=4, repaired=0),
            events={"order.paid": 1},
            messages=[message],
            received=Received([raw] * copies, [message], {("atelier", "7"): "7"}),
            orders=[story],
            checks=checks,
        )

    return make


def sent_message() -> MessageView:
    return MessageView(
        key="atelier/thank_you/order:7",
        store="atelier",
        hook="thank_you",
        subject=Ref.order("7"),
        step="",
        order_id="7",
        template="thank_you",
        channel="email",
        state=MessageState.SENT,
        reason=None,
        due_at=NOW,
        expires_at=None,
        sent_at=NOW,
        attempts=1,
        doubts=0,
        data={},
    )


def mail_bytes(key: str, *, subject: str, html: str, language: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Atelier <hello@atelier.example>", "Ada <ada@example.com>"
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{digest(key)}@atelier.example>"
    mail["X-Storelink-Message"] = digest(key)
    mail.set_content("Thank you")
    mail.add_alternative(html, subtype="html")
    mail["Content-Language"] = language  # last: setting content removes Content-*
    return mail.as_bytes()


@pytest.fixture
def refund_story() -> OrderStory:
    """An order whose review request was cancelled."""
    cancelled = Telling(
        "Review request",
        "review_request",
        "cancelled",
        Reason.REFUNDED,
        "Cancelled on 30 November 2026, 16:53 UTC: the order was refunded in full.",
    )
    refused = Telling("Tracking", "tracking", "not sent", Reason.REFUNDED, "Not sent: refunded.")
    return OrderStory(
        store="boutique",
        platform="Shopify",
        order_id="6",
        number="#1006",
        caption="Refunded in full",
        status="open, refunded",
        total="AED310.00",
        buyer="ليلى حداد",
        language="ar-AE",
        moments=[
            Moment("Order placed", "order.placed", NOW),
            Moment("Parcel delivered", "shipment.delivered", NOW, [cancelled]),
            Moment("", "", None, [refused]),
        ],
    )
