//! A form that is a page of its own, and a dialog where a script opens it: fields with their problems beside them, and
//! what would change before anything does.

use super::form::Form;
use super::frame::{Frame, done};
use super::html::Html;
use super::lines::Lines;
use super::look;
use super::page;
use crate::problem::Problem;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use waybill_domain::refusal;
use waybill_engine::Receipt;

/// How a field is filled in.
#[derive(Debug)]
pub enum Kind {
    /// `text`, `email`, `tel`, `date`, `color`, `url`.
    Input(&'static str),
    /// Digits, on a phone's number pad.
    Number,
    Area,
    /// A note, in which `@` names a colleague.
    Note,
    /// Ticked or not; its value is "yes" where it is.
    Box,
    /// Values with their words; without a value for "none".
    Choice(Vec<(String, String)>),
    /// Any number of values, ticked.
    Choices(Vec<(String, String, bool)>),
    /// Free text with suggestions.
    Suggested(Vec<String>),
    /// A file, with what a browser offers.
    File(&'static str),
    /// Shown, and not to be changed.
    Fixed,
}

#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub label: String,
    pub kind: Kind,
    pub value: String,
    pub hint: Option<String>,
    pub is_optional: bool,
    pub wrong: Option<String>,
    /// Stands beside the next one.
    pub is_paired: bool,
}

impl Field {
    pub fn new(name: impl Into<String>, label: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            kind,
            value: String::new(),
            hint: None,
            is_optional: false,
            wrong: None,
            is_paired: false,
        }
    }

    pub fn text(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(name, label, Kind::Input("text"))
    }

    pub fn number(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(name, label, Kind::Number)
    }

    pub fn value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    pub fn paired(self) -> Self {
        Self { is_paired: true, ..self }
    }

    /// What a reader that does not show colors is told of a problem.
    pub fn marks(&self) -> Html {
        let name = if self.wrong.is_some() { self.name.as_str() } else { return Html::default() };
        Html::of(format!(" aria-invalid=\"true\" aria-describedby=\"e-{}\"", Html::text(name)))
    }
}

/// One row of what would change.
#[derive(Debug)]
pub struct Effect {
    pub what: String,
    pub now: String,
    pub after: String,
}

#[derive(Template)]
#[template(path = "sheet.html")]
pub struct Sheet {
    pub frame: Frame,
    pub title: String,
    /// Name and address of what stands above it.
    pub crumb: (String, String),
    pub lead: Option<String>,
    pub caption: String,
    pub effects: Vec<Effect>,
    pub fields: Vec<Field>,
    /// Items and units, where it is about many.
    pub lines: Option<Lines>,
    pub hidden: Vec<(&'static str, String)>,
    /// Name of the field where it has one, what is wrong.
    pub problems: Vec<(Option<String>, String)>,
    pub action: String,
    /// Mints with every rendering: what was refused under one key is another request when it is mended.
    pub key: String,
    pub submit: String,
    /// What the harmless button says.
    pub keep: &'static str,
    /// Another act on the same thing: its address and name.
    pub other: Option<(String, String)>,
    pub is_danger: bool,
    pub is_upload: bool,
    status: StatusCode,
}

impl Sheet {
    pub fn new(frame: Frame, key: String, crumb: (&str, &str), action: impl Into<String>) -> Self {
        Self {
            title: frame.title.clone(),
            frame,
            crumb: (crumb.0.to_owned(), crumb.1.to_owned()),
            lead: None,
            caption: String::new(),
            effects: Vec::new(),
            fields: Vec::new(),
            lines: None,
            hidden: Vec::new(),
            problems: Vec::new(),
            action: action.into(),
            key,
            submit: "Save".to_owned(),
            keep: "Cancel",
            other: None,
            is_danger: false,
            is_upload: false,
            status: StatusCode::OK,
        }
    }

    /// What was typed stays where it was typed.
    pub fn typed(&mut self, form: &Form) {
        for field in &mut self.fields {
            match &mut field.kind {
                Kind::Fixed | Kind::File(_) => {}
                Kind::Box => field.value = if form.ticked(&field.name) { "yes".to_owned() } else { String::new() },
                Kind::Choices(choices) => {
                    for (value, _, is_ticked) in choices {
                        *is_ticked = form.all(&field.name).any(|one| one == value);
                    }
                }
                Kind::Input(_) | Kind::Number | Kind::Area | Kind::Note | Kind::Choice(_) | Kind::Suggested(_) => {
                    field.value = form.typed(&field.name).unwrap_or_default().to_owned();
                }
            }
        }
        self.wrong(form.problems());
    }

