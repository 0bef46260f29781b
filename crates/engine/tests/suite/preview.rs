//! What would be done is what is done then: a preview and the command after it come to the same order and the same stock,
//! and the preview leaves no trace.

use crate::shop::{Shop, on_both_with, ports, quiet};
use std::sync::Arc;
use std::time::Duration;
use waybill_domain::command::Command;
use waybill_domain::fulfillment::pick::Pick;
use waybill_domain::ids::*;
use waybill_domain::ledger::StockAccount;
use waybill_domain::money::Minor;
use waybill_domain::order::cancel::{CancelLine, CancelOrder};
use waybill_domain::order::charge::AddCharge;
use waybill_domain::order::hold::{ApplyHold, RejectHold, ReleaseHold};
use waybill_domain::order::release::ReleaseOrder;
use waybill_domain::order::{ChargeKind, HoldKind, Order, Step};
use waybill_domain::payment::PaymentMethod;
use waybill_domain::payment::receive::RecordPayment;
use waybill_domain::payment::refund::GrantRefund;
use waybill_domain::quantity::Quantity;
use waybill_domain::returns::receive::{ReceiveReturn, ReturnInput};
use waybill_domain::time::Timestamp;
use waybill_engine::{Clock, Ports, Preview, Submission, SubmitError};
use waybill_store::read::order::{OrderKey, order};
use waybill_store::read::stock::{LevelFilter, levels};
use waybill_store::read::{PageRequest, Viewer};
use waybill_store::tables::tables;
use waybill_store::working_set::select;

/// A clock that stands still, so that what would be done and what is done happen at the same moment.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_rfc3339("2026-12-01T12:00:00Z").unwrap()
    }
}

fn still() -> Ports {
    Ports { clock: Arc::new(Noon), ..ports() }
}

/// Every row of every table.
async fn everything(shop: &Shop) -> Vec<String> {
    let mut all = Vec::new();
    for table in tables() {
        let sql = format!("SELECT {} FROM {} ORDER BY {}", table.column_list(), table.name, table.key.join(", "));
        let rows = shop.store.read(&sql, &[]).await.unwrap();
        all.extend(rows.into_iter().map(|row| format!("{} {:?}", table.name, row.values())));
    }
    all
}

/// An order's records, as they are shown for comparing.
fn of_preview(order: &Order) -> Vec<String> {
    vec![
        format!("{:?}", *order.head),
        format!("{:?}", order.lines.iter().collect::<Vec<_>>()),
        format!("{:?}", order.charges.iter().collect::<Vec<_>>()),
        format!("{:?}", order.allocations.iter().collect::<Vec<_>>()),
        format!("{:?}", order.holds.iter().collect::<Vec<_>>()),
        format!("{:?}", order.payments.iter().collect::<Vec<_>>()),
        format!("{:?}", order.refunds.iter().collect::<Vec<_>>()),
        format!("{:?}", order.fulfillment_orders.iter().collect::<Vec<_>>()),
        format!("{:?}", order.return_lines.iter().collect::<Vec<_>>()),
    ]
}

async fn of_store(shop: &Shop, id: OrderId) -> Vec<String> {
    let detail = order(&*shop.store, &Viewer::system(), OrderKey::Id(id)).await.unwrap().unwrap();
    vec![
        format!("{:?}", detail.head),
        format!("{:?}", detail.lines.iter().map(|(line, _)| line).collect::<Vec<_>>()),
        format!("{:?}", detail.charges),
        format!("{:?}", detail.allocations),
        format!("{:?}", detail.holds.iter().map(|(hold, _)| hold).collect::<Vec<_>>()),
        format!("{:?}", detail.payments),
        format!("{:?}", detail.refunds),
        format!("{:?}", detail.fulfillment_orders),
        format!("{:?}", detail.return_lines),
    ]
}

async fn preview(shop: &Shop, submission: &Submission) -> Result<Preview, SubmitError> {
    let before = everything(shop).await;
    let preview = shop.engine.preview(submission.clone()).await;
    assert_eq!(everything(shop).await, before, "a preview wrote something");
    preview
}

