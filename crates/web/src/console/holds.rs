//! The queue of holds beside the one that is decided now: why it is held, how long there is, and what would follow.

use super::frame::{Frame, HOLDS};
use super::html::Html;
use super::look::{self, Look};
use super::order::act::{Offer, offers_of_hold};
use super::order::dialog::foreseen;
use super::order::{self as order_page, Axis, Effect, HoldCard};
use super::orders::percent;
use super::owners;
use super::people::People;
use super::{page, status};
use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::order::{HoldKind, HoldState, OrderNumber};
use waybill_store::read::catalog;
use waybill_store::read::holds::{self, HoldFilter, HoldRow, Whose};
use waybill_store::read::order::{self, OrderDetail, OrderKey};

/// A tab over the queue.
#[derive(Debug)]
struct View {
    name: &'static str,
    href: String,
    is_here: bool,
    count: String,
}

/// Holds of one kind.
#[derive(Debug)]
struct Group {
    name: &'static str,
    count: String,
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    href: String,
    number: String,
    name: String,
    total: String,
    reason: String,
    due: Option<Html>,
    is_overdue: bool,
    owner: String,
    is_nobodys: bool,
    is_here: bool,
}

/// The hold that is looked at, with its order.
#[derive(Debug)]
struct Detail {
    number: String,
    who: String,
    channel: String,
    placed: Html,
    units: String,
    place: String,
    card: HoldCard,
    /// What would change if it were released, for those who may.
    released: Vec<Effect>,
    axes: Vec<Axis>,
    lines: Vec<(String, String, String)>,
    /// Label and amount of what is not in the lines.
    beside: Vec<(String, String)>,
    total: String,
}

#[derive(Template)]
#[template(path = "holds.html")]
struct HoldsPage {
    frame: Frame,
    views: Vec<View>,
    groups: Vec<Group>,
    detail: Option<Detail>,
    /// One was chosen by its address, so that a phone shows it instead of the queue.
    is_chosen: bool,
    is_filtered: bool,
    /// The only kind that is shown, and the queue of all kinds.
    kind: Option<(&'static str, String)>,
    here: String,
    is_cut: bool,
}

/// A hold in an address: its order and its number there, `W-100001-1`.
fn key(text: &str) -> Option<(OrderNumber, u32)> {
    let (order, hold) = text.rsplit_once('-')?;
    Some((order.parse().ok()?, hold.parse().ok()?))
}

/// The part of the queue that is looked at, as the address says it.
#[derive(Clone, Copy)]
struct Seen<'a> {
    whose: Option<&'a str>,
    kind: Option<HoldKind>,
}

fn href(seen: Seen<'_>, hold: Option<&HoldRow>) -> String {
    let whose = seen.whose.map(|whose| format!("whose={}", percent(whose)));
    let kind = seen.kind.map(|kind| format!("kind={kind}"));
    let hold = hold.map(|row| format!("hold={}-{}", row.number, row.hold.number));
    let query: Vec<String> = whose.into_iter().chain(kind).chain(hold).collect();
    if query.is_empty() { "/holds".to_owned() } else { format!("/holds?{}", query.join("&")) }
}

/// `GET /holds`.
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let asked = params.text("whose");
    let chosen = params.text("hold");
    let kind: Option<HoldKind> = params.code("kind");
    params.close()?;
    let mine = owners::word_of(&caller);
    let tomorrow = look.today().tomorrow().map(|day| look.start_of(day)).unwrap_or(look.now());
    let tabs = [
        (None, "All", Whose::Everybodys),
        (Some("mine"), "Mine", Whose::Of(mine.clone())),
        (Some("nobody"), "Nobody’s", Whose::Nobodys),
        (Some("today"), "Due today", Whose::DueBefore(tomorrow)),
    ];
    let here = tabs.iter().find(|(code, _, _)| code.is_some() && *code == asked.as_deref()).unwrap_or(&tabs[0]);
    let (seen, viewer) = (Seen { whose: here.0, kind }, caller.viewer());
    let only = |whose: &Whose| HoldFilter { whose: whose.clone(), kind };
    let rows = holds::queue(state.store(), &viewer, &only(&here.2)).await?;
    let people = People::among(&state, &caller, rows.iter().filter_map(|row| row.hold.owner.as_deref())).await?;
    let all: Vec<HoldFilter> = tabs.iter().map(|(_, _, whose)| only(whose)).collect();
    let counts = holds::counts(state.store(), &viewer, &all).await?;
    let views = tabs.iter().zip(&counts).map(|((code, name, _), count)| View {
        name,
        href: href(Seen { whose: *code, kind }, None),
        is_here: *code == seen.whose,
        count: if *count > 0 { look::count(*count) } else { String::new() },
    });
    let wanted = chosen.as_deref().and_then(key);
    let is_wanted = |row: &&HoldRow| wanted == Some((row.number, row.hold.number));
    let ordered = by_kind(&rows);
    let shown = ordered.iter().copied().find(is_wanted).or_else(|| ordered.first().copied());
    // After this one is decided, the next is looked at.
    let place = shown.and_then(|shown| ordered.iter().position(|row| std::ptr::eq(*row, shown))).unwrap_or(0);
    let following = ordered.get(place + 1).or_else(|| place.checked_sub(1).and_then(|before| ordered.get(before)));
    let next = href(seen, following.copied());
    let detail = match shown {
        Some(row) => detail(&state, &caller, &people, &look, row, &next, (place, rows.len())).await?,
        None => None,
    };
    let groups = groups(&ordered, seen, shown, (&mine, &people), &look);
    let frame = Frame::new(&state, &caller, HOLDS, "Holds").await?;
    Ok(page(&HoldsPage {
        views: views.collect(),
        groups,
        is_chosen: shown.is_some_and(|row| is_wanted(&row)),
        detail,
        is_filtered: seen.whose.is_some() || kind.is_some(),
        kind: kind.map(|kind| (status::hold_words(kind), href(Seen { kind: None, ..seen }, None))),
        here: href(seen, None),
        is_cut: rows.len() >= holds::SHOWN_MAX,
        frame,
    }))
}

