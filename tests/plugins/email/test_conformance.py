"""Every channel in the tree keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from storelink.errors import Rejected, RetryLater
from storelink.testing import ChannelSuite, RecordingChannel
from storelink.testing.channel_suite import Provider
from storelink.testing.mailserver import MailServer
from storelink_email import Email


class MailProvider(Provider):
    """The SMTP server, under the suite's command."""

    def __init__(self, server: MailServer) -> None:
        self.server = server

    def fail_next(self) -> None:
        self.server.answer_next("451 4.3.0 <ana@customer.example>: try later")

    def refuse_next(self) -> None:
        self.server.answer_next("550 5.1.1 <ana@customer.example>: no such user", at="rcpt")

    def lose_next_answer(self) -> None:
        self.server.hang_up_next()

    def received(self) -> Sequence[str]:
        return [self._told(mail.message) for mail in self.server.received]

    def _told(self, mail: object) -> str:
        parts = [part for part in mail.walk() if not part.is_multipart()]
        return "\n".join(f"{part.get_filename()} {part.get_content()}" for part in parts)


class TestEmail(ChannelSuite):
    secrets = ("s3cret-password", "shop-user")

    @pytest.fixture
    def provider(self) -> Iterator[MailProvider]:
        with MailServer(credentials=("shop-user", "s3cret-password")) as server:
            yield MailProvider(server)

    @pytest.fixture
    def channel(self, provider: MailProvider) -> Iterator[Email]:
        url = provider.server.url.replace("://", "://shop-user:s3cret-password@")
        email = Email(url, sender="Atelier <hello@atelier.example>", timeout=10)
        yield email
        email.close()


class RecordingProvider(Provider):
    """The recording channel is its own other side."""

    def __init__(self, channel: RecordingChannel) -> None:
        self.channel = channel

    def fail_next(self) -> None:
        self.channel.fail_next(RetryLater("not now"))

    def refuse_next(self) -> None:
        self.channel.fail_next(Rejected("never"))

    def lose_next_answer(self) -> None:
        self.channel.lose_next_answer(TimeoutError("no answer"))

    def received(self) -> Sequence[str]:
        return [
            f"{one.text} {one.html} {[file.filename for file in one.attachments]}"
            for one in self.channel.sent
        ]


class TestRecordingChannel(ChannelSuite):
    deduplicates = False

    @pytest.fixture
    def provider(self) -> RecordingProvider:
        return RecordingProvider(RecordingChannel(deduplicates=self.deduplicates))

    @pytest.fixture
    def channel(self, provider: RecordingProvider) -> RecordingChannel:
        return provider.channel


class TestDeduplicatingRecordingChannel(TestRecordingChannel):
    deduplicates = True
