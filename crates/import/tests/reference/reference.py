#!/usr/bin/env python3
"""Reference figures for `waybill import orders`, computed without Waybill.

    reference.py online-retail FILE               [--map MAP.toml] [--rejects OUT.csv] [--matches OUT.csv]
    reference.py superstore    FILE [RETURNS]     [--map MAP.toml] [--rejects OUT.csv]
    reference.py northwind     ORDERS DETAILS     [--map MAP.toml] [--rejects OUT.csv]
    reference.py olist         DIRECTORY          [--map MAP.toml] [--rejects OUT.csv]

Prints one JSON object. Python 3.11, standard library only; `.gz` is recognised by name.

The rules (docs/importing.md) are written out here a second time, lists included, so that a
mistake in a preset or in the importer shows as a difference. `--map` checks that the preset says
the same as this file and stops with a message if it does not.

Conventions, the same for all four files:

* Money is counted in minor units (pence, cents). The minor amount of a row is
  half-even(quantity x price x (1 - discount) x 100), or half-even(line total x 100); `file.minor`
  is the sum of those, `file.exact` the exact decimal sum, `file.rounding` the difference.
* Every row of the lines file is in exactly one class; a value of a charge column (freight) counts
  as one more line of class `charge` with no units. The classes add up to the file; asserted.
* Signs are the file's: cancelled and returned units and money are negative.
* A cancellation line that is split counts its units and money in every class it falls into, and
  its line in the first of return, cancellation, reject that got units.
* Figures are those of `--stock receive`: everything ships when the map says.
"""
import argparse
import csv
import gzip
import json
import os
import statistics
import sys
import tomllib
from collections import Counter, defaultdict
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_EVEN, Decimal
from zoneinfo import ZoneInfo

CLASSES = ("sale", "charge", "cancellation", "return", "adjustment", "reject")
CENT = Decimal("0.01")


# --- common ---------------------------------------------------------------------------------------

def rows_of(path):
    """(line number, row) of every record; the header is line 1."""
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8", newline="") as f:
        reader = csv.DictReader(f)
        for row in reader:
            yield reader.line_num, row


def minor(amount):
    return int((amount / CENT).to_integral_value(ROUND_HALF_EVEN))


def to_utc(text, zone, fmt):
    """Local time to UTC: an ambiguous hour is its first pass, a skipped one moves forward."""
    local = datetime.strptime(text, fmt).replace(tzinfo=zone, fold=0)
    return local.astimezone(timezone.utc)


def gap_or_overlap(text, zone, fmt):
    naive = datetime.strptime(text, fmt)
    a, b = naive.replace(tzinfo=zone, fold=0), naive.replace(tzinfo=zone, fold=1)
    if a.utcoffset() == b.utcoffset():
        return None
    return "overlap" if a.utcoffset() > b.utcoffset() else "gap"


class Books:
    """Lines, units and minor units per class, kept apart from the sum over the file."""

    def __init__(self):
        self.classes = {c: {"lines": 0, "units": 0, "minor": 0} for c in CLASSES}
        self.file = {"lines": 0, "units": 0, "minor": 0}
        self.exact = Decimal(0)
        self.rejects = []

    def row(self, units, amount):
        self.file["lines"] += 1
        self.file["units"] += units
        self.file["minor"] += minor(amount)
        self.exact += amount

    def post(self, cls, lines, units, money):
        c = self.classes[cls]
        c["lines"] += lines
        c["units"] += units
        c["minor"] += money

    def reject(self, file, line, column, reason, detail=""):
        self.rejects.append((file, line, column, reason, detail))

    def result(self, currency):
        for k in ("lines", "units", "minor"):
            total = sum(c[k] for c in self.classes.values())
            assert total == self.file[k], f"classes and file differ in {k}: {total} and {self.file[k]}"
        return {
            "currency": currency,
            "classes": self.classes,
            "file": {**self.file, "exact": str(self.exact),
                     "rounding": str(Decimal(self.file["minor"]) * CENT - self.exact)},
            "rejected_rows": len({(f, n) for f, n, *_ in self.rejects}),
            "rejected_share_percent": round(100 * len(self.rejects) / self.file["lines"], 4),
            "rejects": dict(sorted(Counter(r[3] for r in self.rejects).items())),
        }


