# What customers read, in English. Every message must be in every language; a test compares.

this-language = English
order-of = Order { $number }, { $name }
order-alone = Order { $number }

# The sentence at the top.
now-draft = We have your order, but it is not placed yet.
now-placed = Your order is placed. We are looking at it.
now-held = Your order is placed. We are checking something before we go on.
held-too = We are checking something before we go on.
now-payment = Your order waits for your payment.
now-confirmed = Your order is confirmed. We are getting it ready.
now-backordered = Your order is confirmed. We wait for what is not in stock.
now-part-shipped = Part of your order is on its way, the rest follows.
now-shipped = Your order is on its way.
now-part-delivered = Part of your order has arrived, the rest follows.
now-delivered = Your order has arrived.
now-exception = The carrier met a problem with a parcel. We look after it.
now-cancelled = Your order is cancelled.

# The four steps.
step-placed = Placed
step-paid = Paid
step-payment = Payment
step-shipping = Shipping
step-delivered = All delivered
step-cancelled = Cancelled
paid-none = nothing to pay yet
paid-pending = waits for your payment
paid-authorized = held on your card, taken as we ship
paid-part = { $amount } received
paid-all = received
paid-terms = by invoice, not received yet
paid-refunded = { $amount } given back
paid-failed = the payment did not go through
shipped-count = { $shipped ->
    [0] nothing yet
   *[other] { $shipped } of { $units } items
}
delivered-count = { $delivered ->
    [0] nothing yet
   *[other] { $delivered } of { $units } items
}

parcels = Parcels
parcel-packed = Being packed
parcel-moving = On its way
parcel-out = Out for delivery
parcel-delivered = Delivered
parcel-exception = The carrier met a problem
parcel-returned = On its way back to us
parcel-lost = Lost by the carrier
parcel-void = Not sent
waits-stock = Not here yet
waits-stock-until = we expect it on { $day }
waits-stock-open = we do not know yet when it comes
waits = Not packed yet

cancelled-units = Cancelled
costs = What it costs
cost-items = { $units ->
    [one] { $units } item
   *[other] { $units } items
}
cost-shipping = Shipping
cost-fee = Fee
cost-surcharge = Surcharge
cost-discount = Discount
cost-tax = Tax
cost-total = Total
cost-credited = Credited
cost-received = Received so far
cost-refunded = Given back
cost-charged-back = Taken back by the bank
cost-left = Not received yet
cost-back = We still give back

change = Change something
cancel = Cancel the order
cancel-hint = Nothing has shipped yet, so the whole order can still be cancelled.
cancel-hint-paid = Nothing has shipped yet, so the whole order can still be cancelled. What you paid is given back.
cancel-late = Part of the order has left us, so it cannot be cancelled here any more. Write to us.
cancel-title = Cancel the order { $number }?
cancel-effect = { $units ->
    [one] The item is cancelled.
   *[other] All { $units } items are cancelled.
} You paid nothing yet, and nothing is taken.
cancel-effect-paid = { $units ->
    [one] The item is cancelled.
   *[other] All { $units } items are cancelled.
} { $amount } is given back.
cancel-keep = Keep the order
cancel-do = Cancel the order
cancelled-now = The order is cancelled.
not-cancelled = The order could not be cancelled: it has moved on since you opened this page.
again = Look at the order

write = Write to us
write-hint = Your message is kept with the order.
write-send = Send
write-label = Your message
write-nothing = Write something first.
write-long = The message is too long, or has characters that cannot be kept. At most 2,000 characters.
write-full = There are many messages on this order already. Please call the shop.
written = Your message is with us.
link-note = This page opens for anyone who has its link.
gone-title = There is no order behind this link
gone = Check that the whole link was copied, or write to the shop.

month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
}
day = { month } { $day }
day-long = { month } { $day }, { $year }
