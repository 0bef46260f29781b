//! The dialog of an act: a question, what would change, what is asked for, and two buttons. A page of its own without a
//! script.

use super::super::form::{self, Form};
use super::super::frame::{self, Frame, ORDERS};
use super::super::html::Html;
use super::super::owners::Owners;
use super::super::page;
use super::act::Act;
use super::ask::{self, Field, Input};
use super::effect::{Effect, effects};
use super::obstacle;
use super::wording::{Words, wording};
use crate::ask::InPath;
use crate::auth::Caller;
use crate::mentions;
use crate::params::Params;
use crate::problem::Problem;
use crate::state::WebState;
use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use waybill_domain::actor::Permission;
use waybill_domain::command::Command;
use waybill_domain::ids::ItemId;
use waybill_domain::order::OrderLine;
use waybill_engine::{Submission, SubmitError};
use waybill_store::read::catalog::{self, CatalogFilter};
use waybill_store::read::order::{self, OrderDetail};
use waybill_store::read::{PageRequest, order::OrderKey, settings};

/// What would happen.
#[derive(Debug)]
enum Outlook {
    /// Nobody can say before the fields are filled in.
    Open,
    Effects(Vec<Effect>),
    /// The rules forbid it: the sentence, and what to do instead.
    Refused(String, String),
}

#[derive(Template)]
#[template(path = "order/dialog.html")]
struct Dialog {
    frame: Frame,
    number: String,
    path: String,
    /// Where the harmless button leads without a script.
    back: String,
    words: Words,
    /// What the button says while nobody knows the amount.
    plain: &'static str,
    fields: Vec<Field>,
    outlook: Outlook,
    awaits_gateway: bool,
    /// Somebody changed the order after this was asked for.
    is_stale: bool,
    /// Something else was asked for than what was shown.
    is_unseen: bool,
    /// Stands for what the page shows that would happen.
    seen: String,
    is_danger: bool,
    /// A note asks nothing of the rules, so nothing is shown before.
    has_effects: bool,
    /// Field, where there is one, and message of everything wrong, where that is more than one thing.
    problems: Vec<(Option<String>, String)>,
    key: String,
    version: i64,
}

/// The act that an address names.
fn act(slug: &str, part: Option<u32>) -> Result<Act, Problem> {
    Act::read(slug, part).ok_or_else(|| Problem::not_found("such act"))
}

/// Where to go afterwards: the order, or the queue that the dialog was opened from.
fn back(detail: &OrderDetail, form: &Form) -> String {
    let asked = form
        .typed("next")
        .filter(|next| *next == "/holds" || next.starts_with("/holds?"))
        .filter(|next| next.bytes().all(|byte| byte.is_ascii_graphic()));
    asked.map_or_else(|| format!("/orders/{}", detail.head.number), str::to_owned)
}

/// `GET /orders/{id}/{act}`.
pub async fn whole(
    State(state): State<WebState>,
    caller: Caller,
    InPath((id, slug)): InPath<(String, String)>,
    params: Params,
) -> Result<Response, Problem> {
    open(&state, caller, &id, act(&slug, None)?, params).await
}

/// `GET /orders/{id}/{act}/{part}`.
pub async fn part(
    State(state): State<WebState>,
    caller: Caller,
    InPath((id, slug, part)): InPath<(String, String, u32)>,
    params: Params,
) -> Result<Response, Problem> {
    open(&state, caller, &id, act(&slug, Some(part))?, params).await
}

/// `POST /orders/{id}/{act}`.
pub async fn do_whole(
    State(state): State<WebState>,
    InPath((id, slug)): InPath<(String, String)>,
    form: Form,
) -> Result<Response, Problem> {
    sent(&state, &id, act(&slug, None)?, form).await
}

/// `POST /orders/{id}/{act}/{part}`.
pub async fn do_part(
    State(state): State<WebState>,
    InPath((id, slug, part)): InPath<(String, String, u32)>,
    form: Form,
) -> Result<Response, Problem> {
    sent(&state, &id, act(&slug, Some(part))?, form).await
}

async fn open(state: &WebState, caller: Caller, id: &str, act: Act, mut params: Params) -> Result<Response, Problem> {
    let next = params.text("next");
    params.close()?;
    let detail = detail(state, &caller, id).await?;
    if !act.has_its_part(&detail) {
        return Err(Problem::not_found("such part of the order"));
    }
    let (settings, _) = settings::settings(state.store()).await?;
    let mut fields = ask::defaults(act, &detail, &caller, &settings.reasons);
    fields.extend(next.map(|next| ("next".to_owned(), next)));
    shown(state, &detail, act, Form::blank(caller, fields), Told::Nothing).await
}