def write_csv(path, header, rows):
    if path:
        with open(path, "w", encoding="utf-8", newline="") as f:
            w = csv.writer(f, lineterminator="\n")
            w.writerow(header)
            w.writerows(rows)


def expect(what, preset, here):
    if preset != here:
        sys.exit(f"the preset and the reference differ in {what}:\n  preset:    {preset}\n  reference: {here}")


# --- Online Retail --------------------------------------------------------------------------------

CHARGES = {  # stock code (upper case) -> kind
    "POST": "shipping", "DOT": "shipping", "C2": "shipping",
    "M": "manual", "D": "discount", "S": "sample",
    "BANK CHARGES": "fee", "AMAZONFEE": "fee", "CRUK": "fee",
    "B": "write_off", "GIFT_*": "gift_voucher",
}
REASONS = [  # first list with a phrase that occurs in the lower-cased description
    ("damaged", ["damage", "dagamed", "smashed", "crushed", "broken", "breakages", "cracked", "faulty",
                 "thrown away", "throw away", "destroyed", "unsaleable", "mouldy", "rusty", "wet",
                 "smudges"]),
    ("sample", ["sample", "showroom", "display", "mailout", "given away"]),
    ("lost", ["missing", "lost", "can't find", "not rcvd"]),
    ("found", ["found", "put aside"]),
    ("correction", ["adjust", "wrong", "mix up", "mixed up", "sold as", "sold in", "sold sets", "dotcom",
                    "amazon", "ebay", "coded", "marked", "mrked", "barcode", "code mix", "incorr",
                    "oops", "sale error", "website fixed", "creditted", "a credit", "allocate",
                    "online retail orders", "test", "historic computer", "returned"]),
    ("count", ["check", "counted", "mystery"]),
]
SHIP_AFTER, DELIVER_AFTER = timedelta(hours=4), timedelta(days=2)


def charge_kind(sku):
    return "gift_voucher" if sku.startswith("GIFT_") else CHARGES.get(sku)


def reason_of(description):
    text = description.strip()
    if text == text.upper() and any(ch.isalpha() for ch in text):
        return "other"  # an item name (they are in capitals), not a remark
    if text and not text.strip("?"):
        return "count"
    for reason, phrases in REASONS:
        if any(p in text.lower() for p in phrases):
            return reason
    return "other"


