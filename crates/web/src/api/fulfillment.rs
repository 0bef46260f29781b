//! The work of the locations: queues, pick, pack, ship.

use super::List;
use super::order_view::{OrderView, ParcelView, lot, parcel_view};
use super::orders::{OrderRowView, change, order_id};
use super::stock::Lot;
use crate::ask::{Ask, Context, InPath, answer, answer_receipt, id};
use crate::auth::Caller;
use crate::forms::Written;
use crate::json::{Name, OneOf, Short, Word, body};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::command::Command;
use waybill_domain::fulfillment::events::ShortReason;
use waybill_domain::fulfillment::hand_over::HandOverFulfillmentOrder;
use waybill_domain::fulfillment::pack::Pack;
use waybill_domain::fulfillment::pick::{LinePicked, LineShort, Pick};
use waybill_domain::fulfillment::ship::{Ship, ShipParcel};
use waybill_domain::fulfillment::supplier::ShipFromSupplier;
use waybill_domain::ids::{FulfillmentOrderId, ParcelId};
use waybill_domain::quantity::Quantity;
use waybill_domain::refusal;
use waybill_store::read::orders;
use waybill_store::read::queue::{self, Work, WorkFilter};

/// The work of one location for one order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FulfillmentOrder)]
pub struct WorkView {
    pub id: String,
    pub order_id: String,
    pub order_number: String,
    pub location: String,
    pub channel: String,
    pub state: String,
    /// Higher goes first.
    pub priority: i64,
    pub country: Option<String>,
    pub requested_by: Option<String>,
    /// How many active holds the order has.
    pub holds_active: i64,
    /// Whose it is: a role, a queue or the id of a principal; nobody's when null.
    pub assignee: Option<String>,
    pub released_at: String,
    pub lines: Vec<WorkLineView>,
    pub parcels: Vec<ParcelView>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FulfillmentLine)]
pub struct WorkLineView {
    pub line: u32,
    pub sku: String,
    pub name: String,
    pub lot_id: Option<String>,
    /// To be picked.
    pub allocated: i64,
    pub picked: i64,
    pub packed: i64,
    pub shipped: i64,
}

impl From<Work> for WorkView {
    fn from(work: Work) -> Self {
        let lines = work.lines.into_iter().map(|line| WorkLineView {
            line: line.line,
            sku: line.sku,
            name: line.name,
            lot_id: lot(line.lot_id),
            allocated: line.allocated.0,
            picked: line.picked.0,
            packed: line.packed.0,
            shipped: line.shipped.0,
        });
        Self {
            id: work.fulfillment_order.id().to_string(),
            order_id: work.fulfillment_order.order_id.to_string(),
            order_number: work.order_number.to_string(),
            state: work.fulfillment_order.state.to_string(),
            priority: work.fulfillment_order.priority,
            country: work.country,
            requested_by: work.requested_by.map(|day| day.to_string()),
            holds_active: work.holds_active,
            assignee: work.fulfillment_order.assignee,
            released_at: work.fulfillment_order.released_at.to_string(),
            lines: lines.collect(),
            parcels: work.parcels.iter().map(|parcel| parcel_view(parcel, work.location.clone())).collect(),
            location: work.location,
            channel: work.channel,
        }
    }
}

type Parcel = Written<ParcelId>;
type WhyShort = OneOf<ShortReason>;