    /// Puts each problem beside its field: the one whose name its path ends with.
    pub fn wrong(&mut self, problems: &[refusal::Problem]) {
        for problem in problems {
            let path = problem.path.as_str();
            let last = path.rsplit('.').next().unwrap_or(path);
            let found = self.fields.iter_mut().find(|field| field.name == path || field.name == last);
            let said = sentence(&problem.message);
            let beside = found.map(|field| {
                field.wrong.get_or_insert_with(|| said.clone());
                (field.name.clone(), field.label.clone())
            });
            match self.lines.as_mut().and_then(|lines| lines.tell(path, &said)).or(beside) {
                Some((name, label)) => self.problems.push((Some(name), format!("{label}: {said}"))),
                None => self.problems.push((None, if path.is_empty() { said } else { format!("{path}: {said}") })),
            }
            self.status = StatusCode::UNPROCESSABLE_ENTITY;
        }
    }

    /// What stands in the fields, as one word: who sends it back has seen what exactly that would change.
    pub fn seen(&self) -> String {
        let fields = self.fields.iter().map(|field| field.value.as_str());
        let lines = self.lines.iter().flat_map(Lines::values);
        let values = fields.chain(lines).collect::<Vec<_>>().join("\u{1f}");
        waybill_domain::chain::hex(&crate::ask::body_hash("seen", &self.action, values.as_bytes()))
    }

    /// Why the engine did not do it.
    ///
    /// # Errors
    /// What is no refusal: then there is no form to mend.
    pub fn refused(&mut self, problem: Problem) -> Result<(), Problem> {
        if !problem.status.is_client_error() || matches!(problem.status.as_u16(), 401 | 403 | 404 | 429) {
            return Err(problem);
        }
        self.status = problem.status;
        if problem.problems.is_empty() {
            self.problems.push((None, format!("{} {}", problem.detail, problem.next_step)));
        } else {
            self.wrong(&problem.problems);
        }
        self.status = problem.status;
        Ok(())
    }

    /// The form again, with why the engine did not do it.
    ///
    /// # Errors
    /// As [`Sheet::refused`].
    pub fn refusal(mut self, problem: Problem) -> Result<Response, Problem> {
        self.refused(problem)?;
        Ok(self.answer())
    }

    /// What follows what was submitted: `place`, where it is said that it was done; else the form with what was wrong.
    ///
    /// # Errors
    /// As [`Sheet::refused`].
    pub fn concluded(self, result: Result<Receipt, Problem>, place: &str, said: &str) -> Result<Response, Problem> {
        match result {
            Ok(_) => Ok(done(place, said)),
            Err(problem) => self.refusal(problem),
        }
    }

    /// Those that stand in the list of all, and how many do not. A pasted list can be wrong in every line; each says so
    /// itself.
    pub fn listed(&self) -> (&[(Option<String>, String)], Option<String>) {
        listed(&self.problems)
    }

    pub fn answer(self) -> Response {
        (self.status, page(&self)).into_response()
    }
}

/// Problems listed above a form at most.
const LISTED_MAX: usize = 10;

/// The first of so many problems that each is said beside its field, and what is said of the others.
pub fn listed<T>(problems: &[T]) -> (&[T], Option<String>) {
    // "1 more" would take the room of the one that it leaves out.
    let shown = if problems.len() > LISTED_MAX + 1 { LISTED_MAX } else { problems.len() };
    let more = (problems.len() - shown) as i64;
    (&problems[..shown], (more > 0).then(|| format!("{} more, each said beside its field.", look::number(more))))
}

/// A message of a rule ("must be 1 to 64 bytes") as a sentence.
pub fn sentence(message: &str) -> String {
    let mut text = match message.strip_prefix("must ").or_else(|| message.strip_prefix("is ")) {
        Some(rest) if message.starts_with("must") => format!("This must {rest}"),
        Some(rest) => format!("This is {rest}"),
        None => {
            let mut letters = message.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    };
    if !text.ends_with(['.', '?']) {
        text.push('.');
    }
    text
}
