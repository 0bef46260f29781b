//! Records against what their histories fold to.

use super::history::History;
use super::records::compare as rows;
use super::report::Findings;
use super::slice::{OrderRows, Slice};
use crate::record::Record;
use std::slice::from_ref;
use waybill_domain::event::AggregateKind;
use waybill_domain::ids::Id;
use waybill_domain::order::{Order, OrderHead};
use waybill_domain::world::World;

/// Compares an order's every record with what its events fold to.
pub(super) fn compare_order(head: &OrderHead, found: &OrderRows<'_>, folded: Option<&Order>, findings: &mut Findings) {
    let Some(order) = folded else {
        findings.add("record.unexpected", "orders", head.id, "none", "an order whose events place none");
        return;
    };
    rows(std::iter::once(&*order.head), from_ref(head), &[], findings);
    rows(order.lines.iter(), found.lines, &[], findings);
    rows(order.charges.iter(), found.charges, &[], findings);
    rows(order.allocations.iter(), found.allocations, &[], findings);
    rows(order.holds.iter(), found.holds, &[], findings);
    rows(order.payments.iter(), found.payments, &[], findings);
    rows(order.transactions.iter(), found.transactions, &[], findings);
    rows(order.refunds.iter(), found.refunds, &[], findings);
    rows(order.fulfillment_orders.iter(), found.fulfillment_orders, &[], findings);
    rows(order.parcels.iter(), found.parcels, &[], findings);
    rows(order.parcel_lines.iter(), found.parcel_lines, &[], findings);
    rows(order.shipments.iter(), found.shipments, &[], findings);
    rows(order.tracking.iter(), found.tracking, &[], findings);
    rows(order.returns.iter(), found.returns, &[], findings);
    rows(order.return_lines.iter(), found.return_lines, &[], findings);
}

/// Compares everything but orders. An aggregate whose history is broken was named already and is left out.
pub(super) fn compare(slice: &Slice, world: &World, histories: &[History<'_>], findings: &mut Findings) {
    let whole = |kind: AggregateKind, id: Id| {
        histories
            .binary_search_by_key(&id, |history| history.id)
            .map_or(true, |place| histories[place].whole || histories[place].kind != kind)
    };
    let ids = |kind: AggregateKind| {
        histories.iter().filter(move |history| history.kind == kind && history.whole).map(|history| history.id)
    };
    let catalog = &world.catalog;
    let set = Set { whole: &whole };
    set.compare(
        AggregateKind::Item,
        ids(AggregateKind::Item).filter_map(|id| catalog.item(id.into())),
        &slice.items,
        |item| item.id.0,
        &[],
        findings,
    );
    set.compare(
        AggregateKind::Location,
        ids(AggregateKind::Location).filter_map(|id| catalog.location(id.into())),
        &slice.locations,
        |location| location.id.0,
        &[],
        findings,
    );
    set.compare(
        AggregateKind::Channel,
        ids(AggregateKind::Channel).filter_map(|id| catalog.channel(id.into())),
        &slice.channels,
        |channel| channel.id.0,
        &[],
        findings,
    );
    let customers = world.customers().map(|customer| &**customer);
    set.compare(AggregateKind::Customer, customers, &slice.customers, |one| one.id.0, &[], findings);
    let documents = world.documents().map(|document| &**document);
    set.compare(AggregateKind::StockDocument, documents, &slice.documents, |one| one.id.0, &[], findings);
    let reservations = world.reservations().map(|reservation| &**reservation);
    set.compare(AggregateKind::Reservation, reservations, &slice.reservations, |one| one.id.0, &[], findings);
    let transfers = world.transfers().map(|transfer| &*transfer.head);
    set.compare(AggregateKind::Transfer, transfers, &slice.transfers, |one| one.id.0, &[], findings);
    let lines = world.transfers().flat_map(|transfer| transfer.lines.iter());
    set.compare(AggregateKind::Transfer, lines, &slice.transfer_lines, |one| one.transfer_id.0, &[], findings);
    // A key's secret is in no event.
    let keys = world.api_keys().map(|key| &**key);
    set.compare(AggregateKind::ApiKey, keys, &slice.api_keys, |one| one.id.0, &["secret_hash"], findings);
    // Neither are the secrets and the address of an endpoint.
    let hidden = ["url", "secret", "previous_secret"];
    let endpoints = world.webhook_endpoints().map(|endpoint| &**endpoint);
    let kind = AggregateKind::WebhookEndpoint;
    set.compare(kind, endpoints, &slice.webhook_endpoints, |one| one.id.0, &hidden, findings);
    let replays = world.webhook_replays().iter();
    set.compare(kind, replays, &slice.webhook_replays, |one| one.endpoint_id.0, &[], findings);
    // Nor what a user is found by and signs in with.
    let hidden = ["email_digest", "password_hash", "totp_secret", "identity_digest"];
    set.compare(AggregateKind::User, world.users(), &slice.users, |one| one.id.0, &hidden, findings);
    let settings = world.changed_settings();
    set.compare(AggregateKind::Settings, settings.iter(), &slice.settings, |one| one.id, &[], findings);
}

/// Compares sets of records whose aggregates' histories are whole.
struct Set<'a> {
    whole: &'a dyn Fn(AggregateKind, Id) -> bool,
}

impl Set<'_> {
    fn compare<'a, R: Record + PartialEq + Clone>(
        &self,
        kind: AggregateKind,
        folded: impl Iterator<Item = &'a R>,
        stored: &[R],
        id: impl Fn(&R) -> Id,
        secret: &[&str],
        findings: &mut Findings,
    ) {
        let folded: Vec<&R> = folded.filter(|record| (self.whole)(kind, id(record))).collect();
        let stored: Vec<R> = stored.iter().filter(|record| (self.whole)(kind, id(record))).cloned().collect();
        rows(folded.into_iter(), &stored, secret, findings);
    }
}
