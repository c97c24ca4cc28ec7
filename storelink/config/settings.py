"""What `storelink.toml` may say, and `STORELINK_…` in the environment instead of it."""

from __future__ import annotations

from collections import Counter
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from storelink.config.durations import Duration
from storelink.config.invoicing import InvoiceSettings
from storelink.config.rules import BoxSettings, LocalTime, PolicySettings, SafetySettings
from storelink.config.vault import vault
from storelink.contracts.channel import Rate, Retry
from storelink.hooks.incentive import Incentive
from storelink.hooks.tips import Tip
from storelink.rendering import Brand
from storelink.toolkit.settings import Secrets

SECRETS = "secrets.json"
"""Where secrets are kept, if the file does not say."""


def _rate(value: Any) -> Any:
    return Rate.parse(value) if isinstance(value, str) else value


RateText = Annotated[Rate, BeforeValidator(_rate)]
"""A number of messages in a time: `"10/s"`, `"100/min"`, `"2000/hour"`, `"20000/day"`."""


class RetrySettings(BaseModel):
    """`[channels.<name>.retry]`; see `storelink.contracts.Retry`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: Duration = Retry().first
    longest: Duration = Retry().longest
    attempts: int = Retry().attempts


class ChannelPacing(BaseModel):
    """What every table `[channels.<name>]` may say besides the options of its plugin.

    Attributes:
        retry: how a message is tried again after a temporary failure.
        rate: how many messages each worker process may hand over.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    retry: RetrySettings = RetrySettings()
    rate: RateText | None = None


class AnyStore(BaseModel):
    """What every table `[stores.<name>]` may say besides the options of its platform.

    Attributes:
        message_rate: how many messages of the store each worker process may send.
        boxes: the boxes at its checkout by which people consent.
        cart_secret: what its source of carts signs with; several while one is being replaced.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    message_rate: RateText | None = None
    boxes: tuple[BoxSettings, ...] = ()
    cart_secret: Secrets | None = None

    @field_validator("boxes")
    @classmethod
    def _each_once(cls, boxes: tuple[BoxSettings, ...]) -> tuple[BoxSettings, ...]:
        names = Counter((one.attribute, one.channel) for one in boxes)
        twice = next((one for one, times in names.items() if times > 1), None)
        if twice is not None:
            raise ValueError(
                f"{twice[0]!r} is named twice for {twice[1]}: put the classes together"
            )
        return boxes


class HookSettings(BaseModel):
    """What is common to the settings of the built-in hooks."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ThankYouSettings(HookSettings):
    """`[hooks.thank_you]`; see `storelink.hooks.ThankYou`."""

    after: Duration = timedelta()
    good_when_placed: tuple[str, ...] = ()
    expires_after: Duration = timedelta()
    invoice: bool | Duration = False


class TrackingSettings(HookSettings):
    """`[hooks.tracking]`; see `storelink.hooks.TrackingUpdates`."""

    created_expires_after: Duration = timedelta()
    delivered_expires_after: Duration = timedelta()
    news_expires_after: Duration = timedelta()


class ReviewRequestSettings(HookSettings):
    """`[hooks.review_request]`; see `storelink.hooks.ReviewRequest`."""

    after: Duration = timedelta()
    transit: Duration = timedelta()
    expires_after: Duration = timedelta()


class ProactiveCareSettings(HookSettings):
    """`[hooks.proactive_care]`; see `storelink.hooks.ProactiveCare`."""

    ships_within: Duration | None = None
    escalate_after: Duration = timedelta()
    country: str | None = Field(None, pattern="^[A-Z]{2}$")
    region: str | None = None
    zone: str = "UTC"
    expires_after: Duration = timedelta()


class AbandonedCheckoutSettings(HookSettings):
    """`[hooks.abandoned_checkout]`; see `storelink.hooks.AbandonedCheckout`."""

    steps: tuple[Duration, ...] = ()
    offer: Incentive | None = None
    free_shipping: bool = True
    expires_after: Duration = timedelta()


class TipSettings(Tip):
    """`[[hooks.care_tips.tips]]`; see `storelink.hooks.Tip`."""

    after: Duration = Field(timedelta(days=1), ge=timedelta())


class CareTipsSettings(HookSettings):
    """`[hooks.care_tips]`; see `storelink.hooks.CareTips`."""

    tips: tuple[TipSettings, ...]
    transit: Duration = timedelta()
    expires_after: Duration = timedelta()


class CommunityInviteSettings(HookSettings):
    """`[hooks.community_invite]`; see `storelink.hooks.CommunityInvite`."""

    url: str
    text: str | dict[str, str] | None = None
    after_orders: int = 0
    after: Duration = timedelta()
    transit: Duration = timedelta()
    expires_after: Duration = timedelta()


class ReturnsSettings(HookSettings):
    """`[hooks.returns]`; see `storelink.hooks.ReturnsUpdates`."""

    expires_after: Duration = timedelta()


