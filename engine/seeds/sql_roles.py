"""What a column means to people, inferred from its name, its type and the values seen in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from engine.models.database import ColumnType, Role
from engine.seeds.sql_reader import SqlValue


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


MONEY = _words("""
amount balance bonus budget charge commission cost credit debit deposit earnings expense fare fee freight funds income
msrp paid pay payment payout price price_each refund rent revenue salary subtotal total wage wages
""")
"""Words in the names of amounts of money."""
QUANTITY = _words("""
available capacity copies credits guests hours inventory likes onhand pieces points qty quantity reorder seats
servings slots stock tickets units views
""")
"""Words in the names of whole amounts of things."""
STATUS = _words("condition phase progress stage state status")
"""Last words of columns that say where a row is in its lifecycle."""
KIND = _words("""
category channel class color colour currency difficulty direction format frequency gender grade kind language level
method mode plan position priority privacy rating role scope segment severity sex shift size source suit tier type
unit visibility
""")
"""Last words of columns whose values are few and repeat."""
PERSON = _words("""
actor adopter agent applicant attendee author borrower buyer candidate cashier chef citizen client coach contact
customer director doctor donor driver employee faculty guest instructor landlord lecturer librarian manager member
nurse owner parent participant passenger patient people person physician pilot player professor reader referee
resident rider sailor salesman salesperson seller singer speaker staff student subscriber supervisor teacher
technician tenant trainer tutor user vet veterinarian voter worker
""")
"""Words for people."""
_TITLE = _words("caption heading headline label name nom nombre subject title titre titulo")
_TEXT = _words("""
about abstract answer bio biography body comment comments config content data description detail details diagnosis
directions excerpt explanation feedback html ingredients instructions json lyrics markdown memo message metadata note
notes options overview params payload prescription question reason remarks review settings summary symptoms text xml
""")
_CODE = _words("""
abbr abbreviation acronym alpha2 alpha3 barcode checksum code ean ein eircode fips guid hash iata iban icao
invoice_number isbn iso iso2 iso3 issn key licence license passport pin plate postal postalcode postcode ref reference
serial siret sku slug ssn swift symbol ticker token tracking upc uuid vat vin zip zipcode
""")
_DURATION = _words("duration length minutes runtime")


def is_person(entity: str) -> bool:
    """Whether rows of an entity of that name are people."""
    return entity.rpartition("_")[2] in PERSON


def column_role(words: Sequence[str], column_type: ColumnType, entity: str, values: Sequence[SqlValue]) -> Role:
    """The role of a column that is neither key nor reference.

    Args:
        words: The words of its name.
        column_type: Its type.
        entity: Name of the entity that it belongs to.
        values: Values seen in it, nulls left out.
    """
    last = words[-1] if words else ""
    if column_type == "boolean":
        return "flag"
    if column_type in ("date", "datetime", "time"):
        return _moment_role(words, column_type)
    if column_type in ("integer", "real"):
        return _number_role(words, column_type)
    joined = "_".join(words)
    if "email" in words or joined.endswith(("e_mail", "mail")):
        return "email" if not values or _share(values, r"[^@\s]+@[^@\s]+") > 0.5 else "label"
    if {"phone", "telephone", "mobile", "fax", "tel", "cellphone", "phonenumber", "msisdn"} & set(words):
        return "phone"
    if last in ("username", "login", "nickname", "handle", "screenname", "userid") or joined in (
        "user_name",
        "screen_name",
    ):
        return "username"
    if last in (
        "url",
        "uri",
        "link",
        "website",
        "homepage",
        "webpage",
        "href",
        "web",
        "image",
        "avatar",
        "photo",
        "thumbnail",
    ):
        return "url"
    role = _place_role(words, entity) or _person_role(words, entity)
    if role:
        return role
    if last in STATUS:
        return "status"
    if last in _TEXT:
        return "text"
    if last in _CODE or words[:1] == ["zip"] or joined.endswith(("_number", "_no", "_num", "_nr")):
        return "code"
    if last in _TITLE:
        return "title"
    if values and sum(len(str(value)) for value in values) > 60 * len(values):
        return "text"
    return "label"


def _place_role(words: Sequence[str], entity: str) -> Role | None:
    last = words[-1] if words else ""
    if last in ("country", "nationality", "nation") or (entity in ("country", "nation") and last == "name"):
        return "country"
    if last in ("city", "town", "municipality") or (entity in ("city", "town") and last == "name"):
        return "city"
    if {"address", "street", "addr"} & set(words) and not {"ip", "mac", "web"} & set(words):
        return "address"
    return None


def _person_role(words: Sequence[str], entity: str) -> Role | None:
    last = words[-1] if words else ""
    joined = "_".join(words)
    if joined in (
        "first_name",
        "last_name",
        "full_name",
        "fullname",
        "firstname",
        "lastname",
        "surname",
        "forename",
        "fname",
    ):
        return "person_name"
    if joined in (
        "lname",
        "middle_name",
        "given_name",
        "family_name",
        "realname",
        "real_name",
        "display_name",
        "displayname",
    ):
        return "person_name"
    if last == "name" and ((len(words) == 1 and is_person(entity)) or (len(words) > 1 and words[-2] in PERSON)):
        return "person_name"
    if last in ("author", "director", "recipient") or (
        last in PERSON and last not in ("contact", "staff", "owner", "client")
    ):
        return "person_name" if entity.rpartition("_")[2] != last else None
    return None


def _moment_role(words: Sequence[str], column_type: ColumnType) -> Role:
    joined = "_".join(words)
    if column_type != "time":
        if re.fullmatch(r"(date_)?(created|creation|added|inserted|registered)(_(at|on|date|time|datetime|timestamp|ts))?|create_(date|time)"
                        r"|date_(created|added|joined)|timestamp|inserted|post_date|creation_(date|time)", joined):  # fmt: skip
            return "created_at"
        if re.fullmatch(
            r"(last_)?(updated?|modified|changed|edited)(_(at|on|date|time|datetime|timestamp))?|date_(updated|modified)",
            joined,
        ):
            return "updated_at"
    if column_type == "date":
        return "date"
    return "datetime" if column_type == "datetime" else "time"


def _number_role(words: Sequence[str], column_type: ColumnType) -> Role:
    found = set(words)
    last = words[-1] if words else ""
    if found & {"percent", "percentage", "pct", "discount", "tax"} and not found & {"amount", "total"}:
        return "percent" if column_type == "real" or found & {"percent", "percentage", "pct"} else "number"
    if last in ("rating", "score", "stars") or words == ["rank"]:
        return "rating" if last != "score" else "number"
    if found & _DURATION and "max" not in found:
        return "duration" if column_type == "integer" and not found & {"length"} else "number"
    if last in ("quantity", "qty", "count") or (
        found & QUANTITY and not found & {"price", "cost"} and column_type == "integer"
    ):
        return "quantity"
    if found & MONEY and last not in ("id", "count", "number", "no", "date", "days"):
        return "money"
    return "number"


def _share(values: Sequence[SqlValue], pattern: str) -> float:
    """The share of the values that match as a whole."""
    return sum(bool(re.fullmatch(pattern, str(value).strip())) for value in values) / max(1, len(values))


def sampled_enum(words: Sequence[str], values: Sequence[SqlValue], *, cut: bool) -> tuple[str, ...]:
    """The values of a text column whose name and few repeating values make it an enumeration; else nothing.

    Args:
        cut: Whether the table has more rows than were seen.
    """
    last = words[-1] if words else ""
    status = last in STATUS
    if not status and last not in KIND:
        return ()
    counts = Counter(str(value) for value in values)
    most = 12 if status else 10
    enough = 3 * len(counts) if status else 5 * len(counts)
    if not 2 <= len(counts) <= most or len(values) < max(6, enough) or (cut and min(counts.values()) < 3):
        return ()
    if any(not value.strip() or len(value) > 40 or value != value.strip() for value in counts):
        return ()
    return tuple(sorted(counts))
