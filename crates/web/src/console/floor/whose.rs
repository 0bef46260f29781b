//! Whose the work is, as the pages say it, and the dialog by which it becomes somebody else's.

use super::*;
use crate::ask::InPath;
use crate::console::form;
use crate::console::owners::{self, Owners};
use crate::console::page as rendered;
use crate::console::people::People;
use crate::params::Params;
use askama::Template;
use axum::extract::State;
use waybill_domain::Code;
use waybill_domain::access::role::Role;
use waybill_domain::fulfillment::hand_over::HandOverFulfillmentOrder;

/// Whose some work is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whose {
    /// The word that is kept; empty for nobody.
    pub word: String,
    /// `you`, a name, a queue in words, or `nobody`.
    pub name: String,
    pub is_mine: bool,
    /// Some colleague has it, so that whoever works on it as well should know.
    pub is_anothers: bool,
}

impl Whose {
    /// Whose each of `works` is, in turn, as `caller` sees it.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn of(state: &WebState, caller: &Caller, works: &[&Work]) -> Result<Vec<Self>, Problem> {
        let named = works.iter().filter_map(|work| work.fulfillment_order.assignee.as_deref());
        let people = People::among(state, caller, named).await?;
        let me = owners::word_of(caller);
        let said = |work: &&Work| Self::said(work.fulfillment_order.assignee.as_deref(), &me, &people);
        Ok(works.iter().map(said).collect())
    }

    /// As [`Whose::of`], of one.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn of_one(state: &WebState, caller: &Caller, work: &Work) -> Result<Self, Problem> {
        let assignee = work.fulfillment_order.assignee.as_deref();
        let people = People::among(state, caller, assignee.into_iter()).await?;
        Ok(Self::said(assignee, &owners::word_of(caller), &people))
    }

    fn said(assignee: Option<&str>, me: &str, people: &People) -> Self {
        let is_mine = assignee == Some(me);
        // A role is a queue from which everybody in it takes.
        let is_queue = assignee.is_none_or(|word| Role::from_code(word).is_some());
        Self {
            word: assignee.unwrap_or_default().to_owned(),
            name: match assignee {
                None => "nobody".to_owned(),
                Some(_) if is_mine => "you".to_owned(),
                Some(word) => people.owner(word),
            },
            is_mine,
            is_anothers: !is_mine && !is_queue,
        }
    }

    pub fn is_nobodys(&self) -> bool {
        self.word.is_empty()
    }

    /// `yours`, `nobody’s`, `with Ada Example`.
    pub fn in_words(&self) -> String {
        match (self.is_mine, self.is_nobodys()) {
            (true, _) => "yours".to_owned(),
            (false, true) => "nobody’s".to_owned(),
            (false, false) => format!("with {}", self.name),
        }
    }
}

#[derive(Template)]
#[template(path = "floor/hand_over.html")]
struct HandOverPage {
    frame: Frame,
    number: String,
    path: String,
    back: String,
    key: String,
    /// Whose it is now: kept, and shown.
    now: Whose,
    choices: Vec<(String, String)>,
    chosen: String,
    /// It became somebody else's since it was looked at.
    is_stale: bool,
    problems: Vec<refusal::Problem>,
}

/// Where to go afterwards: the page from which the dialog was opened.
fn back(work: &Work, asked: Option<&str>) -> String {
    let is_here = |next: &&str| {
        let place = next.split('?').next().unwrap_or_default();
        let known = ["/pick", "/pack", "/board"];
        let of_work = ["/pick/", "/pack/"].iter().any(|start| place.starts_with(start));
        (known.contains(&place) || of_work) && next.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let asked = asked.filter(is_here);
    asked.map_or_else(|| format!("/pick/{}", work.fulfillment_order.id()), str::to_owned)
}

async fn show(
    state: &WebState,
    caller: &Caller,
    work: &Work,
    chosen: Option<String>,
    next: Option<&str>,
    refused: Option<&Problem>,
) -> Result<Response, Problem> {
    let now = work.fulfillment_order.assignee.as_deref();
    let whose = Whose::of_one(state, caller, work).await?;
    let owners = Owners::of(state, caller, now.as_slice()).await?;
    // Whoever has it lets go of it; whoever has it not takes it.
    let usual = if whose.is_mine { String::new() } else { owners::word_of(caller) };
    let chosen = chosen.unwrap_or(usual);
    let is_stale = refused.is_some_and(|problem| problem.code == "fulfillment.assignee_changed");
    let number = work.order_number.to_string();
    let page = HandOverPage {
        frame: Frame::new(state, caller, PICK, format!("Who works on {number}?")).await?,
        path: format!("/pick/{}/hand-over", work.fulfillment_order.id()),
        back: back(work, next),
        key: form::key(state),
        choices: owners.choices(&chosen),
        chosen,
        now: whose,
        number,
        is_stale,
        problems: refused.filter(|_| !is_stale).map(problems).unwrap_or_default(),
    };
    let mut response = rendered(&page);
    if let Some(problem) = refused {
        *response.status_mut() = problem.status;
    }
    Ok(response)
}

/// `GET /pick/{id}/hand-over`.
pub async fn ask_hand_over(
    State(state): State<WebState>,
    caller: Caller,
    InPath(text): InPath<String>,
    mut params: Params,
) -> Result<Response, Problem> {
    let next = params.text("next");
    params.close()?;
    let work = found(&state, &caller, &text).await?;
    show(&state, &caller, &work, None, next.as_deref(), None).await
}

/// `POST /pick/{id}/hand-over`: gives the work to `assignee`, from whoever had it when the form was made.
pub async fn hand_over(
    State(state): State<WebState>,
    InPath(text): InPath<String>,
    mut form: Form,
) -> Result<Response, Problem> {
    let caller = form.context.caller.clone();
    let work = found(&state, &caller, &text).await?;
    let (from, assignee) = (form.word("from"), form.word("assignee"));
    let next = form.typed("next").map(str::to_owned);
    let fulfillment_order_id = work.fulfillment_order.id();
    let command = HandOverFulfillmentOrder { fulfillment_order_id, from, assignee: assignee.clone() };
    let done = if form.is_sound() {
        submit(&state, &form.context, fulfillment_order_id.order_id, command).await
    } else {
        Err(unsound(&form))
    };
    match done {
        Ok(_) => {
            let now = found(&state, &caller, &text).await?;
            let whose = Whose::of_one(&state, &caller, &now).await?;
            let said = format!("{} is {} now", work.order_number, whose.in_words());
            Ok(crate::console::frame::done(&back(&work, next.as_deref()), &said))
        }
        Err(problem) if problem.status.is_client_error() => {
            let now = found(&state, &caller, &text).await?;
            let chosen = Some(assignee.unwrap_or_default());
            show(&state, &caller, &now, chosen, next.as_deref(), Some(&problem)).await
        }
        Err(problem) => Err(problem),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_of_a_colleague_is_told_from_a_queue_and_from_ones_own() {
        let people = People::default();
        let said = |assignee| {
            let whose = Whose::said(assignee, "usr_me", &people);
            (whose.in_words(), whose.is_anothers)
        };
        assert_eq!(said(None), ("nobody’s".to_owned(), false));
        assert_eq!(said(Some("usr_me")), ("yours".to_owned(), false));
        assert_eq!(said(Some("warehouse")), ("with warehouse".to_owned(), false));
        assert_eq!(said(Some("usr_ada")), ("with usr ada".to_owned(), true));
    }
}
