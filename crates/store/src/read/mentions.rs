//! Notes that name somebody who has not read them yet.

use super::query::Query;
use super::timeline::{self, Note};
use super::{ReadError, Viewer};
use crate::backend::Store;
use crate::record::{Record, columns};
use crate::tables::EventRecord;
use crate::value::Value;
use waybill_domain::actor::{Permission, Principal};
use waybill_domain::ids::UserId;
use waybill_domain::order::OrderNumber;

/// Shown at once at most, the latest.
pub const SHOWN_MAX: usize = 20;

/// A note that names the viewer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub note: Note,
    pub about: About,
}

/// What a note is about, as people call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// By its number.
    Order(String),
    /// By its code.
    Customer(String),
}

/// The notes that name a viewer and that the viewer may see, as `select`; None for whoever is no user.
pub(super) fn naming(viewer: &Viewer, select: &str) -> Option<Query> {
    let Principal::User(user_id) = viewer.actor().principal else { return None };
    let mut query = Query::new(format!(
        "SELECT {select} FROM unread_mentions m JOIN events e ON e.position = m.position \
         LEFT JOIN orders o ON o.id = e.aggregate_id LEFT JOIN customers c ON c.id = e.aggregate_id WHERE TRUE"
    ));
    query.and("m.user_id = ?", user_id.0);
    let order = query.contained("o.channel_id", &viewer.actor().channels, |id| id.0);
    let order = match (viewer.may(Permission::OrdersRead), order) {
        (false, _) => "FALSE".to_owned(),
        (true, None) => "o.id IS NOT NULL".to_owned(),
        (true, Some(within)) => format!("(o.id IS NOT NULL AND {within})"),
    };
    let customer = if viewer.may(Permission::CustomersRead) { "c.id IS NOT NULL" } else { "FALSE" };
    query.push(&format!(" AND ({order} OR {customer})"));
    Some(query)
}

/// What the viewer has not read, the latest first, at most [`SHOWN_MAX`]. Nothing for whoever is no user.
pub async fn unread(store: &dyn Store, viewer: &Viewer) -> Result<Vec<Mention>, ReadError> {
    let Some(mut query) = naming(viewer, &format!("{}, o.number, c.code", columns::<EventRecord>("e"))) else {
        return Ok(Vec::new());
    };
    query.order_and_limit("m.position DESC", SHOWN_MAX);
    let (mut events, mut abouts) = (Vec::new(), Vec::new());
    for mut row in query.rows(store).await? {
        let event = EventRecord::read(&mut row)?;
        let (number, code): (Option<i64>, Option<String>) = (row.take()?, row.take()?);
        let order = number.map(|number| OrderNumber(number).to_string());
        if let Some(about) = order.map(About::Order).or(code.map(About::Customer)) {
            abouts.push((event.position, about));
            events.push(event);
        }
    }
    let notes = timeline::of_events(store, events).await?;
    let about = |note: Note| {
        let (_, about) = abouts.iter().find(|(position, _)| *position == note.position)?;
        Some(Mention { about: about.clone(), note })
    };
    Ok(notes.into_iter().filter_map(about).collect())
}

/// Takes away what a user has read: one note, or all up to it.
pub async fn read(store: &dyn Store, user_id: UserId, position: i64, upto: bool) -> Result<(), ReadError> {
    let sql = match upto {
        true => "DELETE FROM unread_mentions WHERE user_id = $1 AND position <= $2",
        false => "DELETE FROM unread_mentions WHERE user_id = $1 AND position = $2",
    };
    store.execute(&[(sql, &[Value::Id(user_id.0), Value::Int(position)])]).await?;
    Ok(())
}
