"""Every exception of storelink.

The class says what to do next::

    StorelinkError
    ├── ConfigError              the set-up is wrong: change it and start again
    │   ├── UnknownStore         no store of that name is configured
    │   ├── MissingExtra         a library is not installed; the message holds the pip command
    │   └── PluginError          a plugin could not be loaded, or does not keep the contract
    ├── WebhookRefused           answer with an error; nothing was stored
    │   ├── BadSignature         (answer 401) not signed with a secret of this store
    │   ├── WrongStore           (answer 401) signed, but meant for another store
    │   └── BodyTooLarge         (answer 413) larger than any genuine webhook
    ├── PayloadError             genuine but not understood: kept in the inbox, can be replayed
    ├── StoreError               a store could not be read or written
    │   ├── StoreUnavailable     try again later
    │   │   └── Throttled        the platform's budget for this store is used up for now
    │   ├── AccessDenied         the credentials are refused or lack a right; the message says it
    │   ├── NotTheApi            what answers is not the platform's API: the message says why
    │   ├── WriteRefused         the platform understood the write and said no
    │   ├── WriteInDoubt         nobody can say whether a write was executed
    │   └── NotFound             the object does not exist (any more)
    ├── ReturnRefused            an order's goods cannot be sent back so; the message says why
    ├── Unsupported              the plugin does not have this capability
    ├── SendError                a channel could not hand over a message
    │   ├── RetryLater           temporary: the same call may work later
    │   └── Rejected             permanent: the same call will never work
    ├── TemplateError            a template is missing or broken: the message waits for its repair
    └── StorageError             the database cannot be used as it is
        ├── SchemaMismatch       migrate first, or use a newer storelink
        ├── StorageUnavailable   (answer 503) busy, full or out of reach: try again later
        └── Conflict             somebody else changed the row: look again

Catch `StorelinkError` for all of them; no message holds a secret or personal data.
"""

from __future__ import annotations

from datetime import timedelta


class StorelinkError(Exception):
    """The parent of every error that storelink raises on purpose."""


class ConfigError(StorelinkError, ValueError):
    """The set-up is wrong; the message names the setting and the remedy."""


class UnknownStore(ConfigError):
    """No store of that name is configured."""

    def __init__(self, name: str, known: tuple[str, ...] = ()) -> None:
        names = ", ".join(sorted(known)) or "none"
        super().__init__(f"no store is called {name!r}; configured: {names}")
        self.name = name


class MissingExtra(ConfigError, ImportError):
    """A library that this feature needs is not installed."""

    def __init__(self, library: str, extra: str) -> None:
        super().__init__(
            f'{library} is not installed; install it with: pip install "storelink[{extra}]"'
        )
        self.library, self.extra = library, extra


class PluginError(ConfigError):
    """A plugin could not be loaded, or does not keep the contract."""


class WebhookRefused(StorelinkError):
    """The webhook was not accepted, and nothing of it was stored.

    Attributes:
        status: the HTTP status to answer with.
    """

    status = 400


class BadSignature(WebhookRefused):
    """The signature is missing, malformed, or made with another secret."""

    status = 401


class WrongStore(WebhookRefused):
    """The webhook is signed but names another store than the one it was delivered to."""

    status = 401


class BodyTooLarge(WebhookRefused):
    """The body is larger than any genuine webhook."""

    status = 413


class PayloadError(StorelinkError, ValueError):
    """A genuine payload cannot be understood; it stays in the inbox and can be replayed."""


class StoreError(StorelinkError):
    """A store could not be read or written."""


class StoreUnavailable(StoreError):
    """The store did not answer, or asked to come back later.

    Attributes:
        after: how long to wait before trying again, when the store said so.
    """

    def __init__(self, message: str, *, after: timedelta | None = None) -> None:
        super().__init__(message)
        self.after = after


class Throttled(StoreUnavailable):
    """The platform's budget for this store is used up; `after` says for how long."""


class AccessDenied(StoreError):
    """The store refuses the credentials, or they lack a right; a person has to act.

    Attributes:
        needs: the right that is missing, as the platform calls it; empty if the credentials
            themselves are refused.
    """

    def __init__(self, message: str, *, needs: str = "") -> None:
        super().__init__(message)
        self.needs = needs


class NotTheApi(StoreError):
    """What answers is not the platform's API; the message names the likely cause and the remedy."""


class WriteRefused(StoreError):
    """The platform understood a write and said no; the same write will never be accepted.

    Attributes:
        code: the platform's own code, for example `"TAKEN"`; empty if there is none.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class WriteInDoubt(StoreError):
    """The answer to a write was lost, and reading back did not tell whether it was executed."""


class NotFound(StoreError, LookupError):
    """The object does not exist, or not any more."""


class ReturnRefused(StorelinkError):
    """What a customer asks to send back cannot be, or not so many of it."""


class Unsupported(StorelinkError):
    """The plugin does not have this capability; its manifest says which it has."""

    def __init__(self, plugin: str, capability: str) -> None:
        super().__init__(f"{plugin} cannot do this in this version: {capability}")
        self.plugin, self.capability = plugin, capability


class SendError(StorelinkError):
    """A channel could not hand over a message.

    Attributes:
        code: the provider's own code, for example `"550 5.1.1"`; empty if there is none.
    """

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class RetryLater(SendError):
    """A temporary failure: the message was surely not accepted, and may be later.

    Attributes:
        after: how long to wait, when the provider said so.
        outage: it is not about this message: no message can be sent by this channel now.
    """

    def __init__(
        self,
        message: str,
        *,
        after: timedelta | None = None,
        code: str = "",
        outage: bool = False,
    ) -> None:
        super().__init__(message, code=code)
        self.after, self.outage = after, outage


class Rejected(SendError):
    """A permanent failure: the same message to the same address will never be accepted."""


class TemplateError(StorelinkError):
    """A template is missing or broken; the message names the file and the line."""


class StorageError(StorelinkError):
    """The database cannot be used as it is."""


class SchemaMismatch(StorageError):
    """The database's schema is not the one this version of storelink needs."""


class StorageUnavailable(StorageError):
    """The database is busy, full, locked or out of reach.

    Attributes:
        status: the HTTP status to answer a webhook with, so that the platform sends it again.
    """

    status = 503


class Conflict(StorageError):
    """Somebody else changed the row in the meantime."""
