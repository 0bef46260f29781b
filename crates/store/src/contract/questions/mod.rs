//! Every question that the read models answer, with who may ask it: for reading the plan of every statement, and for
//! asking each as somebody who may not.

mod list;

use super::filled::Sample;
use crate::backend::Store;
use crate::read::order::OrderDetail;
use crate::read::trail;
use crate::read::{ReadError, Viewer};
use std::pin::Pin;
use std::sync::Arc;
use waybill_domain::Code;
use waybill_domain::actor::{Actor, Door, Permission, Principal, Scope};
use waybill_domain::ids::{ChannelId, LocationId};

pub use list::ALL;

/// How many things were found that a scope decides about.
type Answer<'a> = Pin<Box<dyn Future<Output = Result<usize, ReadError>> + Send + 'a>>;

/// A call of one read function.
#[derive(Clone, Copy)]
pub struct Question {
    /// The function as `module::name`.
    pub function: &'static str,
    /// Which of the function's filters is set.
    pub about: &'static str,
    pub asked_by: Askers,
    /// Why it may go through a big table although that grows with the store.
    pub walks: Option<&'static str>,
    pub ask: for<'a> fn(&'a dyn Store, &'a Viewer, &'a Sample) -> Answer<'a>,
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.function, self.about)
    }
}

