//! What a scanned code is, and whose it could be: what a wrong scan is told.

use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use waybill_store::read::floor;

#[derive(Debug, Serialize)]
pub struct ScannedView {
    sku: String,
    name: String,
    /// Numbers of open orders that still need units.
    wanted_by: Vec<String>,
}

/// `GET /scan`: the item with `code` as its SKU or `gtin` (14 digits, padded with zeros) as its number, or null. The script
/// asks this for what is not on its page.
pub async fn scanned(
    State(state): State<WebState>,
    caller: Caller,
    params: Params,
) -> Result<Json<Option<ScannedView>>, Problem> {
    let mut params = params.of_form();
    let (code, gtin) = (params.required("code"), params.text("gtin"));
    let location = params.text("location");
    params.close()?;
    let gtins = gtin.as_deref().map(forms).unwrap_or_default();
    let found = floor::scanned(state.store(), &caller.viewer(), &code, &gtins, location.as_deref()).await?;
    Ok(Json(found.map(|found| ScannedView {
        sku: found.sku,
        name: found.name,
        wanted_by: found.wanted_by.iter().map(ToString::to_string).collect(),
    })))
}

/// How the catalog may have written a GTIN: with 14, 13, 12 or 8 digits.
pub(super) fn forms(gtin: &str) -> Vec<String> {
    let shorter = |digits: usize| {
        let zeros = gtin.len().checked_sub(digits)?;
        gtin.get(..zeros)?.bytes().all(|byte| byte == b'0').then(|| gtin.get(zeros..).map(str::to_owned))?
    };
    [14, 13, 12, 8].into_iter().filter_map(shorter).collect()
}