impl Shop {
    /// Previews a command, does it, and compares.
    async fn foreseen(&self, id: OrderId, command: impl Into<Command>) {
        let submission = Submission::new(command, self.actor.clone(), self.engine.ids());
        let operation = submission.command.operation();
        let foreseen = preview(self, &submission).await.unwrap_or_else(|error| panic!("{operation}: {error}"));
        let found = of_store(self, id).await;
        assert_eq!(of_preview(&foreseen.before.unwrap()), found, "{operation}: the order as it is");
        self.engine.submit(submission).await.unwrap();
        assert_eq!(of_preview(&foreseen.after.unwrap()), of_store(self, id).await, "{operation}: the order after");
        let page = PageRequest { limit: Some(100), after: None };
        let there = levels(&*self.store, &Viewer::system(), &LevelFilter::default(), &page).await.unwrap().rows;
        for change in foreseen.levels {
            let level = there.iter().find(|row| row.level.key == change.after.key).map(|row| &row.level).unwrap();
            assert_eq!((level.balances, level.postings), (change.after.balances, change.after.postings), "{operation}");
            assert_ne!(change.before.balances, change.after.balances, "{operation}: a level that does not change");
        }
    }
}

#[test]
fn what_is_foreseen_is_what_happens() {
    on_both_with(quiet(), still, |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 10).await;
        shop.receive(shop.lyon, "PEN-1", 10).await;
        let placing = shop.order(&[("MUG-1", 4, 1999), ("PEN-1", 12, 250)], shop.terms());
        let id = shop.must(placing).await.subject.unwrap().order_id().unwrap();
        let hold = |number| HoldId::new(id, number);
        let steps = vec![Step::Release, Step::Ship];
        let holding = ApplyHold {
            order_id: id,
            kind: HoldKind::Fraud,
            steps,
            line: None,
            reason: "velocity".into(),
            note: None,
            owner: Some("review".into()),
            due_at: None,
        };
        shop.foreseen(id, holding.clone()).await;
        shop.foreseen(id, ReleaseHold { hold_id: hold(1), reason: Some("checked".into()) }).await;
        shop.foreseen(id, ApplyHold { line: Some(2), ..holding }).await;
        let reason = "customer_request".to_owned();
        let quantity = Some(Quantity(3));
        let line_id = LineId::new(id, 2);
        shop.foreseen(id, CancelLine { line_id, quantity, reason: reason.clone(), refund: true }).await;
        shop.foreseen(id, RejectHold { hold_id: hold(2), reason: None }).await;
        let fee = AddCharge { order_id: id, kind: ChargeKind::Fee, amount: Minor(500), tax: Minor(0), label: None };
        shop.foreseen(id, fee).await;
        let amount = Minor(5_000);
        let paying = RecordPayment { order_id: id, method: PaymentMethod::Transfer, amount, reference: None };
        shop.foreseen(id, paying).await;
        shop.foreseen(id, GrantRefund { order_id: id, amount: Minor(1), reason: "goodwill".into() }).await;
        shop.foreseen(id, ReleaseOrder { order_id: id }).await;
        let fulfillment_order_id = FulfillmentOrderId::new(id, 1);
        shop.foreseen(id, Pick { fulfillment_order_id, picks: vec![], shorts: vec![] }).await;
        shop.foreseen(id, CancelOrder { order_id: id, reason }).await;
    });
}

