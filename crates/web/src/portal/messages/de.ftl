# Was Kundinnen und Kunden lesen, auf Deutsch.

this-language = Deutsch
order-of = Bestellung { $number }, { $name }
order-alone = Bestellung { $number }

now-draft = Ihre Bestellung liegt uns vor, ist aber noch nicht aufgegeben.
now-placed = Ihre Bestellung ist eingegangen. Wir sehen sie uns an.
now-held = Ihre Bestellung ist eingegangen. Wir prüfen noch etwas, bevor es weitergeht.
held-too = Wir prüfen noch etwas, bevor es weitergeht.
now-payment = Ihre Bestellung wartet auf Ihre Zahlung.
now-confirmed = Ihre Bestellung ist bestätigt. Wir bereiten sie vor.
now-backordered = Ihre Bestellung ist bestätigt. Wir warten auf das, was nicht vorrätig ist.
now-part-shipped = Ein Teil Ihrer Bestellung ist unterwegs, der Rest folgt.
now-shipped = Ihre Bestellung ist unterwegs.
now-part-delivered = Ein Teil Ihrer Bestellung ist angekommen, der Rest folgt.
now-delivered = Ihre Bestellung ist angekommen.
now-exception = Der Zusteller meldet ein Problem mit einem Paket. Wir kümmern uns darum.
now-cancelled = Ihre Bestellung ist storniert.

step-placed = Bestellt
step-paid = Bezahlt
step-payment = Zahlung
step-shipping = Versand
step-delivered = Alles zugestellt
step-cancelled = Storniert
paid-none = noch nichts zu zahlen
paid-pending = wartet auf Ihre Zahlung
paid-authorized = auf Ihrer Karte vorgemerkt, abgebucht beim Versand
paid-part = { $amount } eingegangen
paid-all = eingegangen
paid-terms = auf Rechnung, noch nicht eingegangen
paid-refunded = { $amount } erstattet
paid-failed = die Zahlung ist fehlgeschlagen
shipped-count = { $shipped ->
    [0] noch nichts
   *[other] { $shipped } von { $units } Artikeln
}
delivered-count = { $delivered ->
    [0] noch nichts
   *[other] { $delivered } von { $units } Artikeln
}

parcels = Pakete
parcel-packed = Wird gepackt
parcel-moving = Unterwegs
parcel-out = In Zustellung
parcel-delivered = Zugestellt
parcel-exception = Der Zusteller meldet ein Problem
parcel-returned = Auf dem Weg zurück zu uns
parcel-lost = Vom Zusteller verloren
parcel-void = Nicht versendet
waits-stock = Noch nicht da
waits-stock-until = erwartet am { $day }
waits-stock-open = wann es kommt, wissen wir noch nicht
waits = Noch nicht gepackt

cancelled-units = Storniert
costs = Was es kostet
cost-items = { $units } Artikel
cost-shipping = Versand
cost-fee = Gebühr
cost-surcharge = Zuschlag
cost-discount = Rabatt
cost-tax = Steuer
cost-total = Summe
cost-credited = Gutgeschrieben
cost-received = Bisher eingegangen
cost-refunded = Erstattet
cost-charged-back = Von der Bank zurückgeholt
cost-left = Noch nicht eingegangen
cost-back = Erstatten wir noch

change = Etwas ändern
cancel = Bestellung stornieren
cancel-hint = Noch ist nichts versendet, die ganze Bestellung lässt sich stornieren.
cancel-hint-paid = Noch ist nichts versendet, die ganze Bestellung lässt sich stornieren. Was Sie bezahlt haben, erstatten wir.
cancel-late = Ein Teil der Bestellung hat uns verlassen, sie lässt sich hier nicht mehr stornieren. Schreiben Sie uns.
cancel-title = Bestellung { $number } stornieren?
cancel-effect = { $units ->
    [one] Der Artikel wird storniert.
   *[other] Alle { $units } Artikel werden storniert.
} Sie haben noch nichts bezahlt, und es wird nichts abgebucht.
cancel-effect-paid = { $units ->
    [one] Der Artikel wird storniert.
   *[other] Alle { $units } Artikel werden storniert.
} { $amount } werden erstattet.
cancel-keep = Bestellung behalten
cancel-do = Bestellung stornieren
cancelled-now = Die Bestellung ist storniert.
not-cancelled = Die Bestellung konnte nicht storniert werden: sie ist inzwischen weiter.
again = Zur Bestellung

write = Schreiben Sie uns
write-hint = Ihre Nachricht bleibt bei der Bestellung.
write-send = Senden
write-label = Ihre Nachricht
write-nothing = Schreiben Sie erst etwas.
write-long = Die Nachricht ist zu lang oder hat Zeichen, die wir nicht speichern können. Höchstens 2.000 Zeichen.
write-full = Zu dieser Bestellung gibt es schon viele Nachrichten. Bitte rufen Sie an.
written = Ihre Nachricht ist bei uns.
link-note = Diese Seite öffnet sich für alle, die ihren Link haben.
gone-title = Hinter diesem Link ist keine Bestellung
gone = Prüfen Sie, ob der ganze Link kopiert wurde, oder schreiben Sie dem Geschäft.

month = { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
}
day = { $day }. { month }
day-long = { $day }. { month } { $year }