def online_retail(args):
    if args.map:
        with open(args.map, "rb") as f:
            m = tomllib.load(f)
        expect("charge codes", {c: k["kind"] for k in m["charge_code"] for c in k["codes"]}, CHARGES)
        expect("adjustment reasons", [(r["reason"], r["contains"]) for r in m["adjustment_reason"] if "contains" in r],
               REASONS)
        expect("lead times", (m["lifecycle"]["ship_after"], m["lifecycle"]["deliver_after"]), ("4h", "2d"))
        expect("settings", (m["cancellation"]["number_prefix"], m["cancellation"]["without_customer"],
                            m["line"]["sku"]["case"], m["map"]["time_zone"], m["map"]["currency"],
                            m["unpriced"]["with_customer"], m["unpriced"]["without_customer"]),
               (["C"], "reject", "upper", "Europe/London", "GBP", "free", "adjustment"))
    zone = ZoneInfo("Europe/London")
    books = Books()
    invoices = {}  # number -> {first line, earliest time, rows}
    for n, r in rows_of(args.files[0]):
        quantity, price = int(r["Quantity"]), Decimal(r["UnitPrice"])
        books.row(quantity, quantity * price)
        row = (n, r["StockCode"].strip().upper(), r["Description"], quantity, price, r["CustomerID"].strip())
        inv = invoices.setdefault(r["InvoiceNo"].strip(), {"first": n, "time": r["InvoiceDate"], "times": set(), "rows": []})
        inv["time"] = min(inv["time"], r["InvoiceDate"])
        inv["times"].add(r["InvoiceDate"])
        inv["rows"].append(row)
    clock = Counter(filter(None, (gap_or_overlap(i["time"], zone, "%Y-%m-%d %H:%M") for i in invoices.values())))
    for inv in invoices.values():
        inv["utc"] = to_utc(inv["time"], zone, "%Y-%m-%d %H:%M")

    sales = defaultdict(list)    # (customer, sku) -> [number, placed, [[line, price, units left], ...]], time order
    charged = defaultdict(list)  # (customer, code) -> [number, minor units left], time order
    orders = Counter()
    cancels = Counter()
    sub = {k: defaultdict(lambda: [0, 0, 0]) for k in ("sale", "charge", "charge_on_cancellation", "adjustment")}
    refunds = Counter()
    lags, matches = [], []
    difference = {"higher": [0, 0], "lower": [0, 0]}  # credited against sold: parts, minor
    customers, skus = set(), set()

    def note(group, key, units, money):
        s = sub[group][key]
        s[0], s[1], s[2] = s[0] + 1, s[1] + units, s[2] + money

    for number, inv in sorted(invoices.items(), key=lambda i: (i[1]["utc"], i[1]["first"])):
        cancellation = number.startswith("C")
        goods = charges = 0
        credit = matched_here = False
        for n, sku, description, quantity, price, customer in inv["rows"]:
            money = minor(quantity * price)
            kind = charge_kind(sku)
            if customer:
                customers.add(customer)
            if kind:  # 1. a charge code is a charge on every invoice, priced or not
                books.post("charge", 1, quantity, money)
                note("charge_on_cancellation" if cancellation else "charge", kind, quantity, money)
                if not cancellation:
                    charges += 1
                    if customer and money > 0:
                        charged[customer, sku].append([number, money])
                    continue
                target = next((c for c in reversed(charged[customer, sku]) if c[1] >= -money), None) if customer else None
                if target:
                    target[1] += money
                    refunds["to_an_order"] += 1
                else:
                    refunds["in_a_credit_order"] += 1
                    credit = True
                continue
            skus.add(sku)
            if price == 0 and not customer:  # 2. stock adjustment
                books.post("adjustment", 1, quantity, money)
                note("adjustment", reason_of(description), quantity, money)
                continue
            if not cancellation:  # 3. sale or free line
                if quantity <= 0 or price < 0:
                    books.post("reject", 1, quantity, money)
                    books.reject("lines", n, "Quantity" if quantity <= 0 else "UnitPrice", "not_positive")
                    continue
                books.post("sale", 1, quantity, money)
                note("sale", "free" if price == 0 else "guest" if not customer else "customer", quantity, money)
                goods += 1
                known = sales[customer, sku]
                if not known or known[-1][0] != number:
                    known.append([number, inv["utc"], []])
                known[-1][2].append([n, price, quantity])
                continue
            # 4. cancellation of stock
            if quantity >= 0 or price < 0:
                books.post("reject", 1, quantity, money)
                books.reject("lines", n, "Quantity" if quantity >= 0 else "UnitPrice", "not_negative")
                continue
            if not customer:
                books.post("reject", 1, quantity, money)
                books.reject("lines", n, "CustomerID", "cancel_without_customer")
                cancels["no_customer"] += 1
                continue
            need, parts, invoices_hit = -quantity, Counter(), 0
            for sold_number, placed, lines in reversed(sales[customer, sku]):
                if not need:
                    break
                what = "return" if inv["utc"] >= placed + SHIP_AFTER else "cancellation"
                hit = 0
                for sold in lines:
                    units = min(need, sold[2])
                    if not units:
                        continue
                    sold[2] -= units
                    need -= units
                    hit += units
                    matches.append((n, number, sku, units, what, sold_number, sold[0], sold[1], price))
                    if price != sold[1]:
                        d = difference["higher" if price > sold[1] else "lower"]
                        d[0], d[1] = d[0] + 1, d[1] + minor(units * (price - sold[1]))
                if hit:
                    invoices_hit += 1
                    parts[what] += hit
                    lags.append((inv["utc"] - placed).total_seconds() / 86400)
            if need:
                parts["reject"] = need
                never = need == -quantity and not sales[customer, sku]
                reason = "cancel_no_earlier_sale" if never else "cancel_no_units_left"
                books.reject("lines", n, "StockCode" if never else "Quantity", reason,
                             f"{need} of {-quantity} units")
                cancels["none_" + ("no_earlier_sale" if never else "no_units_left") if need == -quantity else "partly"] += 1
            else:
                cancels["wholly"] += 1
            if parts["return"] and parts["cancellation"]:
                cancels["split_between_cancellation_and_return"] += 1
            if invoices_hit > 1:
                cancels["split_over_several_invoices"] += 1
            matched_here |= need != -quantity
            line, done, booked = 1, 0, 0
            for cls in ("return", "cancellation", "reject"):
                if parts[cls]:
                    done += parts[cls]
                    total = minor(-done * price)
                    books.post(cls, line, -parts[cls], total - booked)
                    line, booked = 0, total
        if cancellation:
            orders["credit_orders"] += credit
            orders["cancellation_invoices"] += 1
            orders["cancellation_invoices_with_a_match"] += matched_here
        elif goods:
            orders["with_goods"] += 1
        elif charges:
            orders["charges_only"] += 1
        else:
            orders["adjustments_only_no_order"] += 1

    stock_lines = sum(cancels[k] for k in ("wholly", "partly", "no_customer", "none_no_earlier_sale", "none_no_units_left"))
    result = books.result("GBP")
    matched = cancels["wholly"] + cancels["partly"]
    if books.file["lines"] == 541909:  # the real file; small fixtures may do what they like
        assert books.file["minor"] == 974774793, books.file["minor"]
        assert matched >= 7400, matched
        assert result["rejected_rows"] <= books.file["lines"] * 0.005, result["rejected_rows"]
    write_csv(args.rejects, ("file", "line", "column", "reason", "detail"), books.rejects)
    write_csv(args.matches, ("line", "cancellation", "sku", "units", "as", "order", "order_line_in_file", "sold_at", "credited_at"), matches)
    table = lambda g: {k: dict(zip(("lines", "units", "minor"), v)) for k, v in sorted(sub[g].items())}
    return {
        **result,
        "orders": orders["with_goods"] + orders["charges_only"] + orders["credit_orders"],
        "orders_by_kind": dict(sorted(orders.items())),
        "invoices": len(invoices),
        "invoices_with_several_times": sum(len(i["times"]) > 1 for i in invoices.values()),
        "local_times_in_a_gap_or_overlap": dict(clock),
        "customers": len(customers), "stocked_skus": len(skus),
        "sales": table("sale"), "charges": table("charge"),
        "charges_on_cancellation_invoices": table("charge_on_cancellation"),
        "charge_refunds": dict(sorted(refunds.items())),
        "adjustments": table("adjustment"),
        "stock_cancellation_lines": {"all": stock_lines, "matched": matched, **dict(sorted(cancels.items())),
                                     "median_lag_days": round(statistics.median(lags), 2)},
        "credited_at_another_price": {k: {"parts": v[0], "minor": v[1]} for k, v in difference.items()},
    }


