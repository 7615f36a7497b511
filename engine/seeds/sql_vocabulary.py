"""What people put into columns whose names say it: genders, weekdays, colours. Used to make rows up, never to refuse one."""

from __future__ import annotations

from collections.abc import Sequence

from engine.seeds.sql_lifecycles import state_word

_LISTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "genders": ("gender sex", ("female", "male", "non-binary")),
    "weekdays": ("day weekday", ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")),
    "colours": ("color colour", ("black", "blue", "green", "grey", "orange", "red", "white", "yellow")),
    "currencies": ("currency", ("CHF", "EUR", "GBP", "JPY", "SEK", "USD")),
    "languages": ("language lang locale", ("Arabic", "English", "French", "German", "Japanese", "Portuguese", "Spanish")),
    "priorities": ("priority severity urgency importance", ("low", "medium", "high", "urgent")),
    "sizes": ("size", ("XS", "S", "M", "L", "XL")),
    "blood_groups": ("blood_type blood_group", ("A+", "A-", "B+", "B-", "AB+", "AB-", "O+", "O-")),
    "payment_methods": ("payment_method payment_type pay_method", ("card", "cash", "bank transfer", "voucher")),
    "genres": ("genre", ("adventure", "comedy", "crime", "documentary", "drama", "fantasy", "history", "science fiction")),
    "terms": ("semester term", ("spring term", "summer term", "autumn term", "winter term")),
    "seasons": ("season", ("spring", "summer", "autumn", "winter")),
    "departments": ("department dept division faculty", ("Engineering", "Finance", "Human Resources", "Marketing", "Operations", "Research", "Sales")),
    "user_roles": ("role user_role usergroup", ("administrator", "editor", "member", "moderator", "viewer")),
    "units": ("unit uom", ("bottle", "box", "kg", "litre", "pack", "piece")),
    "levels": ("level difficulty", ("beginner", "intermediate", "advanced", "expert")),
    "continents": ("continent region", ("Africa", "Asia", "Europe", "North America", "Oceania", "South America")),
    "marital_states": ("marital_status", ("single", "married", "divorced", "widowed")),
    "relations": ("relationship relation kinship", ("brother", "daughter", "father", "mother", "partner", "sister", "son")),
    "medicines": ("drug medication medicine", ("amoxicillin", "cetirizine", "ibuprofen", "metformin", "omeprazole", "paracetamol")),
    "doses": ("dose dosage", ("5 mg", "10 mg", "20 mg", "50 mg", "250 mg", "500 mg")),
    "diagnoses": ("diagnosis disease illness", ("anaemia", "asthma", "back pain", "hypertension", "migraine", "sprained ankle")),
    "specialties": ("specialty speciality specialization specialisation", ("cardiology", "dermatology", "neurology", "orthopaedics", "paediatrics", "radiology")),
    "cuisines": ("cuisine", ("French", "Indian", "Italian", "Japanese", "Lebanese", "Mexican", "Thai")),
    "species": ("species", ("cat", "dog", "guinea pig", "hamster", "parrot", "rabbit")),
    "breeds": ("breed", ("beagle", "border collie", "greyhound", "labrador", "poodle", "terrier")),
    "fuels": ("fuel fuel_type", ("diesel", "electric", "hybrid", "petrol")),
    "grades": ("grade", ("A", "B", "C", "D", "E")),
    "diets": ("diet", ("gluten-free", "halal", "kosher", "vegan", "vegetarian")),
    "airlines": ("airline carrier", ("Bluebird Air", "Coastline", "Northwind Airways", "Polaris", "Sunway")),
    "topics": ("category topic tag theme subjects keyword keywords tags", ("art", "cooking", "gardening", "health", "history", "music", "nature", "science", "sports", "technology", "travel")),
    "addresses_of_hosts": ("ip ip_address ipaddress ip_addr", ("192.0.2.10", "192.0.2.25", "192.0.2.77", "198.51.100.4", "198.51.100.61", "203.0.113.9", "203.0.113.88")),
    "hosts": ("host hostname nameserver server", ("alpha.example", "backup.example", "cedar.example", "mail.example", "ns1.example", "ns2.example", "web.example")),
    "files": ("filename file_name file path file_path filepath", ("agenda.pdf", "budget.ods", "cover.png", "invoice.pdf", "minutes.odt", "notes.txt", "photo.jpg", "plan.pdf")),
    "versions": ("version release", ("0.9", "1.0", "1.1", "1.2.3", "2.0", "2.4", "3.0")),
    "counts": ("guests persons people quantity qty qtd count age seats", ("1", "2", "3", "4", "5", "6", "8", "10", "12")),
    "prices": ("price precio preco prix preis amount cost total", ("4.50", "9.90", "12.00", "18.75", "24.00", "49.90", "120.00")),
    "places": ("location place venue site ward", ("east wing", "first floor", "ground floor", "main hall", "north building", "south building", "west wing")),
}  # fmt: skip

