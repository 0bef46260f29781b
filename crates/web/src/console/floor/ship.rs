//! Packed parcels that wait for their carrier: one or several leave, with their tracking numbers.

use super::queue::{Counted, Standing};
use super::*;
use crate::ask::Context;
use crate::console::form;
use crate::console::page as rendered;
use crate::params::Params;
use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use std::collections::BTreeMap;
use waybill_domain::fulfillment::ship::{Ship, ShipParcel};
use waybill_domain::ids::FulfillmentOrderId;
use waybill_domain::order::OrderNumber;
use waybill_domain::shipping::ParcelState;
use waybill_store::read::PageRequest;
use waybill_store::read::queue::{Stage, WorkFilter, queue};

/// Parcels sent in one form at most.
const PARCELS_MAX: usize = 200;
/// Bytes of a tracking number at most.
const TRACKING_MAX: usize = 64;
/// Carriers and services are names.
const NAME_MAX: usize = 200;

/// A parcel that waits.
#[derive(Debug)]
struct Waiting {
    /// Names it in the form: fulfillment order and parcel.
    name: String,
    number: u32,
    weight: Option<String>,
    packed: Html,
    tracking: String,
    ticked: bool,
}

/// The parcels of one fulfillment order.
#[derive(Debug)]
struct Group {
    id: String,
    number: String,
    location: String,
    country: String,
    wanted: Html,
    holds: Option<Html>,
    parcels: Vec<Waiting>,
}

#[derive(Template)]
#[template(path = "floor/ship.html")]
struct ShipPage {
    frame: Frame,
    standing: Standing,
    key: String,
    groups: Vec<Group>,
    count: usize,
    /// Only one fulfillment order is shown, or those of one order.
    is_one: bool,
    /// The order that was scanned or typed, where no script took it.
    scanned: Option<String>,
    next: Option<String>,
    carrier: String,
    service: String,
    may_work: bool,
    problems: Vec<refusal::Problem>,
}

/// What is asked of the page.
#[derive(Debug, Default)]
struct Asked<'a> {
    location: Option<String>,
    work: Option<String>,
    order: Option<String>,
    after: Option<String>,
    counted: Option<Counted>,
    refused: Option<(&'a [refusal::Problem], &'a Form)>,
}

async fn show(
    state: &WebState,
    caller: &Caller,
    look: &Look,
    headers: &HeaderMap,
    asked: Asked<'_>,
) -> Result<Response, Problem> {
    let standing = Standing::find(state, caller, headers, asked.location).await?;
    let standing = if asked.counted.is_some() { standing.everywhere() } else { standing };
    let viewer = caller.viewer();
    let (works, next) = match &asked.work {
        Some(text) => (vec![found(state, caller, text).await?], None),
        None => {
            let location = standing.here.clone();
            // What is no number of an order is none that waits.
            let order = asked
                .order
                .as_ref()
                .map(|text| text.trim().to_uppercase().parse::<OrderNumber>().unwrap_or(OrderNumber(0)));
            let filter = WorkFilter { location, order, stage: Some(Stage::Ship), ..WorkFilter::default() };
            let page = PageRequest { limit: Some(50), after: asked.after };
            let found = queue(state.store(), &viewer, &filter, &page).await?;
            let counted = asked.counted.map(|counted| format!("stage={}&", counted.code())).unwrap_or_default();
            let next =
                found.next.map(|next| format!("/ship?{counted}after={}", crate::console::orders::percent(&next)));
            (found.rows, next)
        }
    };
    let form = asked.refused.map(|(_, form)| form);
    let typed = |name: &str| form.and_then(|form| form.typed(name)).unwrap_or_default().to_owned();
    let groups: Vec<Group> = works.iter().map(|work| group(work, form, look)).collect();
    let groups: Vec<Group> = groups.into_iter().filter(|group| !group.parcels.is_empty()).collect();
    let page = ShipPage {
        frame: Frame::new(state, caller, SHIP, "Ship").await?,
        key: form::key(state),
        count: groups.iter().map(|group| group.parcels.len()).sum(),
        groups,
        is_one: asked.work.is_some() || asked.order.is_some(),
        scanned: asked.order,
        next,
        carrier: typed("carrier"),
        service: typed("service"),
        may_work: viewer.may(Permission::FulfillmentWrite),
        problems: asked.refused.map(|(problems, _)| problems.to_vec()).unwrap_or_default(),
        standing,
    };
    let response = rendered(&page);
    Ok(page.standing.kept(response))
}

fn group(work: &Work, form: Option<&Form>, look: &Look) -> Group {
    let id = work.fulfillment_order.id().to_string();
    let waiting = work.parcels.iter().filter(|parcel| parcel.state == ParcelState::Packed).map(|parcel| {
        let name = format!("{id}/{}", parcel.number);
        let tracking = form.and_then(|form| form.typed(&format!("tracking.{name}"))).unwrap_or_default().to_owned();
        Waiting {
            ticked: form.is_some_and(|form| form.all("parcel").any(|one| one == name)),
            number: parcel.number,
            weight: parcel.weight_g.map(kilograms),
            packed: look.moment(parcel.packed_at),
            tracking,
            name,
        }
    });
    Group {
        number: work.order_number.to_string(),
        location: work.location.clone(),
        country: work.country.clone().unwrap_or_default(),
        wanted: deadline(work.requested_by, look),
        holds: holds(work, Step::Ship),
        parcels: waiting.collect(),
        id,
    }
}

