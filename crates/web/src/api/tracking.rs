//! What carriers say about parcels.

use crate::ask::{Ask, ReceiptView, answer_receipt};
use crate::forms::Written;
use crate::json::{Name, OneOf, Short, Text, body};
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use waybill_domain::ids::ParcelId;
use waybill_domain::personal::Personal;
use waybill_domain::refusal;
use waybill_domain::shipping::track::RecordTracking;
use waybill_domain::shipping::{ShippingRefusal, TrackingStatus};
use waybill_domain::time::Timestamp;
use waybill_store::read::order::parcel_by_tracking;

type Parcel = Written<ParcelId>;
type Moment = Written<Timestamp>;
type Status = OneOf<TrackingStatus>;
type Raw = Text<20_000>;

body! {
    /// One fact about one parcel, named by its id or tracking number.
    pub struct TrackingBody {
        parcel_id: Option<Parcel>,
        tracking_number: Option<Short>,
        status: Status,
        occurred_at: Moment,
        /// The carrier's own id of the message.
        carrier_event: Option<Name>,
        /// The message as it came.
        raw: Option<Raw>,
    }
}

/// Takes in a carrier's message: once, in any order. One that is known changes nothing.
#[utoipa::path(post, path = "/tracking-events", tag = "fulfillment", request_body = TrackingBody,
    responses((status = 200, body = ReceiptView)))]
pub async fn record(State(state): State<WebState>, ask: Ask<TrackingBody>) -> Result<Response, Problem> {
    let ids = state.engine().ids();
    let body = ask.body;
    let parcel_id = match (body.parcel_id, body.tracking_number) {
        (Some(parcel), None) => parcel.0,
        (None, Some(number)) => {
            let parcel = parcel_by_tracking(state.store(), &ask.context.caller.viewer(), &number.0).await?;
            let unknown = || ShippingRefusal::UnknownTracking { tracking_number: number.0.clone() };
            parcel.ok_or_else(|| Problem::refused(unknown().into(), false))?.id()
        }
        (Some(_), Some(_)) => {
            let problem = refusal::Problem::new("parcel_id", "ambiguous", "only one of parcel_id and tracking_number");
            return Err(Problem::invalid(vec![problem]));
        }
        (None, None) => {
            let problem = refusal::Problem::new("parcel_id", "missing", "is required, or tracking_number");
            return Err(Problem::invalid(vec![problem]));
        }
    };
    let command = RecordTracking {
        parcel_id,
        status: body.status.0,
        occurred_at: body.occurred_at.0,
        carrier_event: body.carrier_event.map(|text| text.0),
        raw: body.raw.map(|text| Personal { id: ids.nth(1), value: text.0 }),
    };
    let receipt = ask.context.submit(&state, command, ids).await?;
    Ok(answer_receipt(StatusCode::OK, &receipt))
}