_BY_NAME = {word: name for name, (words, _) in _LISTS.items() for word in words.split()}

_GUESSES: tuple[tuple[str, str, str], ...] = (
    # words of the entity, default, states; the first line fits whose words and default do, an empty one always
    ("order purchase sale checkout", "pending", "pending paid shipped delivered cancelled"),
    ("order purchase sale checkout", "new", "new paid shipped delivered cancelled"),
    ("order purchase sale checkout", "", "pending paid shipped delivered cancelled"),
    ("booking reservation appointment visit session lesson", "pending", "pending confirmed completed cancelled"),
    ("booking reservation appointment visit session lesson", "confirmed", "confirmed completed cancelled"),
    ("booking reservation appointment visit session lesson flight trip event match game", "scheduled", "scheduled completed cancelled"),
    ("booking reservation appointment visit", "", "pending confirmed completed cancelled"),
    ("loan borrowing borrow lending checkout issue rental", "borrowed", "borrowed returned lost"),
    ("loan borrowing borrow lending rental", "active", "active returned overdue"),
    ("loan borrowing borrow lending rental", "", "borrowed returned lost"),
    ("payment invoice bill transaction", "pending", "pending paid failed refunded"),
    ("payment invoice bill transaction", "unpaid", "unpaid paid refunded"),
    ("payment invoice bill", "", "pending paid refunded"),
    ("task todo job issue ticket bug card", "pending", "pending in_progress completed"),
    ("task todo card", "", "todo in_progress done"),
    ("issue ticket bug incident case complaint", "", "open in_progress resolved closed"),
    ("lead prospect opportunity deal", "new", "new contacted qualified won lost"),
    ("subscription membership", "active", "active paused cancelled"),
    ("enrollment enrolment registration", "active", "active completed dropped"),
    ("enrollment enrolment registration", "enrolled", "enrolled completed dropped"),
    ("application request proposal leave", "", "pending approved rejected"),
    ("project campaign", "", "planned active completed cancelled"),
    ("shipment delivery parcel", "", "pending shipped delivered"),
    ("post article page blog news story", "", "draft published archived"),
    ("book copy car vehicle room bike equipment", "available", "available reserved maintenance"),
    ("user account member customer employee", "", "active inactive"),
    ("", "active", "active inactive"),
    ("", "inactive", "inactive active"),
    ("", "enabled", "enabled disabled"),
    ("", "available", "available unavailable"),
    ("", "pending", "pending approved rejected"),
    ("", "draft", "draft published archived"),
    ("", "open", "open in_progress closed"),
    ("", "new", "new in_progress resolved closed"),
    ("", "todo", "todo in_progress done"),
    ("", "to_do", "to_do in_progress done"),
    ("", "planned", "planned active completed cancelled"),
    ("", "scheduled", "scheduled completed cancelled"),
    ("", "confirmed", "confirmed completed cancelled"),
    ("", "queued", "queued running completed failed"),
    ("", "running", "running completed failed"),
    ("", "submitted", "submitted accepted rejected"),
    ("", "published", "published archived"),
    ("", "unread", "unread read archived"),
    ("", "sent", "sent delivered failed"),
    ("", "borrowed", "borrowed returned lost"),
    ("", "unpaid", "unpaid paid refunded"),
    ("", "paid", "paid refunded"),
    ("", "in_progress", "in_progress completed cancelled"),
    ("", "waiting", "waiting in_progress completed cancelled"),
    ("", "completed", "completed cancelled"),
    ("", "success", "success failed"),
)  # fmt: skip


def value_list(words: Sequence[str]) -> str | None:
    """The name of the value list that a column of that name draws from, or `None`."""
    for start in range(max(0, len(words) - 2), len(words)):
        found = _BY_NAME.get("_".join(words[start:]))
        if found is not None:
            return found
    return None


def values_of(name: str) -> tuple[str, ...]:
    """The entries of one of the lists that `value_list` names."""
    return _LISTS[name][1]


def guessed_states(entity: str, default: object) -> tuple[str, ...]:
    """The states that a status column most likely takes, where neither the schema nor a row says it; else nothing.

    Args:
        entity: The entity whose status it is.
        default: The column's default, which is one of the states and sets their spelling.
    """
    first = default if isinstance(default, str) and default else ""
    word = state_word(first)
    subject = set(entity.split("_"))
    for entities, start, states in _GUESSES:
        listed = states.split()
        fits_entity = not entities or subject & set(entities.split())
        fits_default = (word == start or not word) if start else word in ("", *listed)
        if fits_entity and fits_default and (word or entities):
            return tuple(first if state == word else _spelled(state, first) for state in listed)
    return ()


def _spelled(state: str, like: str) -> str:
    """A state in the letters of another: `IN_PROGRESS` beside `OPEN`, `In Progress` beside `Open`."""
    if len(like) > 1 and like.isupper():
        return state.upper()
    if like[:1].isupper():
        return state.replace("_", " ").title()
    return state
