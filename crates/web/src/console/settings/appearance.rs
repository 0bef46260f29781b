//! How the shop looks: its name, its color by day and by night, its logo.

use crate::auth::Caller;
use crate::console::form;
use crate::console::frame::{Frame, SETTINGS};
use crate::console::sheet::{Field, Kind, Sheet};
use crate::console::upload::Upload;
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::actor::Permission;
use waybill_domain::system::ChangeSettings;
use waybill_domain::system::appearance::{Appearance, Color};
use waybill_domain::system::logo::{LOGO_MAX, Logo};
use waybill_store::read::settings;

/// Bytes of an upload at most: enough to say of a larger logo that it is too large.
const UPLOAD_MAX: usize = 8 * LOGO_MAX;

async fn sheet(state: &WebState, caller: &Caller, appearance: &Appearance) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::SettingsWrite])?;
    let frame = Frame::new(state, caller, SETTINGS, "Appearance").await?;
    let mut sheet = Sheet::new(frame, form::key(state), ("Settings", "/settings"), "/settings/appearance");
    let color = |color: Option<Color>| color.map(|color| color.to_string()).unwrap_or_default();
    let logo = match &appearance.logo {
        Some(logo) => format!("There is one now ({}). A new one takes its place.", logo.media_type()),
        None => "A PNG or a plain SVG of at most 24 kB.".to_owned(),
    };
    sheet.lead =
        Some("What customers see on the pages of their orders, and staff in the corner of every page.".to_owned());
    sheet.fields = vec![
        Field::text("shop", "Name of the shop")
            .value(appearance.shop.clone())
            .optional()
            .hint(format!("Left empty, it is {}.", state.options().store_name)),
        Field::text("color", "Color by day")
            .value(color(appearance.color))
            .optional()
            .hint("Such as #3f5f2c. Text needs a contrast of 4.5 with paper.")
            .paired(),
        Field::text("color_dark", "Color by night")
            .value(color(appearance.color_dark))
            .optional()
            .hint("Left empty, it is made of the one by day.")
            .paired(),
        Field::new("logo", "Logo", Kind::File("image/png,image/svg+xml")).optional().hint(logo),
    ];
    if appearance.logo.is_some() {
        sheet.fields.push(Field::new("without_logo", "Take the logo away", Kind::Box));
    }
    sheet.is_upload = true;
    Ok(sheet)
}

/// `GET /settings/appearance`.
pub async fn ask(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    let (settings, _) = settings::settings(state.store()).await?;
    Ok(sheet(&state, &caller, &settings.appearance).await?.answer())
}

/// `POST /settings/appearance`.
pub async fn save(State(state): State<WebState>, upload: Upload<UPLOAD_MAX>) -> Result<Response, Problem> {
    let Upload { mut form, file, is_too_large } = upload;
    let caller = form.context.caller.clone();
    let (mut settings, _) = settings::settings(state.store()).await?;
    let mut sheet = sheet(&state, &caller, &settings.appearance).await?;
    let mut color = |name: &str| {
        let text = form.typed(name)?.to_owned();
        let color = text.parse::<Color>();
        if let Err(message) = &color {
            form.problem(name, "malformed", format!("This {message}."));
        }
        color.ok()
    };
    let (color, color_dark) = (color("color"), color("color_dark"));
    if is_too_large {
        form.problem("logo", "too_large", "This file is larger than 24 kB.");
    }
    let logo = match file.as_deref().map(Logo::read) {
        Some(Ok(logo)) => Some(logo),
        Some(Err(objection)) => {
            let objection = if objection.starts_with("must") { format!("This {objection}.") } else { objection };
            form.problem("logo", "logo", objection);
            None
        }
        None => settings.appearance.logo.take().filter(|_| !form.ticked("without_logo")),
    };
    let shop = form.text("shop", 100).unwrap_or_default();
    settings.appearance = Appearance { shop, color, color_dark, logo };
    sheet.typed(&form);
    if !form.is_sound() {
        return Ok(sheet.answer());
    }
    let result = form.context.submit(&state, ChangeSettings { settings }, state.engine().ids()).await;
    sheet.concluded(result, "/settings/appearance", "Appearance saved")
}
