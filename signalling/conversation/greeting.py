"""What a tenant lets the system say by itself, in the customer's language.

The acknowledgement is the tenant's setting `acknowledgements` where there is one; everything else, and where there is none, is below.
Works; for `messages` and `handling`.
"""

from collections.abc import Mapping

from signalling import tenants
from signalling.store import Transaction

TEXTS: Mapping[str, Mapping[str, str]] = {
    "acknowledgement": {
        "en": "Thank you, we have received your message. Somebody will be with you shortly.",
        "de": "Danke, Ihre Nachricht ist da. Gleich ist jemand für Sie da.",
        "pl": "Dziękujemy, otrzymaliśmy wiadomość. Za chwilę ktoś się odezwie.",
        "ro": "Mulțumim, am primit mesajul. Cineva vă va răspunde în curând.",
        "el": "Ευχαριστούμε, λάβαμε το μήνυμά σας. Σύντομα θα σας απαντήσει κάποιος.",
        "pt-BR": "Obrigado, recebemos sua mensagem. Alguém falará com você em instantes.",
    },
    "joined": {
        "en": "{name} has joined the conversation.",
        "de": "{name} ist jetzt für Sie da.",
        "pl": "{name} dołącza do rozmowy.",
        "ro": "{name} s-a alăturat conversației.",
        "el": "{name}: συνδέθηκε στη συνομιλία.",
        "pt-BR": "{name} entrou na conversa.",
    },
    "transferred": {
        "en": "You are now talking to {name}.",
        "de": "Sie sprechen jetzt mit {name}.",
        "pl": "Teraz rozmawia z Państwem {name}.",
        "ro": "Acum vorbiți cu {name}.",
        "el": "Τώρα μιλάτε με: {name}.",
        "pt-BR": "Agora você está falando com {name}.",
    },
    "closed": {
        "en": "The conversation has been closed.",
        "de": "Das Gespräch wurde beendet.",
        "pl": "Rozmowa została zakończona.",
        "ro": "Conversația a fost încheiată.",
        "el": "Η συνομιλία ολοκληρώθηκε.",
        "pt-BR": "A conversa foi encerrada.",
    },
}


def acknowledgement(tx: Transaction, tenant_id: str, locale: str) -> str:
    """What a customer's first message is answered with at once; empty: nothing."""
    settings = tenants.settings(tx, tenant_id)
    own = "acknowledgements" in settings.model_fields_set
    return settings.acknowledgement(locale) if own else in_locale(TEXTS["acknowledgement"], locale)


def said(code: str, locale: str, name: str = "") -> str:
    """The words for `code`, with the name put in."""
    return in_locale(TEXTS[code], locale).replace("{name}", name)


def in_locale(texts: Mapping[str, str], locale: str) -> str:
    """The text for the nearest locale (RFC 4647 section 3.4, lookup), English where none is near; empty where there is none."""
    by_tag = {tag.lower(): text for tag, text in texts.items()}
    parts = locale.lower().split("-")
    for length in range(len(parts), 0, -1):
        if (text := by_tag.get("-".join(parts[:length]))) is not None:
            return text
    for tag, text in by_tag.items():  # pt-BR serves pt, and pt-PT better than English does
        if tag.partition("-")[0] == parts[0]:
            return text
    return by_tag.get("en", "")
