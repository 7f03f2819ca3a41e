"""What the pages around a payment say, in the languages of the widget, and amounts as its reader writes them (CLDR, by Babel).

For `api.routes.pay`. The language is the browser's: whoever pays may be somebody else than whoever the link was made for.
"""

from collections.abc import Mapping
from typing import Final

from babel.numbers import format_currency

from signalling.commerce.money import Money, decimal
from signalling.commerce.payment_state import State

LANGUAGES: Final = ("en", "de", "pl", "ro", "el", "pt-BR")
# A header of a browser names a handful.
_WANTED_MOST = 20

WORDS: Final[Mapping[str, tuple[str, str, str, str, str, str]]] = {
    "title": ("Payment", "Zahlung", "Płatność", "Plată", "Πληρωμή", "Pagamento"),
    State.CREATED: (
        "The link is being made. Please try again in a moment.",
        "Der Link wird gerade erstellt. Bitte versuchen Sie es gleich noch einmal.",
        "Link jest właśnie tworzony. Proszę spróbować za chwilę.",
        "Linkul este în curs de creare. Încercați din nou peste un moment.",
        "Ο σύνδεσμος δημιουργείται. Δοκιμάστε ξανά σε λίγο.",
        "O link está sendo criado. Tente de novo em instantes.",
    ),
    State.LINK_CREATED: (
        "Nothing was paid yet.",
        "Es wurde noch nichts bezahlt.",
        "Nic jeszcze nie zapłacono.",
        "Nu s-a plătit încă nimic.",
        "Δεν έχει πληρωθεί τίποτα ακόμη.",
        "Nada foi pago ainda.",
    ),
    State.PROCESSING: (
        "Your payment is on its way.",
        "Ihre Zahlung ist unterwegs.",
        "Płatność jest w drodze.",
        "Plata dumneavoastră este în curs.",
        "Η πληρωμή σας βρίσκεται σε εξέλιξη.",
        "Seu pagamento está a caminho.",
    ),
    State.SUCCEEDED: (
        "Thank you. Your payment has arrived.",
        "Vielen Dank. Ihre Zahlung ist angekommen.",
        "Dziękujemy. Płatność dotarła.",
        "Vă mulțumim. Plata dumneavoastră a ajuns.",
        "Ευχαριστούμε. Η πληρωμή σας ολοκληρώθηκε.",
        "Obrigado. Seu pagamento chegou.",
    ),
    State.FAILED: (
        "The payment failed.",
        "Die Zahlung ist fehlgeschlagen.",
        "Płatność się nie powiodła.",
        "Plata a eșuat.",
        "Η πληρωμή απέτυχε.",
        "O pagamento falhou.",
    ),
    State.EXPIRED: (
        "This payment link has expired.",
        "Dieser Zahlungslink ist abgelaufen.",
        "Ten link do płatności wygasł.",
        "Acest link de plată a expirat.",
        "Αυτός ο σύνδεσμος πληρωμής έχει λήξει.",
        "Este link de pagamento expirou.",
    ),
    State.CANCELLED: (
        "This payment was cancelled.",
        "Diese Zahlung wurde abgebrochen.",
        "Ta płatność została anulowana.",
        "Această plată a fost anulată.",
        "Αυτή η πληρωμή ακυρώθηκε.",
        "Este pagamento foi cancelado.",
    ),
    State.REFUNDED: (
        "This payment was refunded.",
        "Diese Zahlung wurde erstattet.",
        "Ta płatność została zwrócona.",
        "Această plată a fost rambursată.",
        "Επιστράφηκαν τα χρήματα αυτής της πληρωμής.",
        "Este pagamento foi reembolsado.",
    ),
    "waiting": (
        "Thank you. We are waiting for the payment provider's confirmation.",
        "Vielen Dank. Wir warten auf die Bestätigung des Zahlungsdienstes.",
        "Dziękujemy. Czekamy na potwierdzenie od operatora płatności.",
        "Vă mulțumim. Așteptăm confirmarea furnizorului de plăți.",
        "Ευχαριστούμε. Περιμένουμε την επιβεβαίωση του παρόχου πληρωμών.",
        "Obrigado. Estamos aguardando a confirmação do provedor de pagamento.",
    ),
    "back": (
        "You can close this page and go back to the conversation.",
        "Sie können diese Seite schließen und zum Gespräch zurückkehren.",
        "Można zamknąć tę stronę i wrócić do rozmowy.",
        "Puteți închide această pagină și reveni la conversație.",
        "Μπορείτε να κλείσετε αυτή τη σελίδα και να επιστρέψετε στη συνομιλία.",
        "Você pode fechar esta página e voltar à conversa.",
    ),
    "sandbox": (
        "This is a sandbox: no money moves.",
        "Dies ist eine Testumgebung: Es fließt kein Geld.",
        "To środowisko testowe: żadne pieniądze nie są pobierane.",
        "Acesta este un mediu de test: nu se mișcă bani.",
        "Αυτό είναι δοκιμαστικό περιβάλλον: δεν κινούνται χρήματα.",
        "Este é um ambiente de teste: nenhum dinheiro é movimentado.",
    ),
    "pay": ("Pay", "Bezahlen", "Zapłać", "Plătește", "Πληρωμή", "Pagar"),
    "decline": (
        "Card is declined",
        "Karte wird abgelehnt",
        "Karta zostaje odrzucona",
        "Cardul este refuzat",
        "Η κάρτα απορρίπτεται",
        "O cartão é recusado",
    ),
    "transfer": (
        "Pay by bank transfer",
        "Per Überweisung bezahlen",
        "Zapłać przelewem",
        "Plătește prin transfer bancar",
        "Πληρωμή με τραπεζική μεταφορά",
        "Pagar por transferência",
    ),
    "expire": (
        "Let the link expire",
        "Den Link ablaufen lassen",
        "Pozwól linkowi wygasnąć",
        "Lasă linkul să expire",
        "Αφήστε τον σύνδεσμο να λήξει",
        "Deixar o link expirar",
    ),
    "arrive": (
        "The transfer arrives",
        "Die Überweisung kommt an",
        "Przelew dociera",
        "Transferul ajunge",
        "Η μεταφορά ολοκληρώνεται",
        "A transferência chega",
    ),
    "bounce": (
        "The transfer fails",
        "Die Überweisung schlägt fehl",
        "Przelew się nie udaje",
        "Transferul eșuează",
        "Η μεταφορά αποτυγχάνει",
        "A transferência falha",
    ),
}


def language(accepted: str) -> str:
    """The first of `LANGUAGES` that an Accept-Language header (RFC 9110 section 12.5.4) wants; English where it wants none of them."""
    wanted = []
    for number, part in enumerate(accepted.split(",")[:_WANTED_MOST]):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            quality = 0.0
        wanted.append((-quality, number, tag.strip().lower()))
    for _, _, tag in sorted(each for each in wanted if each[0] < 0):
        for found in LANGUAGES:
            if tag.split("-")[0] == found.split("-")[0].lower():
                return found
    return LANGUAGES[0]


def say(key: str, in_language: str) -> str:
    """The words for a key or a payment's state."""
    return WORDS[key][LANGUAGES.index(in_language)]


def amount(money: Money, in_language: str) -> str:
    """`59,00 €` or `€59.00`."""
    return str(format_currency(decimal(money), money.currency, locale=in_language.replace("-", "_")))