/// Holds of one kind together, the kind with the most urgent one first.
fn by_kind(rows: &[HoldRow]) -> Vec<&HoldRow> {
    let mut kinds: Vec<HoldKind> = Vec::new();
    for row in rows {
        if !kinds.contains(&row.hold.kind) {
            kinds.push(row.hold.kind);
        }
    }
    kinds.iter().flat_map(|kind| rows.iter().filter(move |row| row.hold.kind == *kind)).collect()
}

fn groups(
    ordered: &[&HoldRow],
    seen: Seen<'_>,
    shown: Option<&HoldRow>,
    (mine, people): (&str, &People),
    look: &Look,
) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for row in ordered {
        let name = status::hold_words(row.hold.kind);
        if groups.last().is_none_or(|group| group.name != name) {
            groups.push(Group { name, count: String::new(), rows: Vec::new() });
        }
        let owner = row.hold.owner.as_deref();
        let line = Row {
            href: href(seen, Some(row)),
            number: row.number.to_string(),
            name: row.name.clone().unwrap_or_else(|| "No name".to_owned()),
            total: look::money(row.total, row.currency),
            reason: status::words(&row.hold.reason),
            due: row.hold.due_at.map(|at| look.moment(at)),
            is_overdue: row.hold.due_at.is_some_and(|at| at < look.now()),
            owner: owner.map_or_else(
                || "nobody".to_owned(),
                |owner| if owner == mine { "you".to_owned() } else { people.owner(owner) },
            ),
            is_nobodys: owner.is_none(),
            is_here: shown.is_some_and(|shown| std::ptr::eq(*row, shown)),
        };
        if let Some(group) = groups.last_mut() {
            group.rows.push(line);
            group.count = group.rows.len().to_string();
        }
    }
    groups
}

async fn detail(
    state: &WebState,
    caller: &Caller,
    people: &People,
    look: &Look,
    row: &HoldRow,
    next: &str,
    (place, of): (usize, usize),
) -> Result<Option<Detail>, Problem> {
    let found = order::order(state.store(), &caller.viewer(), OrderKey::Id(row.hold.order_id)).await?;
    let Some(found) = found else { return Ok(None) };
    let Some((hold, note)) = found.holds.iter().find(|(hold, _)| hold.number == row.hold.number) else {
        return Ok(None);
    };
    let mut offers: Vec<Offer> = if hold.state == HoldState::Active {
        offers_of_hold(state, caller, &found, hold.number).await?
    } else {
        Vec::new()
    };
    let release = offers.iter().find(|offer| offer.is_main() && offer.obstacle.is_none()).map(|offer| offer.act);
    let released = match release {
        Some(act) => foreseen(state, caller, &found, act).await?,
        None => Vec::new(),
    };
    for offer in &mut offers {
        offer.path = format!("{}?next={}", offer.path, percent(next));
    }
    let items: Vec<_> = found.lines.iter().map(|(line, _)| line.item_id).collect();
    let names = catalog::item_names(state.store(), &items).await?;
    let lines = found.lines.iter().map(|(line, _)| {
        let name = names.get(&line.item_id).cloned().unwrap_or_else(|| line.sku.clone());
        (name, look::quantity(line.wanted(), line.precision), order_page::amount_of(line, found.head.currency))
    });
    Ok(Some(Detail {
        number: found.head.number.to_string(),
        who: order_page::who(&found),
        channel: found.channel.clone(),
        placed: look.ago(found.head.placed_at),
        units: order_page::summary_of(&found),
        place: format!("{} of {}", place + 1, look::count(i64::try_from(of).unwrap_or(i64::MAX))),
        card: order_page::card(hold, note.clone(), &found, &offers, people, look),
        released,
        axes: axes(&found, look),
        lines: lines.collect(),
        // What is not in the lines.
        beside: order_page::costs(&found).split_off(1),
        total: look::money(found.head.total(), found.head.currency),
    }))
}

/// What one asks about an order before letting it go on.
fn axes(detail: &OrderDetail, look: &Look) -> Vec<Axis> {
    let mut axes = order_page::axes(detail, look);
    axes.retain(|axis| matches!(axis.name, "Payment" | "Fulfillment" | "Wanted by"));
    let place = detail.ship_to.as_ref().map(|address| {
        let parts = [address.city.as_deref(), address.postal_code.as_deref(), Some(address.country.as_str())];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    });
    let street = detail.ship_to.as_ref().and_then(|address| address.line1.clone());
    let at = axes.len().min(2);
    axes.insert(
        at,
        Axis {
            name: "Deliver to",
            value: Html::text(place.as_deref().unwrap_or("–")),
            beside: street.unwrap_or_else(|| "nothing is shipped, or it was erased".to_owned()),
        },
    );
    axes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_is_named_by_its_order_and_number() {
        assert_eq!(key("W-100001-2"), Some((OrderNumber(100_001), 2)));
        for wrong in ["", "W-1", "1-2", "W-1-x", "W-1-"] {
            assert_eq!(key(wrong), None, "{wrong}");
        }
    }
}