async fn detail(state: &WebState, caller: &Caller, id: &str) -> Result<OrderDetail, Problem> {
    let id = crate::api::orders::order_id(state, caller, id).await?;
    let found = order::order(state.store(), &caller.viewer(), OrderKey::Id(id)).await?;
    found.ok_or_else(|| Problem::not_found("such order"))
}

async fn sent(state: &WebState, id: &str, act: Act, mut form: Form) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let detail = detail(state, &caller, id).await?;
    let ids = state.engine().ids();
    let command = ask::command(act, &detail, &mut form, ids);
    if form.ticked("preview") {
        // A look at what the fields would do; nothing was asked for yet.
        return shown(state, &detail, act, form, Told::Nothing).await;
    }
    let Some(command) = command else {
        if form.is_sound() {
            ask::missing(act, &mut form);
        }
        return shown(state, &detail, act, form, Told::Nothing).await;
    };
    let names = names(state, &detail).await?;
    let owners = owners(state, &caller, act, &detail).await?;
    let words = wording(act, &detail, Some(&command), &|line| name(&names, line), &owners);
    if let Some(seen) = form.typed("shown")
        && form.context.expected_version == Some(detail.head.chain.sequence)
    {
        // Without a script the page and its button still speak of what stood in the fields before.
        let asked = Submission::new(command.clone(), caller.actor.clone(), ids);
        if let Ok(preview) = state.engine().preview(asked).await
            && seen != digest(&words, &effects(&preview, &|line| name(&names, line), &owners))
        {
            return shown(state, &detail, act, form, Told::Unseen).await;
        }
    }
    let mut said = words.said;
    let mut command = command;
    if let Command::AddNote(note) = &mut command {
        let named = mentions::named_in(state, &caller, &note.note.value).await?;
        said = named.said(&said);
        note.mentions = named.ids;
    }
    match form.context.submit(state, command, ids).await {
        Ok(receipt) => {
            if receipt.awaits_gateway {
                state.engine().settled(detail.head.id, state.options().settle).await;
            }
            Ok(frame::done(&back(&detail, &form), &said))
        }
        Err(problem) if problem.code == "order.stale_version" => {
            let now = self::detail(state, &caller, id).await?;
            shown(state, &now, act, form, Told::Stale).await
        }
        Err(problem) if problem.status.is_client_error() => {
            shown(state, &detail, act, form, Told::Refused(problem)).await
        }
        Err(problem) => Err(problem),
    }
}