body! {
    /// Whose the work is to be.
    pub struct HandOverWorkBody {
        /// A role, a queue or the id of a principal; nobody in particular when not said.
        assignee: Option<Word>,
        /// Who has it now, where somebody does; refused when that is somebody else.
        from: Option<Word>,
    }

    /// What was picked and what was not there. Without either everything left is picked.
    pub struct PickBody {
        picks: Option<Vec<PickedLineBody>>,
        shorts: Option<Vec<ShortLineBody>>,
    }

    /// Units of one line.
    pub struct PickedLineBody {
        line: u32,
        /// Any lot allocated when not said.
        lot_id: Option<Lot>,
        quantity: i64,
    }

    /// Units that could not be picked.
    pub struct ShortLineBody {
        line: u32,
        quantity: i64,
        reason: WhyShort,
    }

    /// What goes into one parcel; everything picked when no line is named.
    pub struct PackBody {
        lines: Option<Vec<PickedLineBody>>,
        weight_g: Option<i64>,
    }

    /// What leaves; every packed parcel when none is named.
    pub struct ShipBody {
        carrier: Option<Name>,
        service: Option<Name>,
        parcels: Option<Vec<SentParcelBody>>,
    }

    /// One parcel.
    pub struct SentParcelBody {
        parcel_id: Parcel,
        tracking_number: Option<Short>,
    }

    /// What a supplier sent to the customer.
    pub struct SupplierShipmentBody {
        lines: Vec<SuppliedLineBody>,
    }

    /// Units of one line.
    pub struct SuppliedLineBody {
        line: u32,
        quantity: i64,
    }
}

fn picked(lines: Option<Vec<PickedLineBody>>) -> Vec<LinePicked> {
    let lines = lines.unwrap_or_default().into_iter().map(|line| LinePicked {
        line: line.line,
        lot_id: line.lot_id.map(|lot| lot.0),
        quantity: Quantity(line.quantity),
    });
    lines.collect()
}

/// Submits work and answers with the fulfillment order as it is now.
async fn work(
    state: &WebState,
    context: &Context,
    id: FulfillmentOrderId,
    command: impl Into<Command>,
) -> Result<Response, Problem> {
    let receipt = context.submit(state, command, state.engine().ids()).await?;
    if context.minimal {
        return Ok(answer_receipt(StatusCode::OK, &receipt));
    }
    if receipt.awaits_gateway {
        state.engine().settled(id.order_id, state.options().settle).await;
    }
    match queue::work(state.store(), &context.caller.viewer(), id).await {
        Ok(Some(work)) => Ok(answer(StatusCode::OK, &receipt, &WorkView::from(work))),
        _ => Ok(answer_receipt(StatusCode::OK, &receipt)),
    }
}

/// Says whose the work is: claims it, assigns it, hands it over, or lets go of it.
#[utoipa::path(post, path = "/fulfillment-orders/{id}/hand-over", tag = "fulfillment", request_body = HandOverWorkBody,
    params(("id" = String, Path)), responses((status = 200, body = WorkView)))]
pub async fn hand_over(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<HandOverWorkBody>,
) -> Result<Response, Problem> {
    let fulfillment_order_id = id("fulfillment order", &text)?;
    let HandOverWorkBody { assignee, from } = ask.body;
    let (assignee, from) = (assignee.map(|word| word.0), from.map(|word| word.0));
    let command = HandOverFulfillmentOrder { fulfillment_order_id, from, assignee };
    work(&state, &ask.context, fulfillment_order_id, command).await
}

/// Open work, most urgent first.
#[utoipa::path(get, path = "/fulfillment-orders", tag = "fulfillment", params(
    ("location" = Option<String>, Query, description = "The location's code"),
    ("assignee" = Option<String>, Query, description = "Only whose this is: a role, a queue or the id of a principal"),
    ("ended" = Option<bool>, Query, description = "Closed and cancelled work too"),
    ("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<WorkView>)))]
pub async fn queue(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<WorkView>>, Problem> {
    let (location, assignee) = (params.text("location"), params.text("assignee"));
    let ended = params.bool("ended").unwrap_or(false);
    let filter = WorkFilter { location, assignee, ended, ..WorkFilter::default() };
    let page = params.page();
    params.close()?;
    Ok(List::of(queue::queue(state.store(), &caller.viewer(), &filter, &page).await?, WorkView::from))
}

/// Orders of which something can be released to a location now (stock is allocated, no hold is in the way), most urgent
/// first.
#[utoipa::path(get, path = "/release-queue", tag = "fulfillment",
    params(("limit" = Option<u32>, Query), ("after" = Option<String>, Query)),
    responses((status = 200, body = List<OrderRowView>)))]