class ReturnWindow(BaseModel):
    """`[returns]`: what the shop takes back; see `storelink.Returns`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    window: Duration = timedelta()
    transit: Duration = timedelta()
    exchange: bool = True
    excluded: frozenset[str] = frozenset()


class SurveySettings(HookSettings):
    """`[hooks.survey]`; see `storelink.hooks.Survey`."""

    asks: str = ""
    after: Duration = timedelta()
    pause: Duration = timedelta()
    transit: Duration = timedelta()
    expires_after: Duration = timedelta()
    unhappy_to: int | None = None


class RewardSettings(Incentive):
    """The table `reward` of a hook that brings codes; see `storelink.hooks.Incentive`."""

    valid_for: Duration = timedelta(days=90)


class GreetingsSettings(HookSettings):
    """`[hooks.greetings]`; see `storelink.hooks.Greetings`."""

    birthday: bool = True
    anniversary: bool = True
    festivals: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    reward: RewardSettings | None = None
    at: LocalTime = time()
    zone: str = "UTC"
    within: Duration = timedelta()


class WinBackSettings(HookSettings):
    """`[hooks.win_back]`; see `storelink.hooks.WinBack`."""

    patience: float = Field(0, ge=0)
    typical: Duration = timedelta()
    first_after: Duration | None = None
    reward: RewardSettings | None = None
    second_after: Duration = timedelta()
    expires_after: Duration = timedelta()


class NextPurchaseSettings(HookSettings):
    """`[hooks.next_purchase]`; see `storelink.hooks.NextPurchaseReward`."""

    reward: RewardSettings
    after_orders: int = Field(1, ge=1)
    every: int | None = Field(None, ge=1)
    after: Duration = timedelta()
    transit: Duration = timedelta()
    expires_after: Duration = timedelta()


class Hooks(BaseModel):
    """`[hooks]`: a hook is on if it has a table, be it empty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    thank_you: ThankYouSettings | None = None
    tracking: TrackingSettings | None = None
    review_request: ReviewRequestSettings | None = None
    proactive_care: ProactiveCareSettings | None = None
    care_tips: CareTipsSettings | None = None
    community_invite: CommunityInviteSettings | None = None
    returns: ReturnsSettings | None = None
    survey: SurveySettings | None = None
    abandoned_checkout: AbandonedCheckoutSettings | None = None
    greetings: GreetingsSettings | None = None
    win_back: WinBackSettings | None = None
    next_purchase: NextPurchaseSettings | None = None


class Granted(PydanticBaseSettingsSource):
    """What is kept of the stores that *others* name, as a source of settings."""

    def __init__(
        self, settings_cls: type[BaseSettings], *others: PydanticBaseSettingsSource
    ) -> None:
        super().__init__(settings_cls)
        self._others = others

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Say nothing of single fields: `__call__` says all."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the secrets of each store."""
        told = [other() for other in self._others]
        where = next((one["secrets"] for one in told if "secrets" in one), SECRETS)
        names = {name for one in told for name in one.get("stores", ())}
        folder = Path(self.config["toml_file"]).resolve().parent  # type: ignore[arg-type]
        kept = {name: dict(vault(where, folder, name).load()) for name in sorted(names)}
        found = {name: secrets for name, secrets in kept.items() if secrets}
        return {"stores": found} if found else {}


class Settings(BaseSettings):
    """The whole configuration.

    A value in the environment goes before the file: `STORELINK_DATABASE`, and for tables with two
    underscores between the names, `STORELINK_STORES__ATELIER__WEBHOOK_SECRET`.

    Attributes:
        database: a database URL; a relative SQLite path starts at the file's folder.
        secrets: where `storelink connect` keeps what stores grant: a file, relative to the
            file's folder, or `"keyring"`. What is kept there counts as if it stood in the file.
        templates: a folder, relative to the file's folder.
        since: what happened before sends no messages.
        webhook_url: where webhooks arrive, with `{store}` for the store's name.
        sweep_every: how often the worker sweeps each store; `"0s"` for never.
        attempts_per_commit: how many attempts at messages one commit begins.
        site_url: where the hosted pages are reached; messages link to them.
        link_keys: sign these links, the newest first; by default the database keeps one.
        returns: what customers can ask to send back, on a hosted page.
        invoice: who issues invoices; `hooks.thank_you.invoice` sends them.
        stores: by name; `platform` says which adapter, the rest are its options.
        channels: by the plugin's name, with its options.
    """

    model_config = SettingsConfigDict(
        env_prefix="STORELINK_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    database: str = Field("sqlite:///storelink.db", repr=False)
    secrets: str = SECRETS
    templates: Path | None = None
    since: AwareDatetime | None = None
    webhook_url: str | None = None
    sweep_every: Duration = timedelta(minutes=15)
    attempts_per_commit: int = Field(1, ge=1)
    site_url: str | None = None
    link_keys: tuple[str, ...] = Field((), repr=False)
    brand: Brand | None = None
    returns: ReturnWindow | None = None
    invoice: InvoiceSettings | None = None
    policy: PolicySettings = PolicySettings()
    safety: SafetySettings = SafetySettings()
    stores: dict[str, dict[str, Any]] = Field(repr=False)
    channels: dict[str, dict[str, Any]] = Field(default_factory=dict, repr=False)
    hooks: Hooks = Hooks()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the environment first, then what stores granted, then the file."""
        file = TomlConfigSettingsSource(settings_cls)
        return (init_settings, env_settings, Granted(settings_cls, env_settings, file), file)


def read_settings(path: Path) -> Settings:
    """Read the file at *path* and the environment."""

    class FromFile(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    return FromFile()