/// What an act would change that needs nothing to be typed; nothing where the rules forbid it.
///
/// # Errors
/// Where the store does not answer.
pub async fn foreseen(
    state: &WebState,
    caller: &Caller,
    detail: &OrderDetail,
    act: Act,
) -> Result<Vec<Effect>, Problem> {
    let ids = state.engine().ids();
    let Some(command) = ask::typical(act, detail, caller, ids) else { return Ok(Vec::new()) };
    let names = names(state, detail).await?;
    let owners = owners(state, caller, act, detail).await?;
    match state.engine().preview(Submission::new(command, caller.actor.clone(), ids)).await {
        Ok(preview) => Ok(effects(&preview, &|line| name(&names, line), &owners)),
        Err(SubmitError::Refused { .. }) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// What an act would do and change, in a few characters.
fn digest(words: &Words, effects: &[Effect]) -> String {
    let lines = effects.iter().map(|one| format!("{}\0{}\0{}\0", one.thing, one.now, one.after));
    let text: String = std::iter::once(words.does.clone()).chain(lines).collect();
    format!("{:032x}", u128::from_be_bytes(crate::ask::body_hash("", "", text.as_bytes())))
}

/// What was said since the dialog was rendered.
enum Told {
    Nothing,
    /// Somebody else was faster.
    Stale,
    /// What it would do was shown for something else.
    Unseen,
    Refused(Problem),
}

/// What the rules have against a field goes beside it.
fn beside(
    form: &mut Form,
    command: Option<&Command>,
    detail: &OrderDetail,
    problems: &[waybill_domain::refusal::Problem],
) {
    for one in problems {
        match line_at(&one.path, command).and_then(|line| detail.lines.iter().find(|(one, _)| one.number == line)) {
            Some((line, _)) => {
                let message = obstacle::about_units(&one.code, line, &one.message);
                form.problem(&ask::units_field(line.number), &one.code, message);
            }
            None => {
                let field = one.path.strip_suffix("_minor").unwrap_or(&one.path);
                form.problem(field, &one.code, one.message.clone());
            }
        }
    }
}

/// The order's line that a path in a command is about: of `lines[1].quantity`, the second one named.
fn line_at(path: &str, command: Option<&Command>) -> Option<u32> {
    let place = path.strip_prefix("lines[")?.split_once(']')?.0.parse::<usize>().ok()?;
    match command? {
        Command::ReceiveReturn(asked) => asked.lines.get(place).map(|one| one.line),
        Command::ShipFromSupplier(asked) => asked.lines.get(place).map(|(line, _)| *line),
        _ => None,
    }
}

/// Who a hold can be given to, where the act is about that.
async fn owners(state: &WebState, caller: &Caller, act: Act, detail: &OrderDetail) -> Result<Owners, Problem> {
    match act {
        Act::Hold | Act::HoldLine(_) | Act::HandOver(_) => {
            let now: Vec<&str> = detail.holds.iter().filter_map(|(hold, _)| hold.owner.as_deref()).collect();
            Owners::of(state, caller, &now).await
        }
        _ => Ok(Owners::default()),
    }
}

async fn names(state: &WebState, detail: &OrderDetail) -> Result<BTreeMap<ItemId, String>, Problem> {
    let items: Vec<ItemId> = detail.lines.iter().map(|(line, _)| line.item_id).collect();
    Ok(catalog::item_names(state.store(), &items).await?)
}

fn name(names: &BTreeMap<ItemId, String>, line: &OrderLine) -> String {
    names.get(&line.item_id).cloned().unwrap_or_else(|| line.sku.clone())
}

async fn shown(
    state: &WebState,
    detail: &OrderDetail,
    act: Act,
    mut form: Form,
    told: Told,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let ids = state.engine().ids();
    let was_sound = form.is_sound();
    let command = if was_sound { ask::command(act, detail, &mut form, ids) } else { None };
    let all = names(state, detail).await?;
    let names = |line: &OrderLine| name(&all, line);
    let owners = owners(state, &caller, act, detail).await?;
    let has_effects = act != Act::Note;
    let mut awaits_gateway = false;
    let outlook = match &command {
        Some(command) if has_effects => {
            let submission = Submission::new(command.clone(), caller.actor.clone(), ids);
            match state.engine().preview(submission).await {
                Ok(preview) => {
                    awaits_gateway = preview.awaits_gateway;
                    Outlook::Effects(effects(&preview, &names, &owners))
                }
                Err(SubmitError::Refused { refusal, .. }) => {
                    beside(&mut form, Some(command), detail, &refusal.problems);
                    let sentence = obstacle::sentence(&refusal.code, &refusal.facts, &refusal.message, detail);
                    Outlook::Refused(sentence, obstacle::next_step(&refusal.code, &refusal.next_step))
                }
                Err(error) => return Err(error.into()),
            }
        }
        _ => Outlook::Open,
    };
    // The rules were asked again and mostly say the same; what they do not say is told here.
    if let Told::Refused(problem) = &told
        && !matches!(outlook, Outlook::Refused(..))
    {
        match problem.problems.is_empty() {
            true => {
                let sentence = obstacle::sentence(&problem.code, &problem.facts, &problem.detail, detail);
                form.problem("", &problem.code, sentence);
            }
            false => beside(&mut form, command.as_ref(), detail, &problem.problems),
        }
    }
    let locations = match act {
        Act::Return if caller.viewer().may(Permission::CatalogRead) => {
            let page = PageRequest { limit: Some(PageRequest::LIMIT_MAX), after: None };
            let open = CatalogFilter { archived: Some(false), ..CatalogFilter::default() };
            catalog::locations(state.store(), &caller.viewer(), &open, &page).await?.rows
        }
        _ => Vec::new(),
    };
    let words = wording(act, detail, command.as_ref(), &names, &owners);
    let problems = form.problems().iter().map(|one| (one.path.clone(), one.message.clone())).collect::<Vec<_>>();
    let (settings, _) = settings::settings(state.store()).await?;
    let mut fields = ask::fields(act, detail, &form, &names, &locations, &settings.reasons);
    for field in fields.iter_mut().filter(|field| field.name == "owner") {
        field.input = Input::Choice(owners.choices(field.value()));
    }
    let has_place = |path: &str| fields.iter().any(|field| field.name == path);
    let listed = problems.len() > 1 || problems.iter().any(|(path, _)| !has_place(path));
    let status = match &told {
        Told::Refused(problem) => problem.status,
        Told::Nothing | Told::Stale | Told::Unseen if problems.is_empty() => StatusCode::OK,
        Told::Nothing | Told::Stale | Told::Unseen => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let seen = match &outlook {
        Outlook::Effects(effects) => digest(&words, effects),
        Outlook::Open if !has_effects => String::new(),
        Outlook::Open | Outlook::Refused(..) => "nothing".to_owned(),
    };
    let template = Dialog {
        frame: Frame::new(state, &caller, ORDERS, words.title.clone()).await?,
        number: detail.head.number.to_string(),
        path: act.path(detail.head.number),
        back: back(detail, &form),
        problems: if listed { problems } else { Vec::new() }
            .into_iter()
            .map(|(path, message)| (has_place(&path).then_some(path), message))
            .collect(),
        fields,
        words,
        plain: act.words(),
        outlook,
        awaits_gateway,
        is_stale: matches!(told, Told::Stale),
        is_unseen: matches!(told, Told::Unseen),
        seen,
        is_danger: act.is_danger(),
        has_effects,
        key: form::key(state),
        version: detail.head.chain.sequence,
    };
    Ok((status, page(&template)).into_response())
}

impl Dialog {
    fn field(&self, field: &Field) -> Html {
        input(field)
    }

    fn changes_nothing(&self, effects: &[Effect]) -> bool {
        effects.iter().all(Effect::is_same)
    }

    /// The one thing focus begins on is harmless, unless something is to be typed first.
    fn begins_in_a_field(&self) -> bool {
        self.fields.iter().any(|field| matches!(field.input, Input::Note))
    }
}

/// A field's control.
fn input(field: &Field) -> Html {
    let Field { name, values, .. } = field;
    let wrong = if field.problems.is_empty() {
        String::new()
    } else {
        format!(" aria-invalid=\"true\" aria-describedby=\"e-{name}\"")
    };
    let value = Html::text(field.value());
    let text = match &field.input {
        Input::Text => format!(
            "<input class=\"input\" id=\"d-{name}\" name=\"{name}\" value=\"{value}\" autocomplete=\"off\" maxlength=\"200\"{wrong}>"
        ),
        Input::Number => format!(
            "<input class=\"input\" id=\"d-{name}\" name=\"{name}\" value=\"{value}\" inputmode=\"decimal\" autocomplete=\"off\" maxlength=\"20\"{wrong}>"
        ),
        Input::Note => format!(
            "<span class=\"combo\"><textarea class=\"input\" id=\"d-{name}\" name=\"{name}\" rows=\"3\" maxlength=\"2000\" data-names{wrong}>{value}</textarea></span>"
        ),
        Input::Area => format!(
            "<textarea class=\"input\" id=\"d-{name}\" name=\"{name}\" rows=\"3\" maxlength=\"2000\"{wrong}>{value}</textarea>"
        ),
        Input::Choice(options) => {
            let options = options.iter().map(|(code, words)| {
                let selected = if field.has(code) { " selected" } else { "" };
                format!("<option value=\"{}\"{selected}>{}</option>", Html::text(code), Html::text(words))
            });
            format!(
                "<select class=\"input\" id=\"d-{name}\" name=\"{name}\"{wrong}>{}</select>",
                options.collect::<String>()
            )
        }
        Input::Boxes(options) => {
            let boxes = options.iter().map(|(code, words)| {
                let checked = if field.has(code) { " checked" } else { "" };
                format!(
                    "<label class=\"tick\"><input class=\"check\" type=\"checkbox\" name=\"{name}\" value=\"{}\"{checked}>{}</label>",
                    Html::text(code),
                    Html::text(words)
                )
            });
            format!("<div class=\"boxesrow\" id=\"d-{name}\">{}</div>", boxes.collect::<String>())
        }
        Input::Tick => {
            let checked = if values.is_empty() { "" } else { " checked" };
            format!(
                "<label class=\"tick\"><input class=\"check\" type=\"checkbox\" id=\"d-{name}\" name=\"{name}\" value=\"yes\"{checked}>{}</label>",
                Html::text(&field.label)
            )
        }
    };
    Html::of(text)
}
