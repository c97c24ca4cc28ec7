"""What every channel must keep, as inherited tests.

Subclass `ChannelSuite`, give it two fixtures, and pytest runs each check:

```text
class TestMyChannel(ChannelSuite):
    secrets = ("my-api-key",)             # what the channel was given and must not show

    @pytest.fixture
    def provider(self): ...               # the other side, which the checks command: a `Provider`

    @pytest.fixture
    def channel(self, provider): ...      # the channel under test, connected to `provider`
```

New checks come only with minor versions.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import pytest
from pydantic import BaseModel

from storelink.contracts.channel import Channel
from storelink.contracts.manifest import Capability
from storelink.errors import Rejected, RetryLater
from storelink.models.contact import Contact
from storelink.models.message import Attachment, Outgoing


class Provider(ABC):
    """The other side of a channel, as far as the suite has to command it."""

    @abstractmethod
    def fail_next(self) -> None:
        """Refuse the next message for now."""

    @abstractmethod
    def refuse_next(self) -> None:
        """Refuse the next message for good."""

    @abstractmethod
    def lose_next_answer(self) -> None:
        """Accept the next message, and let the answer get lost."""

    @abstractmethod
    def received(self) -> Sequence[str]:
        """Return everything that was accepted, one text a message, decoded."""


class ChannelSuite:
    """The contract of `Channel`.

    Attributes:
        secrets: what the channel was given and must show nowhere.
    """

    secrets: ClassVar[Sequence[str]] = ()

    @pytest.fixture
    def contact(self) -> Contact:
        """Return somebody whom the channel can reach."""
        return Contact(first_name="Ana", email="ana@customer.example", phone="+4930231250")

    @pytest.fixture
    def outgoing(self, channel: Channel, contact: Contact) -> Outgoing:
        """Return a message to that person."""
        return Outgoing(
            key="atelier/thank_you/order:1042/",
            store="atelier",
            to=channel.address(contact) or "",
            to_name="Ana",
            subject="Your order",
            text="Thank you, অনন্যা!\n",
            html="<p>Thank you in HTML</p>",
        )

    def test_manifest_names_the_plugin_and_its_settings(self, channel: Channel) -> None:
        manifest = channel.manifest
        assert manifest.name.isidentifier()
        assert manifest.title
        assert issubclass(manifest.settings, BaseModel)
        assert callable(manifest.factory)
        assert all(isinstance(one, Capability) for one in manifest.capabilities)

    def test_contact_with_an_address_is_reached(self, channel: Channel, contact: Contact) -> None:
        assert channel.address(contact)

    def test_contact_without_an_address_is_not_reached(self, channel: Channel) -> None:
        assert channel.address(Contact(first_name="Ana")) is None

    def test_empty_address_is_none(self, channel: Channel) -> None:
        assert channel.address(Contact(email="", phone="")) is None

    def test_message_arrives_with_its_text(
        self, channel: Channel, provider: Provider, outgoing: Outgoing
    ) -> None:
        channel.send(outgoing)
        (arrived,) = provider.received()
        assert "Thank you, অনন্যা!" in arrived

    def test_html_arrives_if_the_manifest_says_so(
        self, channel: Channel, provider: Provider, outgoing: Outgoing
    ) -> None:
        channel.send(outgoing)
        is_told = Capability.HTML in channel.manifest.capabilities
        assert is_told == ("Thank you in HTML" in provider.received()[0])

    def test_attachment_arrives_if_the_manifest_says_so(
        self, channel: Channel, provider: Provider, outgoing: Outgoing
    ) -> None:
        if Capability.ATTACHMENTS not in channel.manifest.capabilities:
            return
        file = Attachment(filename="invoice-1042.txt", media_type="text/plain", content=b"paid")
        channel.send(outgoing.model_copy(update={"attachments": (file,)}))
        assert "invoice-1042.txt" in provider.received()[0]

    def test_provider_id_is_told(self, channel: Channel, outgoing: Outgoing) -> None:
        assert channel.send(outgoing).provider_id

    def test_same_key_has_the_same_provider_id(self, channel: Channel, outgoing: Outgoing) -> None:
        assert channel.send(outgoing).provider_id == channel.send(outgoing).provider_id

    def test_another_key_has_another_provider_id(
        self, channel: Channel, outgoing: Outgoing
    ) -> None:
        other = outgoing.model_copy(update={"key": outgoing.key + "2"})
        assert channel.send(outgoing).provider_id != channel.send(other).provider_id

    def test_repeat_is_dropped_if_the_manifest_says_so(
        self, channel: Channel, provider: Provider, outgoing: Outgoing
    ) -> None:
        channel.send(outgoing)
        channel.send(outgoing)
        is_told = Capability.DEDUPLICATES in channel.manifest.capabilities
        assert is_told == (len(provider.received()) == 1)

    def test_temporary_failure_is_retry_later_and_then_it_works(
        self, channel: Channel, provider: Provider, outgoing: Outgoing
    ) -> None:
        provider.fail_next()
        with pytest.raises(RetryLater):
            channel.send(outgoing)
        assert list(provider.received()) == []
        channel.send(outgoing)
        assert len(provider.received()) == 1

    def test_permanent_failure_is_rejected_and_the_next_message_works(
        self, channel: Channel, provider: Provider, outgoing: Outgoing
    ) -> None:
        provider.refuse_next()
        with pytest.raises(Rejected):
            channel.send(outgoing)
        assert list(provider.received()) == []
        channel.send(outgoing.model_copy(update={"key": "another"}))
        assert len(provider.received()) == 1

    def test_lost_answer_is_neither_a_failure_nor_a_success(
        self, channel: Channel, provider: Provider, outgoing: Outgoing
    ) -> None:
        provider.lose_next_answer()
        assert not isinstance(failure(channel, outgoing), RetryLater | Rejected)
        channel.send(outgoing.model_copy(update={"key": "another"}))
        assert len(provider.received()) == 2  # noqa: PLR2004

    def test_failures_repeat_neither_secrets_nor_personal_data(
        self, channel: Channel, provider: Provider, outgoing: Outgoing
    ) -> None:
        for fail in (provider.fail_next, provider.refuse_next, provider.lose_next_answer):
            fail()
            error = failure(channel, outgoing)
            assert str(error)
            for private in (*self.secrets, outgoing.to, outgoing.to_name, "অনন্যা"):
                assert private not in str(error)

    def test_repr_shows_no_secrets(self, channel: Channel) -> None:
        for secret in self.secrets:
            assert secret not in repr(channel)
            assert secret not in str(vars(channel))

    def test_channel_may_be_used_after_close(
        self, channel: Channel, provider: Provider, outgoing: Outgoing
    ) -> None:
        channel.close()
        channel.send(outgoing)
        channel.close()
        channel.close()
        channel.send(outgoing.model_copy(update={"key": "another"}))
        assert len(provider.received()) == 2  # noqa: PLR2004

    def test_threads_may_share_a_channel(
        self, channel: Channel, provider: Provider, outgoing: Outgoing
    ) -> None:
        messages = [outgoing.model_copy(update={"key": str(number)}) for number in range(8)]
        threads = [threading.Thread(target=channel.send, args=(one,)) for one in messages]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(provider.received()) == len(messages)

    def test_no_check_was_overridden(self) -> None:
        """A check that cannot hold is declared with `pytest.mark.xfail(reason=...)`."""
        for name, check in vars(ChannelSuite).items():
            if name.startswith("test_"):
                mine = getattr(type(self), name)
                assert mine is check or getattr(mine, "pytestmark", None), name


def failure(channel: Channel, message: Outgoing) -> Exception:
    """Send, and return the error that this must end with."""
    try:
        channel.send(message)
    except Exception as error:  # noqa: BLE001  its kind is what is checked
        return error
    raise AssertionError("the message was accepted")
