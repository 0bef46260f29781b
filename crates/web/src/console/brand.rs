//! How the shop looks on pages: its name, its colors as a style sheet, its logo.

use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, Mutex, PoisonError};
use waybill_domain::system::appearance::{Appearance, Brand};
use waybill_store::read::settings;

/// The shop's looks as of one version of the settings.
#[derive(Debug)]
pub struct ShownBrand {
    pub shop: String,
    pub appearance: Appearance,
    version: i64,
}

/// What was read last. Every page asks whether it still holds, so all processes show the same.
#[derive(Debug, Default)]
pub struct KnownBrand(Mutex<Option<Arc<ShownBrand>>>);

impl KnownBrand {
    /// # Errors
    /// Where the store does not answer.
    pub async fn now(&self, state: &WebState) -> Result<Arc<ShownBrand>, Problem> {
        let version = settings::version(state.store()).await?;
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.version == version) {
            return Ok(known);
        }
        let (settings, version) = settings::settings(state.store()).await?;
        let appearance = settings.appearance;
        let shop = if appearance.shop.is_empty() { &state.options().store_name } else { &appearance.shop };
        let brand = Arc::new(ShownBrand { shop: shop.clone(), appearance, version });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(brand.clone());
        Ok(brand)
    }
}

impl ShownBrand {
    /// Where the style sheet is; None for a shop without colors of its own.
    pub fn style(&self) -> Option<String> {
        self.appearance.color.map(|_| format!("/assets/brand.css?v={}", self.version))
    }

    /// Where the logo is.
    pub fn logo(&self) -> Option<String> {
        self.appearance.logo.as_ref().map(|_| format!("/assets/brand/logo?v={}", self.version))
    }
}

/// The style sheet of a shop's colors. Everything in it is a color or ours.
fn style(light: Brand, dark: Brand) -> String {
    let pair = |name: &str, of: fn(&Brand) -> waybill_domain::system::appearance::Color| {
        format!("--{name}: light-dark({}, {}); ", of(&light), of(&dark))
    };
    format!(
        ":root {{ {}{}{}{}}}\n",
        pair("brand", |brand| brand.color),
        pair("brand-ink", |brand| brand.ink),
        pair("brand-text", |brand| brand.color),
        pair("brand-wash", |brand| brand.wash)
    )
}

/// For as long as its address names the version that is served.
fn caching(query: Option<&str>, brand: &ShownBrand) -> &'static str {
    let is_current = query.and_then(|query| query.strip_prefix("v=")) == Some(brand.version.to_string().as_str());
    if is_current { "public, max-age=31536000, immutable" } else { "no-cache" }
}

/// `GET /assets/brand.css`.
pub async fn style_sheet(State(state): State<WebState>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let brand = state.brand().await?;
    let text = brand.appearance.brands().map(|(light, dark)| style(light, dark)).unwrap_or_default();
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, caching(query.as_deref(), &brand))];
    Ok((headers, text).into_response())
}

/// `GET /assets/brand/logo`. Whoever opens the address itself sees a picture in which nothing runs.
pub async fn logo(State(state): State<WebState>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let brand = state.brand().await?;
    let logo = brand.appearance.logo.as_ref().ok_or_else(|| Problem::not_found("logo"))?;
    let headers = [
        (header::CONTENT_TYPE, logo.media_type()),
        (header::CACHE_CONTROL, caching(query.as_deref(), &brand)),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'; sandbox"),
        (header::CONTENT_DISPOSITION, "inline"),
    ];
    Ok((headers, logo.bytes()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use waybill_domain::system::appearance::{PAPER, PAPER_DARK};

    #[test]
    fn the_style_sheet_sets_what_pages_are_themed_by() {
        let color = "#3f5f2c".parse().unwrap();
        let text = style(Brand::new(color, PAPER), Brand::readable(color, PAPER_DARK));
        assert!(text.starts_with(":root { --brand: light-dark(#3f5f2c, #"), "{text}");
        assert!(text.contains("--brand-ink: light-dark(#ffffff, #000000);"), "{text}");
        let tokens = include_str!("assets/tokens.css");
        let paper = format!("--surface:  light-dark({PAPER}, {PAPER_DARK});");
        assert!(tokens.contains(&paper), "the papers that a color is judged on are those of tokens.css");
    }
}
