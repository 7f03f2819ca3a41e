"""What a new shop's reps have to say again and again, in the demonstration."""

from signalling.conversation import canned
from signalling.identity.caller import Caller, Role
from signalling.store import Transaction

# shortcut -> language -> title, text
REPLIES = {
    "hello": {
        "en": ("Greeting", "Hello {customer_name}, this is {rep_name}. How can I help you?"),
        "de": ("Begrüßung", "Guten Tag {customer_name}, hier ist {rep_name}. Wie kann ich Ihnen helfen?"),
        "pl": ("Powitanie", "Dzień dobry, {customer_name}. Mówi {rep_name}. W czym mogę pomóc?"),
        "ro": ("Salut", "Bună ziua, {customer_name}, sunt {rep_name}. Cu ce vă pot ajuta?"),
        "el": ("Χαιρετισμός", "Καλημέρα σας {customer_name}, είμαι ο/η {rep_name}. Πώς μπορώ να βοηθήσω;"),
        "pt-BR": ("Saudação", "Olá, {customer_name}, aqui é {rep_name}. Como posso ajudar você?"),
    },
    "returns": {
        "en": ("Returns", "You can send anything back within 30 days. I will set the return up for you; the label comes by e-mail."),
        "de": (
            "Rückgabe",
            "Sie können alles innerhalb von 30 Tagen zurückgeben. Ich lege die Rücksendung an; das Etikett kommt per E-Mail.",
        ),
        "pl": ("Zwroty", "Każdy towar można zwrócić w ciągu 30 dni. Przygotuję zwrot, a etykieta przyjdzie e-mailem."),
        "ro": ("Retur", "Puteți returna orice produs în 30 de zile. Pregătesc eu returul; eticheta vine prin e-mail."),
        "el": ("Επιστροφές", "Μπορείτε να επιστρέψετε οτιδήποτε μέσα σε 30 ημέρες. Ετοιμάζω την επιστροφή· η ετικέτα θα έρθει με e-mail."),
        "pt-BR": ("Devoluções", "Você pode devolver qualquer produto em até 30 dias. Eu preparo a devolução; a etiqueta chega por e-mail."),
    },
    "delivery": {
        "en": ("Delivery time", "Standard delivery takes two to three working days, express the next working day."),
        "de": ("Lieferzeit", "Der Standardversand dauert zwei bis drei Werktage, Express kommt am nächsten Werktag."),
        "pl": ("Czas dostawy", "Dostawa standardowa trwa dwa do trzech dni roboczych, ekspresowa dociera następnego dnia roboczego."),
        "ro": ("Livrare", "Livrarea standard durează două până la trei zile lucrătoare, cea expres ajunge în următoarea zi lucrătoare."),
        "el": ("Χρόνος παράδοσης", "Η απλή παράδοση χρειάζεται δύο έως τρεις εργάσιμες, η ταχεία φτάνει την επόμενη εργάσιμη."),
        "pt-BR": ("Prazo de entrega", "A entrega padrão leva de dois a três dias úteis; a expressa chega no próximo dia útil."),
    },
    "bye": {
        "en": ("Farewell", "Thank you, {customer_name}. Write again any time. Have a good day!"),
        "de": ("Abschied", "Vielen Dank, {customer_name}. Melden Sie sich jederzeit wieder. Einen schönen Tag!"),
        "pl": ("Pożegnanie", "Dziękuję, {customer_name}. Zapraszamy ponownie. Miłego dnia!"),
        "ro": ("La revedere", "Vă mulțumesc, {customer_name}. Ne puteți scrie oricând. O zi bună!"),
        "el": ("Αποχαιρετισμός", "Σας ευχαριστώ, {customer_name}. Γράψτε μας όποτε θέλετε. Καλή σας μέρα!"),
        "pt-BR": ("Despedida", "Obrigado, {customer_name}. Escreva quando quiser. Tenha um bom dia!"),
    },
}


def seed(tx: Transaction, tenant_id: str) -> None:
    """A work. Nothing where the tenant has replies already."""
    keeper = Caller(tenant_id, "rep_00000000000000000000000000", Role.ADMIN)
    if canned.listing(tx, keeper, None):
        return
    for shortcut, languages in REPLIES.items():
        for locale, (title, text) in languages.items():
            canned.add(tx, keeper, {"shortcut": shortcut, "locale": locale, "title": title, "text": text})