/// `GET /ship`.
pub async fn page(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let (location, after) = (params.text("location"), params.text("after"));
    let (work, order) = (params.text("work"), params.text("order"));
    let counted = Counted::read(&mut params, &[Counted::Packed]);
    params.close()?;
    show(&state, &caller, &look, &headers, Asked { location, work, order, after, counted, refused: None }).await
}

/// What leaves, by fulfillment order.
type Leaving = BTreeMap<FulfillmentOrderId, Vec<ShipParcel>>;

/// Reads the parcels that are named, or the one whose own button was pressed.
fn leaving(form: &mut Form) -> Leaving {
    let names: Vec<String> = match form.typed("only") {
        Some(only) => vec![only.to_owned()],
        None => form.all("parcel").map(str::to_owned).collect(),
    };
    if names.is_empty() {
        form.problem("parcel", "missing", "No parcel is chosen. Choose at least one.");
    }
    if names.len() > PARCELS_MAX {
        form.problem("parcel", "too_many", format!("At most {PARCELS_MAX} parcels leave at once."));
    }
    let mut leaving = Leaving::new();
    for name in names.iter().take(PARCELS_MAX) {
        let parts = name.split_once('/').and_then(|(work, number)| Some((work.parse().ok()?, number.parse().ok()?)));
        let Some((id, parcel)) = parts else {
            form.problem("parcel", "malformed", "This names no parcel.");
            continue;
        };
        let field = format!("tracking.{name}");
        if form.typed(&field).is_some_and(|number| number.len() > TRACKING_MAX) {
            form.problem(&field, "length", format!("A tracking number has at most {TRACKING_MAX} characters."));
        }
        let tracking_number = form.text(&field, TRACKING_MAX);
        leaving.entry(id).or_default().push(ShipParcel { parcel, tracking_number });
    }
    leaving
}

/// `POST /ship`: the parcels named leave, one shipment per fulfillment order; the others say why they do not.
pub async fn ship(
    State(state): State<WebState>,
    look: Look,
    headers: HeaderMap,
    mut form: Form,
) -> Result<Response, Problem> {
    let (carrier, service) = (form.text("carrier", NAME_MAX), form.text("service", NAME_MAX));
    let leaving = leaving(&mut form);
    let caller = form.context.caller.clone();
    let mut problems = form.problems().to_vec();
    let mut sent = 0_usize;
    let mut refused = None;
    if form.is_sound() {
        for (id, parcels) in leaving {
            let count = parcels.len();
            let (carrier, service) = (carrier.clone(), service.clone());
            let command = Ship { fulfillment_order_id: id, carrier, service, parcels };
            match submit(&state, &part(&form.context, id), id.order_id, command).await {
                Ok(_) => sent += count,
                Err(problem) => {
                    let number = match found(&state, &caller, &id.to_string()).await {
                        Ok(work) => work.order_number.to_string(),
                        Err(_) => id.to_string(),
                    };
                    let message = format!("{number}: {} {}", problem.detail, problem.next_step);
                    problems.push(refusal::Problem::new("parcel", &problem.code, message));
                    refused = Some(problem);
                }
            }
        }
    }
    let count = i64::try_from(sent).unwrap_or(i64::MAX);
    let said = format!("{} shipped", look::plural(count, "parcel"));
    let Some(mut problem) = refused.or_else(|| (!form.is_sound()).then(|| unsound(&form))) else {
        return Ok(booked(&headers, "/ship", &said));
    };
    if is_script(&headers) {
        let all: Vec<&str> = problems.iter().map(|one| one.message.as_str()).collect();
        problem.detail = if sent > 0 { format!("{said}. {}", all.join(" ")) } else { all.join(" ") };
        problem.next_step.clear();
        return Err(problem);
    }
    if sent > 0 {
        problems.insert(0, refusal::Problem::new("", "shipped", format!("{said}; the others are still here.")));
    }
    let asked = Asked { refused: Some((&problems, &form)), ..Asked::default() };
    let mut response = show(&state, &caller, &look, &headers, asked).await?;
    *response.status_mut() = problem.status;
    Ok(response)
}

/// One shipment of several in a form: a key of its own, made from the form's, so that sending the form again does each once.
fn part(context: &Context, id: FulfillmentOrderId) -> Context {
    let key = context.key.as_ref().map(|key| format!("{key}.{id}"));
    // A key that became too long is none: the rules still let a parcel leave once.
    Context { key: key.filter(|key| ask::is_key(key)), ..context.clone() }
}