#[test]
fn goods_that_come_back_are_foreseen_in_stock_too() {
    on_both_with(quiet(), still, |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 4).await;
        let placing = shop.order(&[("MUG-1", 4, 1999)], shop.terms());
        let id = shop.must(placing).await.subject.unwrap().order_id().unwrap();
        shop.must(ReleaseOrder { order_id: id }).await;
        let fulfillment_order_id = FulfillmentOrderId::new(id, 1);
        shop.must(Pick { fulfillment_order_id, picks: vec![], shorts: vec![] }).await;
        shop.must(waybill_domain::fulfillment::pack::Pack { fulfillment_order_id, lines: vec![], weight_g: None })
            .await;
        let ship = waybill_domain::fulfillment::ship::Ship {
            fulfillment_order_id,
            carrier: None,
            service: None,
            parcels: vec![],
        };
        shop.foreseen(id, ship).await;
        let state = StockAccount::Available;
        let line = ReturnInput { line: 1, quantity: Quantity(3), state, reason: "unwanted".into() };
        let back =
            ReceiveReturn { order_id: id, location_id: shop.dublin, lines: vec![line], credit: None, refund: true };
        let submission = Submission::new(back.clone(), shop.actor.clone(), shop.engine.ids());
        let foreseen = preview(&shop, &submission).await.unwrap();
        let [change] = foreseen.levels.as_slice() else { panic!("one level") };
        assert_eq!((change.before.available(), change.after.available()), (Quantity(0), Quantity(3)));
        assert_eq!(foreseen.locations[&shop.dublin], "DUB");
        shop.foreseen(id, back).await;
    });
}

#[test]
fn a_refusal_is_foreseen_word_for_word() {
    on_both_with(quiet(), still, |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 10).await;
        let placing = shop.order(&[("MUG-1", 4, 1999)], shop.terms());
        let id = shop.must(placing.clone()).await.subject.unwrap().order_id().unwrap();
        let too_much = CancelLine {
            line_id: LineId::new(id, 1),
            quantity: Some(Quantity(5)),
            reason: "customer_request".into(),
            refund: true,
        };
        let mut stale = Submission::new(too_much.clone(), shop.actor.clone(), shop.engine.ids());
        stale.expected_version = Some(1);
        let unknown = CancelOrder { order_id: OrderId::NIL, reason: "customer_request".into() };
        for submission in [
            Submission::new(too_much, shop.actor.clone(), shop.engine.ids()),
            stale,
            Submission::new(unknown, shop.actor.clone(), shop.engine.ids()),
        ] {
            let foreseen = preview(&shop, &submission).await.unwrap_err();
            assert_eq!(foreseen, shop.engine.submit(submission).await.unwrap_err());
            assert!(matches!(foreseen, SubmitError::Refused { .. }), "{foreseen}");
        }
        // What is placed only in thought takes no number.
        let thought = Submission::new(placing.clone(), shop.actor.clone(), shop.engine.ids());
        let foreseen = preview(&shop, &thought).await.unwrap();
        assert_eq!((foreseen.before.is_some(), foreseen.after.unwrap().head.number.0), (false, 0));
        assert_eq!(shop.must(placing).await.number.unwrap().to_string(), "W-100002");
    });
}

#[test]
fn a_preview_waits_for_no_lock() {
    on_both_with(quiet(), still, |shop| async move {
        shop.receive(shop.dublin, "MUG-1", 10).await;
        let placing = shop.order(&[("MUG-1", 4, 1999)], shop.terms());
        let id = shop.must(placing).await.subject.unwrap().order_id().unwrap();
        // Where others may write, one of them holds the order.
        let mut writer = shop.store.writer().await.ok();
        if let Some(writer) = &mut writer {
            writer.begin().await.unwrap();
            let head = select::<waybill_domain::order::OrderHead>(&["id"], vec![vec![id.0.into()]], true);
            assert_eq!(writer.select(&[head]).await.unwrap()[0].len(), 1);
        }
        let cancel = CancelOrder { order_id: id, reason: "customer_request".into() };
        let submission = Submission::new(cancel, shop.actor.clone(), shop.engine.ids());
        let foreseen = tokio::time::timeout(Duration::from_secs(30), shop.engine.preview(submission)).await;
        let order = foreseen.expect("it does not wait").unwrap().after.unwrap();
        assert_eq!(order.head.lifecycle, waybill_domain::order::Lifecycle::Cancelled);
        if let Some(writer) = &mut writer {
            writer.rollback().await;
        }
    });
}
