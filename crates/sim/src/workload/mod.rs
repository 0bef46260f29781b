//! What clients ask for: every command there is, likely ones most of the time, hopeless ones now and then.

mod catalog;
mod orders;
mod place;
mod stock;
mod users;
mod webhooks;

pub use catalog::{setup, upkeep};
pub use orders::{about, blind};
pub use place::place;
pub use stock::opening;
pub use stock::stock;
pub use users::users;
pub use webhooks::webhooks;

use std::sync::Arc;
use waybill_domain::actor::{Actor, Door, Permission, Principal, Scope};
use waybill_domain::command::Command;
use waybill_domain::ids::{ApiKeyId, Id, IdSource, LocationId};
use waybill_domain::time::Timestamp;
use waybill_fault_vfs::Dice;

use crate::books::Books;
use crate::theme::Theme;

/// SKUs that are counted; the first is the one everybody wants.
pub const STOCKED: [&str; 5] = ["MUG", "PEN", "BAG", "TEA", "CUP"];
/// SKUs of every other supply.
pub const OTHERS: [&str; 3] = ["GIFT", "CARE", "DESK"];
/// Measured in hundredths.
pub const MEASURED: &str = "TEA";
pub const LOCATIONS: [&str; 3] = ["DUB", "LYS", "BER"];
/// One that comes and goes.
pub const ANNEX: &str = "ANNEX";
pub const CHANNELS: [&str; 2] = ["web", "counter"];

/// Something to ask for.
#[derive(Clone, Debug)]
pub struct Request {
    pub command: Command,
    pub location: Option<LocationId>,
    pub expected_version: Option<i64>,
    /// Set for history that is brought in.
    pub happened_at: Option<Timestamp>,
}

impl<C: Into<Command>> From<C> for Request {
    fn from(command: C) -> Self {
        Self { command: command.into(), location: None, expected_version: None, happened_at: None }
    }
}

/// What a request is made up from.
#[derive(Debug)]
pub struct Desk<'a> {
    pub dice: &'a mut Dice,
    pub books: &'a Books,
    pub theme: Theme,
    /// The request's number; marks what it makes.
    pub number: u64,
    pub now: Timestamp,
    /// For the ids of personal data.
    pub ids: IdSource,
}

impl Desk<'_> {
    /// A counted SKU; the hot one half of the time.
    fn stocked(&mut self) -> String {
        if self.dice.chance(50) { STOCKED[0].into() } else { self.any(&STOCKED).into() }
    }

    fn any<'t>(&mut self, of: &[&'t str]) -> &'t str {
        self.dice.pick(of).copied().unwrap_or_default()
    }

    fn location(&mut self) -> LocationId {
        let code = match self.theme {
            Theme::Office if self.dice.chance(20) => ANNEX,
            _ => self.any(&LOCATIONS),
        };
        match self.dice.chance(2) {
            true => LocationId(Id(77)),
            false => self.books.locations.get(code).copied().unwrap_or(LocationId(Id(78))),
        }
    }

    fn tag(&self) -> String {
        format!("n{}", self.number)
    }
}

/// Who asks: two with every right, one who may only order, one who sees one location and one channel.
pub fn actors(books: &Books) -> Vec<Arc<Actor>> {
    let key = |n| Principal::ApiKey(ApiKeyId(Id(n)));
    let all = <Permission as waybill_domain::Code>::ALL;
    let mut scoped = Actor::new(key(4), Door::Api, all);
    scoped.channels = Scope::Only(books.channels.get(CHANNELS[0]).copied().into_iter().collect());
    scoped.locations = Scope::Only(books.locations.get(LOCATIONS[0]).copied().into_iter().collect());
    let actors = [
        Actor::new(key(1), Door::Api, all),
        Actor::new(key(2), Door::Api, all),
        Actor::new(key(3), Door::Api, &[Permission::OrdersWrite]),
        scoped,
    ];
    actors.into_iter().map(Arc::new).collect()
}