pub async fn to_release(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<OrderRowView>>, Problem> {
    let page = params.page();
    params.close()?;
    Ok(List::of(orders::to_release(state.store(), &caller.viewer(), &page).await?, OrderRowView::from))
}

/// One fulfillment order.
#[utoipa::path(get, path = "/fulfillment-orders/{id}", tag = "fulfillment", params(("id" = String, Path)),
    responses((status = 200, body = WorkView)))]
pub async fn get(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
) -> Result<Json<WorkView>, Problem> {
    let found = queue::work(state.store(), &caller.viewer(), id("fulfillment order", &text)?).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("such fulfillment order"))?.into()))
}

/// Books picked units, and units that were not there.
#[utoipa::path(post, path = "/fulfillment-orders/{id}/pick", tag = "fulfillment", request_body = PickBody,
    params(("id" = String, Path)), responses((status = 200, body = WorkView)))]
pub async fn pick(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<PickBody>,
) -> Result<Response, Problem> {
    let fulfillment_order_id = id("fulfillment order", &text)?;
    let shorts = ask.body.shorts.unwrap_or_default().into_iter().map(|short| LineShort {
        line: short.line,
        quantity: Quantity(short.quantity),
        reason: short.reason.0,
    });
    let command = Pick { fulfillment_order_id, picks: picked(ask.body.picks), shorts: shorts.collect() };
    work(&state, &ask.context, fulfillment_order_id, command).await
}

/// Packs one parcel of picked units.
#[utoipa::path(post, path = "/fulfillment-orders/{id}/pack", tag = "fulfillment", request_body = PackBody,
    params(("id" = String, Path)), responses((status = 200, body = WorkView)))]
pub async fn pack(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<PackBody>,
) -> Result<Response, Problem> {
    let fulfillment_order_id = id("fulfillment order", &text)?;
    let command = Pack { fulfillment_order_id, lines: picked(ask.body.lines), weight_g: ask.body.weight_g };
    work(&state, &ask.context, fulfillment_order_id, command).await
}

/// Sends packed parcels off.
#[utoipa::path(post, path = "/fulfillment-orders/{id}/ship", tag = "fulfillment", request_body = ShipBody,
    params(("id" = String, Path)), responses((status = 200, body = WorkView)))]
pub async fn ship(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<ShipBody>,
) -> Result<Response, Problem> {
    let fulfillment_order_id: FulfillmentOrderId = id("fulfillment order", &text)?;
    let mut problems = Vec::new();
    let mut parcels = Vec::new();
    for (n, parcel) in ask.body.parcels.unwrap_or_default().into_iter().enumerate() {
        if parcel.parcel_id.0.order_id != fulfillment_order_id.order_id {
            let path = format!("parcels[{n}].parcel_id");
            problems.push(refusal::Problem::new(path, "other_order", "is a parcel of another order"));
        }
        let tracking_number = parcel.tracking_number.map(|number| number.0);
        parcels.push(ShipParcel { parcel: parcel.parcel_id.0.number, tracking_number });
    }
    if !problems.is_empty() {
        return Err(Problem::invalid(problems));
    }
    let command = Ship {
        fulfillment_order_id,
        carrier: ask.body.carrier.map(|text| text.0),
        service: ask.body.service.map(|text| text.0),
        parcels,
    };
    work(&state, &ask.context, fulfillment_order_id, command).await
}

/// Books that a supplier sent dropship units to the customer.
#[utoipa::path(post, path = "/orders/{id}/supplier-shipments", tag = "fulfillment",
    request_body = SupplierShipmentBody, params(("id" = String, Path)), responses((status = 200, body = OrderView)))]
pub async fn ship_from_supplier(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    ask: Ask<SupplierShipmentBody>,
) -> Result<Response, Problem> {
    let order_id = order_id(&state, &ask.context.caller, &text).await?;
    let lines = ask.body.lines.into_iter().map(|line| (line.line, Quantity(line.quantity)));
    let command = ShipFromSupplier { order_id, lines: lines.collect() };
    change(&state, &ask.context, order_id, command).await
}