# --- Superstore -----------------------------------------------------------------------------------

def superstore(args):
    if args.map:
        with open(args.map, "rb") as f:
            m = tomllib.load(f)
        expect("settings", (m["map"]["currency"], m["line"]["line_total"], m["line"]["discount"],
                            m["return_list"]["order"]), ("USD", "Sales", "Discount", "returns.Order ID"))
    books, orders = Books(), {}
    customers, skus, names = set(), set(), defaultdict(set)
    list_exact = same_day = padded = 0
    for n, r in rows_of(args.files[0]):
        quantity, total, discount = int(r["Quantity"]), Decimal(r["Sales"]), Decimal(r["Discount"])
        books.row(quantity, total)
        cls = "sale" if quantity > 0 and total >= 0 and r["Ship Date"] >= r["Order Date"] else "reject"
        books.post(cls, 1, quantity, minor(total))
        if cls == "reject":
            books.reject("lines", n, "Sales", "not_positive")
            continue
        o = orders.setdefault(r["Order ID"], {"lines": 0, "units": 0, "minor": 0, "same_day": r["Ship Date"] == r["Order Date"]})
        o["lines"], o["units"], o["minor"] = o["lines"] + 1, o["units"] + quantity, o["minor"] + minor(total)
        listed = (total / (1 - discount) / quantity).quantize(CENT)
        list_exact += listed * quantity * (1 - discount) == total
        padded += len(r["Postal Code"]) == 4
        customers.add(r["Customer ID"])
        skus.add(r["Product ID"])
        names[r["Product ID"]].add(r["Product Name"])
    derived = Counter()
    if len(args.files) > 1:
        seen = set()
        for n, r in rows_of(args.files[1]):
            derived["rows"] += 1
            if r["Order ID"] not in orders or r["Order ID"] in seen:
                books.reject("returns", n, "Order ID", "return_of_unknown_order" if r["Order ID"] not in seen else "return_twice")
                continue
            seen.add(r["Order ID"])
            derived["orders"] += 1
            for k in ("lines", "units", "minor"):
                derived[k] -= orders[r["Order ID"]][k] if k != "lines" else -orders[r["Order ID"]][k]
    write_csv(args.rejects, ("file", "line", "column", "reason", "detail"), books.rejects)
    return {
        **books.result("USD"), "orders": len(orders), "customers": len(customers), "skus": len(skus),
        "skus_with_several_names": sum(len(v) > 1 for v in names.values()),
        "lines_whose_list_price_is_exact_in_cents": list_exact,
        "postal_codes_padded": padded,
        "orders_shipped_on_the_day": sum(o["same_day"] for o in orders.values()),
        "derived_returns_outside_the_classes": dict(derived),
    }


