"""People and places, from either shape."""

from __future__ import annotations

from collections.abc import Mapping

from storelink.models.contact import Address, Contact
from storelink.toolkit.contact import e164, locale_tag, mail_address
from storelink.toolkit.payload import Reader

WEBHOOK_ADDRESS: Mapping[str, str] = {
    "first_name": "first_name",
    "last_name": "last_name",
    "company": "company",
    "line1": "address1",
    "line2": "address2",
    "city": "city",
    "region": "province_code",
    "postcode": "zip",
    "country": "country_code",
    "phone": "phone",
}
"""What an address of the model is called in a webhook."""

NODE_ADDRESS: Mapping[str, str] = {
    **WEBHOOK_ADDRESS,
    "first_name": "firstName",
    "last_name": "lastName",
    "region": "provinceCode",
    "country": "countryCodeV2",
}
"""What an address of the model is called in GraphQL."""


def address(reader: Reader | None, names: Mapping[str, str]) -> Address | None:
    """Return a postal address; its phone in E.164 where it can be read."""
    if reader is None:
        return None
    parts = {field: reader.filled(name) for field, name in names.items()}
    return Address(**{**parts, "phone": e164(parts["phone"], parts["country"])})


def buyer(
    *,
    email: str | None,
    phone: str | None,
    locale: str | None,
    customer: Contact | None,
    billing: Address | None,
    shipping: Address | None,
) -> Contact:
    """Return how to reach the person who bought.

    What the order says counts first, then the customer's account. The billing address is the
    buyer's, the shipping address can be somebody else's: it gives a name when nothing else does,
    and never a phone.
    """
    country = next((one.country for one in (billing, shipping) if one and one.country), None)
    named = next(
        (one for one in (customer, billing, shipping) if one and (one.first_name or one.last_name)),
        Contact(),
    )
    phones = (phone, customer and customer.phone, billing and billing.phone)
    return Contact(
        email=email or (customer.email if customer else None),
        phone=e164(next((one for one in phones if one), None), country),
        first_name=named.first_name,
        last_name=named.last_name,
        locale=locale_tag(locale),
    )


def account(node: Reader) -> Contact:
    """Return how to reach the owner of an account, from a GraphQL node."""
    mail, phone = node.object("defaultEmailAddress"), node.object("defaultPhoneNumber")
    return Contact(
        email=mail_address(mail.text("emailAddress")) if mail else None,
        phone=phone.filled("phoneNumber") if phone else None,
        first_name=node.filled("firstName"),
        last_name=node.filled("lastName"),
    )


def plain_account(customer: Reader) -> Contact:
    """Return how to reach the owner of an account, from the body of a webhook."""
    names = ("phone", "first_name", "last_name")
    texts = {name: customer.filled(name) for name in names}
    return Contact(email=mail_address(customer.text("email")), **texts)
