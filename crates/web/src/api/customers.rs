//! Customers: people and organizations that order.

use super::List;
use crate::ask::{Ask, Context, InPath, answer, answer_receipt};
use crate::auth::Caller;
use crate::json::{Name, Nothing, OneOf, Short, body};
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;
use waybill_domain::customer::{ArchiveCustomer, PutCustomer, Tier};
use waybill_domain::personal::{Party, Personal};
use waybill_engine::Receipt;
use waybill_store::read::customers::{self, CustomerFilter, CustomerRow};
use waybill_store::search::Search;

/// A known customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Customer)]
pub struct CustomerView {
    pub id: String,
    /// The business's own customer number.
    pub code: String,
    /// How much waiting weighs.
    pub tier: String,
    pub name: Option<String>,
    pub company: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub archived: bool,
    pub version: i64,
}

impl From<CustomerRow> for CustomerView {
    fn from(row: CustomerRow) -> Self {
        let party = row.party.unwrap_or_default();
        Self {
            id: row.customer.id.to_string(),
            code: row.customer.code,
            tier: row.customer.tier.to_string(),
            name: party.name,
            company: party.company,
            email: party.email,
            phone: party.phone,
            archived: row.customer.archived,
            version: row.customer.chain.sequence,
        }
    }
}

type TierCode = OneOf<Tier>;

body! {
    /// What can be said about a customer. Name, company, email and phone are known as a whole: a body with any of them replaces all
    /// four, and one with none of them leaves them as they are.
    pub struct CustomerFactsBody {
        /// `standard` when not said.
        tier: Option<TierCode>,
        name: Option<Name>,
        company: Option<Name>,
        email: Option<Name>,
        phone: Option<Short>,
    }
}

/// Customers by code.
///
/// With `search` those that match it, newest first: the customer of that code, then those in whose present name, company
/// or email every word typed is the beginning of one, as in `GET /orders`. It combines with the other filters.
#[utoipa::path(get, path = "/customers", tag = "customers", params(
    ("search" = Option<String>, Query, description = "A code, or words; combines with the other filters"),
    ("archived" = Option<bool>, Query),
    ("tier" = Option<String>, Query), ("email" = Option<String>, Query), ("limit" = Option<u32>, Query),
    ("after" = Option<String>, Query)), responses((status = 200, body = List<CustomerView>)))]
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    mut params: Params,
) -> Result<Json<List<CustomerView>>, Problem> {
    let filter = CustomerFilter {
        archived: params.bool("archived"),
        tier: params.code("tier"),
        email: params.text("email"),
        search: params.text("search").map(|text| Search::new(&text)),
    };
    let page = params.page();
    params.close()?;
    Ok(List::of(customers::customers(state.store(), &caller.viewer(), &filter, &page).await?, CustomerView::from))
}

/// One customer.
#[utoipa::path(get, path = "/customers/{code}", tag = "customers", params(("code" = String, Path)),
    responses((status = 200, body = CustomerView)))]
pub async fn get(
    State(state): State<WebState>,
    caller: Caller,
    InPath(code): InPath<String>,
) -> Result<Json<CustomerView>, Problem> {
    let found = customers::customer(state.store(), &caller.viewer(), &code).await?;
    Ok(Json(found.ok_or_else(|| Problem::not_found("such customer"))?.into()))
}

/// Creates the customer with this code, or changes the one there is.
#[utoipa::path(put, path = "/customers/{code}", tag = "customers", params(("code" = String, Path)),
    request_body = CustomerFactsBody, responses((status = 200, body = CustomerView)))]
pub async fn put(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    ask: Ask<CustomerFactsBody>,
) -> Result<Response, Problem> {
    let ids = state.engine().ids();
    let body = ask.body;
    let party = Party {
        name: body.name.map(|text| text.0),
        company: body.company.map(|text| text.0),
        email: body.email.map(|text| text.0),
        phone: body.phone.map(|text| text.0),
    };
    let command = PutCustomer {
        code: code.clone(),
        party: (party != Party::default()).then(|| Personal { id: ids.nth(1), value: party }),
        tier: body.tier.map_or(Tier::Standard, |tier| tier.0),
    };
    let receipt = ask.context.submit(&state, command, ids).await?;
    Ok(answer_customer(&state, &ask.context, &code, &receipt).await)
}

/// The customer as it is now, or the receipt alone where the caller may not see it or asked for no more.
pub(super) async fn answer_customer(state: &WebState, context: &Context, code: &str, receipt: &Receipt) -> Response {
    match customers::customer(state.store(), &context.caller.viewer(), code).await {
        Ok(Some(row)) if !context.minimal => answer(StatusCode::OK, receipt, &CustomerView::from(row)),
        _ => answer_receipt(StatusCode::OK, receipt),
    }
}

/// Archives a customer.
#[utoipa::path(delete, path = "/customers/{code}", tag = "customers", params(("code" = String, Path)),
    responses((status = 200, body = crate::ask::ReceiptView)))]
pub async fn archive(
    State(state): State<WebState>,
    InPath(code): InPath<String>,
    ask: Ask<Nothing>,
) -> Result<Response, Problem> {
    let receipt = ask.context.submit(&state, ArchiveCustomer { code }, state.engine().ids()).await?;
    Ok(answer_receipt(StatusCode::OK, &receipt))
}