# --- Northwind ------------------------------------------------------------------------------------

def northwind(args):
    if args.map:
        with open(args.map, "rb") as f:
            m = tomllib.load(f)
        expect("settings", (m["map"]["currency"], m["line"]["unit_price"], m["line"]["discount"],
                            m["charge_column"][0]["column"], m["charge_column"][0]["per"]),
               ("USD", "UnitPrice", "Discount", "orders.Freight", "order"))
    books, orders, seen = Books(), {}, set()
    state = Counter()
    for n, r in rows_of(args.files[0]):
        orders[r["OrderID"]] = r
    gross = discounted = 0
    customers, skus = set(), set()
    for n, r in rows_of(args.files[1]):
        quantity, price, discount = int(r["Quantity"]), Decimal(r["UnitPrice"]), Decimal(r["Discount"])
        net = quantity * price * (1 - discount)
        books.row(quantity, net)
        if r["OrderID"] not in orders:
            books.post("reject", 1, quantity, minor(net))
            books.reject("lines", n, "OrderID", "no_such_order")
            continue
        books.post("sale", 1, quantity, minor(net))
        gross += minor(quantity * price)
        discounted += discount > 0
        skus.add(r["ProductID"])
        seen.add(r["OrderID"])
    for number, r in orders.items():
        freight = Decimal(r["Freight"])
        if number in seen and freight:
            books.row(0, freight)
            books.post("charge", 1, 0, minor(freight))
        customers.add(r["CustomerID"])
        state["open"] += not r["ShippedDate"]
        state["shipped"] += bool(r["ShippedDate"])
        state["shipped_late"] += bool(r["ShippedDate"]) and r["ShippedDate"] > r["RequiredDate"]
    write_csv(args.rejects, ("file", "line", "column", "reason", "detail"), books.rejects)
    return {**books.result("USD"), "orders": len(seen), "customers": len(customers), "skus": len(skus),
            "gross_minor": gross, "discount_minor": gross - books.classes["sale"]["minor"],
            "discounted_lines": discounted, "orders_by_state": dict(state)}


