"""The scenes of the demo: whose order lives which life, in which store, and what comes of it.

All people, products and addresses are invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from storelink.contracts.sandbox import Item
from storelink.demo import lives
from storelink.demo.lives import DAY, HOUR
from storelink.demo.stage import Part, Scene
from storelink.models.contact import Contact
from storelink.models.money import Money

SENT = ("sent",)


def _cast(*, boutique: Part | None = None, atelier: Part | None = None) -> Mapping[str, Part]:
    parts = {"boutique": boutique, "atelier": atelier}
    return {name: part for name, part in parts.items() if part is not None}


def _part(email: str, first_name: str, last_name: str, locale: str, *items: Item) -> Part:
    contact = Contact(
        email=f"{email}.example", first_name=first_name, last_name=last_name, locale=locale
    )
    return Part(contact, items)


def _item(
    title: str, price: str, currency: str, quantity: int = 1, *, product_id: str = ""
) -> Item:
    return Item(title, Money(price, currency), quantity, product_id)


WELL = {
    "thank_you": SENT,
    "created": SENT,
    "out_for_delivery": SENT,
    "delivered": SENT,
    "review_request": SENT,
}
"""What is sent when everything goes well."""

SCENES: Sequence[Scene] = (
    Scene(
        "One parcel, on time",
        starts=timedelta(),
        life=lives.one_parcel,
        cast=_cast(
            boutique=_part(
                "maren@koehler",
                "Maren",
                "Köhler",
                "de-DE",
                _item("Leinenschürze »Fisch & Brot«", "39.00", "EUR"),
                _item("Postkarten <A6>, 10 Stück", "8.50", "EUR", 2),
            ),
            atelier=_part(
                "chloe@marchand",
                "Chloé",
                "Marchand",
                "fr-FR",
                _item("Théière en grès « Brume »", "64.00", "EUR"),
                _item("Bols <petits>, lot de 2", "28.00", "EUR"),
            ),
        ),
        expects=WELL,
        reviewed=(0, 1),
    ),
    Scene(
        "Cash on delivery",
        starts=3 * HOUR,
        life=lives.cash_on_delivery,
        cast=_cast(
            boutique=_part(
                "ananya@joshi",
                "अनन्या",
                "जोशी",
                "hi-IN",
                _item("हाथ से बुनी शॉल", "2499.00", "INR"),
            ),
            atelier=_part(
                "sana@qureshi",
                "ثنا",
                "قریشی",
                "ur-PK",
                _item("ملتانی مٹی کی صراحی", "3200.00", "PKR"),
            ),
        ),
        expects=WELL,
        reviewed=(0,),
        payment_method="cod",
    ),
    Scene(
        "The carrier is late, and says so",
        starts=6 * HOUR,
        life=lives.delayed,
        cast=_cast(
            boutique=_part(
                "elif@aydin",
                "Elif",
                "Aydın",
                "tr-TR",
                _item("Bakır cezve", "890.00", "TRY"),
            )
        ),
        expects={**WELL, "delayed": SENT},
        reviewed=(0,),
    ),
    Scene(
        "Two parcels; the review waits for both",
        starts=DAY + 2 * HOUR,
        life=lives.two_parcels,
        cast=_cast(
            boutique=_part(
                "arash@tavakoli",
                "آرش",
                "توکلی",
                "fa-IR",
                _item("گلدان سفالی", "54.00", "EUR"),
                _item("زعفران ممتاز، ۵ گرم", "23.90", "EUR", 2),
            ),
            atelier=_part(
                "oksana@bondar",
                "Оксана",
                "Бондар",
                "uk-UA",
                _item("Глечик з Опішні", "1150.00", "UAH"),
                _item("Свічка з бджолиного воску", "210.00", "UAH", 2),
            ),
        ),
        expects={
            "thank_you": SENT,
            "created": ("sent", "sent"),
            "delivered": ("sent", "sent"),
            "review_request": SENT,
        },
        reviewed=(0, 1),
    ),
    Scene(
        "The promised day passes in silence",
        starts=DAY + 5 * HOUR,
        life=lives.overdue,
        cast=_cast(
            boutique=_part(
                "hinata@tanaka",
                "ひなた",
                "田中",
                "ja-JP",
                _item("藍染めの手ぬぐい", "1980", "JPY", 3),
            )
        ),
        expects={
            "thank_you": SENT,
            "created": SENT,
            "overdue": SENT,
            "delivered": SENT,
            "review_request": SENT,
        },
        reviewed=(0,),
    ),
    Scene(
        "The carrier has a problem",
        starts=2 * DAY + HOUR,
        life=lives.lost_and_found,
        cast=_cast(
            boutique=_part(
                "lucia@ferrer",
                "Lucía",
                "Ferrer Ibáñez",
                "es-MX",
                _item("Rebozo de algodón", "1250.00", "MXN"),
            )
        ),
        expects={
            "thank_you": SENT,
            "created": SENT,
            "problem": SENT,
            "delivered": SENT,
            "review_request": SENT,
        },
        reviewed=(0,),
    ),
    Scene(
        "Refunded in full before the review was asked for",
        starts=2 * DAY + 4 * HOUR,
        life=lives.refunded_in_full,
        cast=_cast(
            boutique=_part(
                "layla@haddad",
                "ليلى",
                "حداد",
                "ar-AE",
                _item("مبخرة نحاسية", "310.00", "AED"),
            ),
            atelier=_part(
                "noam@levi",
                "נועם",
                "לוי",
                "he-IL",
                _item("קערת קרמיקה כחולה", "240.00", "ILS"),
            ),
        ),
        expects={**WELL, "review_request": ("cancelled: refunded",)},
    ),
    Scene(
        "One of two lines refunded: the review asks about the other",
        starts=3 * DAY,
        life=lives.refunded_in_part,
        cast=_cast(
            boutique=_part(
                "tania@rahman",
                "তানিয়া",
                "রহমান",
                "bn-BD",
                _item("জামদানি শাড়ি", "8400.00", "BDT"),
                _item("মাটির প্রদীপ", "350.00", "BDT"),
            ),
            atelier=_part(
                "nattaya@srisuk",
                "ณัฐยา",
                "ศรีสุข",
                "th-TH",
                _item("ถ้วยศิลาดล", "690.00", "THB"),
                _item("ผ้าขาวม้าทอมือ", "320.00", "THB"),
            ),
        ),
        expects=WELL,
        reviewed=(0,),
    ),
    Scene(
        "Cancelled before it left the house",
        starts=3 * DAY + 6 * HOUR,
        life=lives.cancelled,
        cast=_cast(
            boutique=_part(
                "joao@pereira",
                "João",
                "Pereira",
                "pt-BR",
                _item("Cerâmica de Cunha", "189.90", "BRL"),
            ),
            atelier=_part(
                "matteo@galli",
                "Matteo",
                "Galli",
                "it-IT",
                _item("Vaso dell’Umbria", "75.00", "EUR"),
            ),
        ),
        expects={
            "thank_you": SENT,
            "tracking": ("not sent: cancelled",),
            "review_request": ("not sent: cancelled",),
        },
        payment_method="cod",
    ),
    Scene(
        "Everything sent back",
        starts=4 * DAY,
        life=lives.sent_back,
        cast=_cast(
            boutique=_part(
                "meena@sundaram",
                "மீனா",
                "சுந்தரம்",
                "ta-IN",
                _item("பித்தளை விளக்கு", "1799.00", "INR"),
            )
        ),
        expects={**WELL, "review_request": ("cancelled: nothing_to_review",)},
    ),
    Scene(
        "Out of reach for thirty hours: “out for delivery” would come too late",
        starts=5 * DAY,
        life=lives.late_news,
        cast=_cast(
            boutique=_part(
                "eleni@pappa",
                "Ελένη",
                "Παππά",
                "el-GR",
                _item("Ελαιόλαδο Κρήτης, 1 L", "14.20", "EUR", 2),
            )
        ),
        expects={**WELL, "out_for_delivery": ("expired",)},
        reviewed=(0,),
    ),
    Scene(
        "Reviewed before anybody asked",
        starts=5 * DAY,
        life=lives.reviewed_already,
        cast=_cast(
            atelier=_part(
                "ingrid@solberg",
                "Ingrid",
                "Solberg",
                "nb-NO",
                _item("Ullteppe «Fjord»", "1490.00", "NOK", product_id="4711"),
            )
        ),
        expects={**WELL, "review_request": ("cancelled: already_reviewed",)},
    ),
    Scene(
        "A busy mail server; and the review is still to come",
        starts=14 * DAY,
        life=lives.busy_mail_server,
        cast=_cast(
            boutique=_part(
                "seoyeon@kim",
                "서연",
                "김",
                "ko-KR",
                _item("한지 공책 세트", "32000", "KRW"),
            ),
            atelier=_part(
                "lin@wen",
                "雯",
                "林",
                "zh-TW",
                _item("手拉坏茶杯", "880", "TWD"),
            ),
        ),
        expects={**WELL, "review_request": ("waiting",)},
    ),
)
