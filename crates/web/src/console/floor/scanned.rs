//! What a scanned code is, and whose it could be: what a wrong scan is told.

use crate::auth::Caller;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use waybill_domain::catalog::gtin::is_valid_gtin;
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

/// The GTIN that a scanned code carries, with 14 digits: plain, or in GS1 elements behind the identifier 01, as a scanner
/// sends them with or without the symbology's own letters in front (`]d2`).
pub fn gtin(code: &str) -> Option<String> {
    let code = match code.strip_prefix(']') {
        Some(rest) => rest.get(2..)?,
        None => code,
    };
    let code = code.trim_start_matches('\u{1d}');
    let element = code.strip_prefix("(01)").or_else(|| code.strip_prefix("01")).and_then(|rest| rest.get(..14));
    let found = [element, Some(code)].into_iter().flatten().find(|digits| is_valid_gtin(digits))?;
    Some(format!("{found:0>14}"))
}

/// How the catalog may have written a GTIN: with 14, 13, 12 or 8 digits.
pub fn forms(gtin: &str) -> Vec<String> {
    let shorter = |digits: usize| {
        let zeros = gtin.len().checked_sub(digits)?;
        gtin.get(..zeros)?.bytes().all(|byte| byte == b'0').then(|| gtin.get(zeros..).map(str::to_owned))?
    };
    [14, 13, 12, 8].into_iter().filter_map(shorter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gtin_is_found_in_what_scanners_send() {
        // The ISBN of "Structure and Interpretation of Computer Programs", and the example of GS1's specifications.
        for (code, found) in [
            ("9780262510875", Some("09780262510875")),
            ("]E09780262510875", Some("09780262510875")),
            ("]d2010978026251087517251231", Some("09780262510875")),
            ("(01)09780262510875(10)A1", Some("09780262510875")),
            ("96385074", Some("00000096385074")),
            ("9780262510876", None),
            ("0109", None),
            ("]", None),
            ("é09780262510875", None),
            ("MUG-1", None),
        ] {
            assert_eq!(gtin(code).as_deref(), found, "{code}");
        }
    }
}
