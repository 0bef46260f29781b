//! An order as whoever works on it sees it.

use std::sync::OnceLock;
use waybill_domain::fulfillment::{FulfillmentOrder, FulfillmentState};
use waybill_domain::ids::OrderId;
use waybill_domain::order::{Allocation, Hold, HoldState, OrderHead, OrderLine};
use waybill_domain::payment::PaymentTransaction;
use waybill_domain::shipping::Parcel;
use waybill_store::{Record, Row, Store, StoreError, Value};

/// The records of one order that decide what comes next.
#[derive(Clone, Debug)]
pub struct View {
    pub head: OrderHead,
    pub lines: Vec<OrderLine>,
    pub allocations: Vec<Allocation>,
    pub holds: Vec<Hold>,
    pub transactions: Vec<PaymentTransaction>,
    pub work: Vec<FulfillmentOrder>,
    pub parcels: Vec<Parcel>,
}

fn children<R: Record>() -> String {
    let table = R::table();
    format!("SELECT {} FROM {} WHERE order_id = $1 ORDER BY number", table.column_list(), table.name)
}

fn read<R: Record>(rows: Option<Vec<Row>>) -> Result<Vec<R>, StoreError> {
    rows.unwrap_or_default().iter_mut().map(R::read).collect()
}

impl View {
    /// `None` where there is no such order.
    pub async fn read(store: &dyn Store, id: OrderId) -> Result<Option<Self>, StoreError> {
        static STATEMENTS: OnceLock<[String; 7]> = OnceLock::new();
        let statements = STATEMENTS.get_or_init(|| {
            [
                format!("SELECT {} FROM orders WHERE id = $1", OrderHead::table().column_list()),
                children::<OrderLine>(),
                children::<Allocation>(),
                children::<Hold>(),
                children::<PaymentTransaction>(),
                children::<FulfillmentOrder>(),
                children::<Parcel>(),
            ]
        });
        let params = [Value::Id(id.0)];
        let reads: Vec<(&str, &[Value])> = statements.iter().map(|sql| (sql.as_str(), params.as_slice())).collect();
        let mut answers = store.read_together(&reads).await?.into_iter();
        let Some(head) = read::<OrderHead>(answers.next())?.pop() else {
            return Ok(None);
        };
        Ok(Some(Self {
            head,
            lines: read(answers.next())?,
            allocations: read(answers.next())?,
            holds: read(answers.next())?,
            transactions: read(answers.next())?,
            work: read(answers.next())?,
            parcels: read(answers.next())?,
        }))
    }

    pub fn active_hold(&self) -> Option<&Hold> {
        self.holds.iter().find(|hold| hold.state == HoldState::Active)
    }

    pub fn open_transaction(&self) -> Option<&PaymentTransaction> {
        self.transactions.iter().find(|transaction| transaction.is_open())
    }

    /// Whether somebody took work of it in hand.
    pub fn is_in_hand(&self) -> bool {
        self.work.iter().any(|work| {
            work.assignee.is_some() && matches!(work.state, FulfillmentState::Open | FulfillmentState::InProgress)
        })
    }

    /// Whether every unit that is wanted has shipped.
    pub fn is_shipped(&self) -> bool {
        self.lines.iter().all(|line| line.unshipped().is_zero())
    }
}
