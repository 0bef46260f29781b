//! The reasons that people choose from when they act: one a line, the first chosen beforehand.
//!
//! They are shown and typed as they are read everywhere else (`Customer request`); what is kept is their code
//! (`customer_request`).

use crate::auth::Caller;
use crate::console::form::{self, Form};
use crate::console::frame::{Frame, SETTINGS};
use crate::console::sheet::{Field, Kind, Sheet};
use crate::console::status;
use crate::problem::Problem;
use crate::state::WebState;
use axum::extract::State;
use axum::response::Response;
use waybill_domain::actor::Permission;
use waybill_domain::refusal;
use waybill_domain::system::ChangeSettings;
use waybill_domain::system::reasons::Reasons;
use waybill_store::read::settings;

/// Characters of one list at most: more than fit into it.
const LIST_MAX: usize = 4_000;

fn label(list: &str) -> &'static str {
    match list {
        "cancel" => "To cancel",
        "hold" => "To hold",
        "release" => "To release a hold",
        "reject" => "To reject a hold",
        "refund" => "To refund",
        _ => "Why goods came back",
    }
}

/// A list as it is typed.
fn shown(codes: &[String]) -> String {
    codes.iter().map(|code| status::words(code)).collect::<Vec<_>>().join("\n")
}

/// What is kept of a line: the code that is shown like that, or small letters with `_` between words.
fn code(line: &str, kept: &[String]) -> String {
    let line = line.trim();
    if let Some(code) = kept.iter().find(|code| status::words(code) == line) {
        return code.clone();
    }
    line.split(|mark: char| mark.is_whitespace() || mark == '_' || mark == '-')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join("_")
        .to_lowercase()
}

async fn sheet(state: &WebState, caller: &Caller, reasons: &Reasons) -> Result<Sheet, Problem> {
    caller.viewer().must(&[Permission::SettingsWrite])?;
    let frame = Frame::new(state, caller, SETTINGS, "Reasons").await?;
    let mut sheet = Sheet::new(frame, form::key(state), ("Settings", "/settings"), "/settings/reasons");
    sheet.lead = Some(
        "One a line, such as “Customer request”; the first is chosen beforehand. Reports count them, so what was given \
         before keeps its name. An empty list becomes what it was at first."
            .to_owned(),
    );
    sheet.fields = reasons
        .lists()
        .iter()
        .map(|(list, words)| Field::new(*list, label(list), Kind::Area).value(shown(words)).optional())
        .collect();
    Ok(sheet)
}

/// `GET /settings/reasons`.
pub async fn ask(State(state): State<WebState>, caller: Caller) -> Result<Response, Problem> {
    let (settings, _) = settings::settings(state.store()).await?;
    Ok(sheet(&state, &caller, &settings.reasons).await?.answer())
}

/// `POST /settings/reasons`.
pub async fn save(State(state): State<WebState>, mut form: Form) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let (mut settings, _) = settings::settings(state.store()).await?;
    let mut sheet = sheet(&state, &caller, &settings.reasons).await?;
    let usual = Reasons::default();
    let before = settings.reasons.clone();
    let mut typed = |list: &str, usual: Vec<String>| match form.text(list, LIST_MAX) {
        Some(text) => {
            let kept = before.lists().into_iter().find(|(name, _)| *name == list).map_or(&[][..], |(_, codes)| codes);
            text.lines().map(|line| code(line, kept)).filter(|code| !code.is_empty()).collect()
        }
        None => usual,
    };
    settings.reasons = Reasons {
        cancel: typed("cancel", usual.cancel),
        hold: typed("hold", usual.hold),
        release: typed("release", usual.release),
        reject: typed("reject", usual.reject),
        refund: typed("refund", usual.refund),
        returned: typed("returned", usual.returned),
    };
    for problem in settings.reasons.problems() {
        name(&mut form, &settings.reasons, &problem);
    }
    sheet.typed(&form);
    if !form.is_sound() {
        return Ok(sheet.answer());
    }
    let result = form.context.submit(&state, ChangeSettings { settings }, state.engine().ids()).await;
    sheet.concluded(result, "/settings/reasons", "Reasons saved")
}

/// Says a problem beside the list that it is in, with the reason that it is about as it was typed.
fn name(form: &mut Form, reasons: &Reasons, problem: &refusal::Problem) {
    let path = problem.path.trim_start_matches("reasons.");
    let (list, place) = path.split_once('[').unwrap_or((path, ""));
    let words = reasons.lists().into_iter().find(|(name, _)| *name == list).map_or(&[][..], |(_, words)| words);
    let word = place.trim_end_matches(']').parse::<usize>().ok().and_then(|place| words.get(place));
    let message = match word {
        Some(word) if problem.code == "word" => {
            format!("“{}” must be 1 to 64 letters from a to z, digits and spaces.", status::words(word))
        }
        Some(word) => format!("“{}” {}.", status::words(word), problem.message),
        None => format!("This {}.", problem.message),
    };
    form.problem(list, &problem.code, message);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is kept of a line is kept of itself; a reason of small letters is shown so that it is kept the same.
        #[test]
        fn any_line_is_a_reason_that_stays_the_same(line in any::<String>(), codes in prop::collection::vec("[a-z0-9]{1,9}(_[a-z0-9.]{1,9}){0,3}", 0..5)) {
            prop_assert_eq!(code(&code(&line, &[]), &[]), code(&line, &[]));
            let again: Vec<String> = shown(&codes).lines().map(|line| code(line, &[])).collect();
            prop_assert_eq!(again, codes);
        }
    }

    #[test]
    fn a_reason_is_shown_and_typed_as_people_say_it() {
        for (typed, kept) in [
            ("Customer request", "customer_request"),
            ("  out-of  stock ", "out_of_stock"),
            ("_", ""),
            ("late", "late"),
        ] {
            assert_eq!(code(typed, &[]), kept);
        }
        for (_, words) in Reasons::default().lists() {
            let again: Vec<String> = shown(words).lines().map(|line| code(line, &[])).collect();
            assert_eq!(again, words);
        }
        // Codes of other systems stay as they are.
        let others = ["RET-04".to_owned(), "too.late".to_owned()];
        let again: Vec<String> = shown(&others).lines().map(|line| code(line, &others)).collect();
        assert_eq!(again, others);
    }
}
