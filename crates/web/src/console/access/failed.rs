//! Tries to sign in that failed: for whom, how, from where, and how often.

use crate::auth::Caller;
use crate::console::frame::{Frame, SETTINGS};
use crate::console::html::Html;
use crate::console::look::{self, Look};
use crate::console::orders::percent;
use crate::console::page;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::ids::UserId;
use waybill_store::read::PageRequest;
use waybill_store::read::sign_in::{self, FailedOf};
use waybill_store::tables::WrongProof;

/// Tries of one hour, as they are shown.
#[derive(Debug)]
pub struct FailedRow {
    pub last: Html,
    /// None where no user has that email, or the provider knows somebody who is nobody here.
    pub who: Option<String>,
    pub href: String,
    pub wrong: &'static str,
    pub address: String,
    pub tries: String,
}

impl FailedRow {
    pub fn new(found: FailedOf, look: &Look) -> Self {
        let FailedOf { tries, name } = found;
        let is_known = tries.user_id != UserId::NIL;
        Self {
            last: look.moment(tries.last_at),
            who: is_known.then(|| name.unwrap_or_else(|| tries.user_id.to_string())),
            href: format!("/settings/users/{}", tries.user_id),
            wrong: match tries.wrong {
                WrongProof::Password if is_known => "wrong password",
                WrongProof::Password => "unknown email",
                WrongProof::Code => "wrong code",
                WrongProof::Identity => "not taken from the provider",
            },
            address: tries.address,
            tries: if tries.tries == 1 { "1 try".to_owned() } else { format!("{} tries", look::count(tries.tries)) },
        }
    }
}

#[derive(Template)]
#[template(path = "access/failed.html")]
struct FailedPage {
    frame: Frame,
    /// Whether it is one user's.
    is_one: bool,
    rows: Vec<FailedRow>,
    next: Option<String>,
}

/// `GET /audit/failed-sign-ins`.
pub async fn list(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    params: Params,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let (user, after) = (params.text("user"), params.text("after"));
    params.close()?;
    let user_id = user.as_deref().and_then(|text| text.parse::<UserId>().ok());
    let request = PageRequest { limit: Some(50), after };
    let found = sign_in::failed(state.store(), &caller.viewer(), user_id, &request).await?;
    let next = found.next.map(|next| {
        let user = user_id.map(|id| format!("user={id}&")).unwrap_or_default();
        format!("/audit/failed-sign-ins?{user}after={}", percent(&next))
    });
    Ok(page(&FailedPage {
        frame: Frame::new(&state, &caller, SETTINGS, "Failed sign-ins").await?,
        is_one: user_id.is_some(),
        rows: found.rows.into_iter().map(|row| FailedRow::new(row, &look)).collect(),
        next,
    }))
}