/// Who may ask, and whose scope hides what is there.
#[derive(Clone, Copy, Debug)]
pub enum Askers {
    /// Whoever holds one of the permissions.
    Holders { any: &'static [Permission], by_channel: bool, by_location: bool },
    /// The function takes no viewer, for this reason.
    Waybill(&'static str),
}

const fn holders(any: &'static [Permission]) -> Askers {
    Askers::Holders { any, by_channel: false, by_location: false }
}

const fn by_channel(any: &'static [Permission]) -> Askers {
    Askers::Holders { any, by_channel: true, by_location: false }
}

const fn by_location(any: &'static [Permission]) -> Askers {
    Askers::Holders { any, by_channel: false, by_location: true }
}

const fn by_both(any: &'static [Permission]) -> Askers {
    Askers::Holders { any, by_channel: true, by_location: true }
}

const AUDIT: &[Permission] = &[Permission::AuditRead];
const CATALOG: &[Permission] = &[Permission::CatalogRead];
const CUSTOMERS: &[Permission] = &[Permission::CustomersRead];
const EVENTS: &[Permission] = &[Permission::EventsRead];
const ORDERS: &[Permission] = &[Permission::OrdersRead];
/// Whoever may change an endpoint may see it.
const WEBHOOKS: &[Permission] = &[Permission::WebhooksRead, Permission::WebhooksWrite];
/// Each finds what it may read.
const FINDERS: &[Permission] = &[Permission::OrdersRead, Permission::CustomersRead, Permission::CatalogRead];
/// Whoever may change a user may see them.
const USERS: &[Permission] = &[Permission::UsersRead, Permission::UsersWrite];
const STOCK: &[Permission] = &[Permission::StockRead];
const WORK: &[Permission] = &[Permission::OrdersRead, Permission::FulfillmentWrite];
/// Whoever reads of what somebody did learns who it was.
const READERS: &[Permission] =
    &[Permission::OrdersRead, Permission::CustomersRead, Permission::StockRead, Permission::FulfillmentWrite];
/// Whoever may do something to an order may name it.
const NAMERS: &[Permission] = &[
    Permission::OrdersRead,
    Permission::OrdersWrite,
    Permission::HoldsRelease,
    Permission::PaymentsWrite,
    Permission::FulfillmentWrite,
    Permission::ReturnsWrite,
];

fn of_orders(trail: trail::Trail) -> usize {
    trail.entries.iter().filter(|entry| entry.event.subject_kind == "order" && entry.name.is_some()).count()
}

/// 1 where every part of an order was read, so that an order whose parts are missing counts as not found.
fn parts(order: &OrderDetail) -> usize {
    let all = [
        order.lines.len(),
        order.charges.len(),
        order.allocations.len(),
        order.payments.len(),
        order.transactions.len(),
        order.refunds.len(),
        order.fulfillment_orders.len(),
        order.parcels.len(),
        order.parcel_lines.len(),
        order.shipments.len(),
        order.tracking.len(),
        order.returns.len(),
        order.return_lines.len(),
        order.locations.len(),
    ];
    usize::from(all.iter().all(|count| *count > 0) && order.party.is_some() && order.ship_to.is_some())
}

/// Somebody who holds these permissions, in these scopes.
fn viewer(permissions: &[Permission], channels: Scope<ChannelId>, locations: Scope<LocationId>) -> Viewer {
    let mut actor = Actor::new(Principal::System("asker"), Door::Api, permissions);
    (actor.channels, actor.locations) = (channels, locations);
    Viewer::from(Arc::new(actor))
}

/// Asks everything of a store that was filled, as somebody who may and as those who may not.
///
/// # Panics
/// Where somebody is told too much, or too little.
pub async fn check(store: &dyn Store, sample: &Sample) {
    let everything = <Permission as Code>::ALL;
    let (own_channel, own_location) = (Scope::Only(vec![sample.channel_id]), Scope::Only(vec![sample.location_id]));
    let (foreign_channel, foreign_location) =
        (Scope::Only(vec![sample.foreign_channel]), Scope::Only(vec![sample.foreign_location]));
    for question in ALL {
        let ask = async |viewer: Viewer| (question.ask)(store, &viewer, sample).await;
        let found = |answer: &Result<usize, ReadError>| matches!(answer, Ok(1..));
        let answer = ask(Viewer::system()).await;
        assert!(
            found(&answer),
            "{question:?} finds nothing, so it cannot show that something is kept back: {answer:?}"
        );
        let Askers::Holders { any, by_channel, by_location } = question.asked_by else {
            continue;
        };
        let others: Vec<_> = everything.iter().copied().filter(|permission| !any.contains(permission)).collect();
        let answer = ask(viewer(&others, Scope::ALL, Scope::ALL)).await;
        assert!(matches!(answer, Err(ReadError::NotPermitted(_))), "{question:?} without permission: {answer:?}");
        for permission in any {
            let answer = ask(viewer(&[*permission], Scope::ALL, Scope::ALL)).await;
            assert!(found(&answer), "{question:?} with {permission}: {answer:?}");
        }
        let answer = ask(viewer(everything, own_channel.clone(), own_location.clone())).await;
        assert!(found(&answer), "{question:?} in one's own scope: {answer:?}");
        if by_channel {
            let answer = ask(viewer(everything, foreign_channel.clone(), own_location.clone())).await;
            assert_eq!(answer, Ok(0), "{question:?} from a foreign channel");
        }
        if by_location {
            let answer = ask(viewer(everything, own_channel.clone(), foreign_location.clone())).await;
            assert_eq!(answer, Ok(0), "{question:?} from a foreign location");
        }
        if by_channel || by_location {
            let answer = ask(viewer(everything, Scope::Only(vec![]), Scope::Only(vec![]))).await;
            assert_eq!(answer, Ok(0), "{question:?} from nowhere");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A read function that is not asked here would be read by nobody's plan test and asked as nobody who may not.
    #[test]
    fn every_read_function_is_asked() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/read");
        let mut functions = BTreeSet::new();
        for file in std::fs::read_dir(folder).expect("the read models") {
            let path = file.expect("a file").path();
            let module = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
            let text = std::fs::read_to_string(&path).expect("a text");
            let names = text.lines().filter_map(|line| line.strip_prefix("pub async fn "));
            functions.extend(names.filter_map(|name| Some(format!("{module}::{}", name.split_once('(')?.0))));
        }
        let asked: BTreeSet<_> = ALL.iter().map(|question| question.function.to_owned()).collect();
        assert!(asked.len() > 25, "the list was read");
        assert_eq!(asked, functions);
    }
}