# --- Olist ----------------------------------------------------------------------------------------

TENDERS = {"credit_card": "card", "debit_card": "card", "boleto": "bank_transfer", "voucher": "gift_voucher"}
STATUS = {"canceled": "cancelled", "unavailable": "cancelled"}


def olist(args):
    if args.map:
        with open(args.map, "rb") as f:
            m = tomllib.load(f)
        expect("settings", (m["map"]["currency"], m["line"]["unit_price"], m["value_map"]["tender"], m["order"]["customer"],
                            {k: v for k, v in m["value_map"]["status"].items() if v == "cancelled"}),
               ("BRL", "price", TENDERS, "customers.customer_unique_id", STATUS))

    def table(name):
        base = os.path.join(args.files[0], f"olist_{name}_dataset.csv")
        return rows_of(base if os.path.exists(base) else base + ".gz")

    zone, fmt = ZoneInfo("America/Sao_Paulo"), "%Y-%m-%d %H:%M:%S"
    books, orders = Books(), {}
    codes = {r["customer_id"]: r["customer_unique_id"] for _, r in table("customers")}
    for n, r in table("orders"):
        orders[r["order_id"]] = {"n": n, "row": r, "lines": 0, "units": 0, "goods": 0, "freight": 0, "sellers": set(), "paid": 0}
    skus, sellers = set(), set()
    for n, r in table("order_items"):
        price, freight = Decimal(r["price"]), Decimal(r["freight_value"])
        books.row(1, price)
        o = orders.get(r["order_id"])
        if o is None:
            books.post("reject", 1, 1, minor(price))
            books.reject("lines", n, "order_id", "no_such_order")
            continue
        books.post("sale", 1, 1, minor(price))
        if freight:
            books.row(0, freight)
            books.post("charge", 1, 0, minor(freight))
        o["lines"], o["units"] = o["lines"] + 1, o["units"] + 1
        o["goods"], o["freight"] = o["goods"] + minor(price), o["freight"] + minor(freight)
        o["sellers"].add(r["seller_id"])
        skus.add(r["product_id"])
        sellers.add(r["seller_id"])

    state, odd, clock, derived = Counter(), Counter(), Counter(), defaultdict(Counter)
    customers = set()
    for number, o in orders.items():
        r = o["row"]
        if not o["lines"]:
            books.reject("orders", o["n"], "order_id", "order_without_lines", r["order_status"])
            continue
        customers.add(codes[r["customer_id"]])
        t = {k: r[c] for k, c in (("placed", "order_purchase_timestamp"), ("approved", "order_approved_at"),
                                  ("shipped", "order_delivered_carrier_date"), ("delivered", "order_delivered_customer_date"))}
        utc = {k: to_utc(v, zone, fmt) if v else None for k, v in t.items()}
        for v in t.values():
            if v:
                clock[gap_or_overlap(v, zone, fmt)] += 1
        if utc["shipped"] and utc["shipped"] < utc["placed"]:
            odd["shipped_before_placed_moved_to_placed"] += 1
            utc["shipped"] = utc["placed"]
        if utc["shipped"] and utc["approved"] and to_utc(t["shipped"], zone, fmt) < utc["approved"]:
            odd["shipped_before_approved_kept"] += 1
        if utc["delivered"] and utc["delivered"] < utc["shipped"]:
            odd["delivered_before_shipped_moved_to_shipped"] += 1
        if r["order_status"] == "delivered" and not utc["delivered"]:
            odd["status_delivered_without_date_stays_shipped"] += 1
        if len(o["sellers"]) > 1:
            odd["orders_with_several_sellers"] += 1
        if STATUS.get(r["order_status"]) == "cancelled":
            what = "return" if utc["shipped"] else "cancellation"
            derived[what].update(orders=1, lines=o["lines"], units=-o["units"], minor=-o["goods"])
            derived["charges_refunded"].update(orders=1, minor=-o["freight"])
            end = "returned" if utc["shipped"] else "cancelled"
        else:
            end = "delivered" if utc["delivered"] else "shipped" if utc["shipped"] else "open"
        state[end] += 1

    tenders = defaultdict(lambda: [0, 0])
    pay = {"rows": 0, "minor": 0, "accepted_rows": 0, "accepted_minor": 0, "rejected_rows": 0, "rejected_minor": 0}
    for n, r in table("order_payments"):
        amount = minor(Decimal(r["payment_value"]))
        pay["rows"] += 1
        pay["minor"] += amount
        o = orders.get(r["order_id"])
        why = ("no_such_order" if o is None else "order_rejected" if not o["lines"]
               else "payment_not_positive" if amount <= 0 else None)
        if why:
            column = "payment_value" if why == "payment_not_positive" else "order_id"
            books.reject("payments", n, column, why)
        side = "rejected" if why else "accepted"
        pay[side + "_rows"] += 1
        pay[side + "_minor"] += amount
        if why is None:
            o["paid"] += amount
            t = tenders[TENDERS[r["payment_type"]]]
            t[0], t[1] = t[0] + 1, t[1] + amount
    assert pay["minor"] == pay["accepted_minor"] + pay["rejected_minor"]
    balance = {k: [0, 0] for k in ("equal", "within_a_cent", "overpaid", "underpaid")}
    for o in orders.values():
        if o["lines"]:
            d = o["paid"] - o["goods"] - o["freight"]
            b = balance["equal" if d == 0 else "within_a_cent" if abs(d) == 1 else "overpaid" if d > 0 else "underpaid"]
            b[0], b[1] = b[0] + 1, b[1] + d
    write_csv(args.rejects, ("file", "line", "column", "reason", "detail"), books.rejects)
    result = books.result("BRL")
    del result["rejected_share_percent"]  # the rejects are rows of the orders and payments files
    return {**result, "orders": sum(o["lines"] > 0 for o in orders.values()), "customers": len(customers),
            "skus": len(skus), "sellers": len(sellers), "orders_by_state": dict(sorted(state.items())),
            "derived_outside_the_classes": {k: dict(v) for k, v in sorted(derived.items())},
            "payments": {**pay, "by_tender": {k: {"rows": v[0], "minor": v[1]} for k, v in sorted(tenders.items())}},
            "paid_against_order_total": {k: {"orders": v[0], "minor": v[1]} for k, v in balance.items()},
            "oddities": dict(sorted(odd.items())),
            "local_times_in_a_gap_or_overlap": {k: v for k, v in clock.items() if k}}


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("data", choices=("online-retail", "superstore", "northwind", "olist"))
    p.add_argument("files", nargs="+")
    p.add_argument("--map", help="preset to compare with the lists in this script")
    p.add_argument("--rejects", help="write the rejected rows to this CSV")
    p.add_argument("--matches", help="write the matched parts of cancellation lines to this CSV (online-retail)")
    args = p.parse_args()
    result = {"online-retail": online_retail, "superstore": superstore, "northwind": northwind, "olist": olist}[args.data](args)
    json.dump(result, sys.stdout, indent=2, ensure_ascii=False)
    print()


if __name__ == "__main__":
    main()
