//! What waits to be picked and to be packed, most urgent first, at the location where one stands.

use super::*;
use crate::console::orders::percent;
use crate::console::page as rendered;
use crate::params::Params;
use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Redirect;
use waybill_domain::order::OrderNumber;
use waybill_store::read::PageRequest;
use waybill_store::read::floor::{self, Place};
use waybill_store::read::queue::{Stage, WorkFilter, queue};

/// The cookie that keeps the location's id where one stands; it says nothing about people.
const PLACE_COOKIE: &str = "place";
/// In the address: every location of the viewer's.
const ANYWHERE: &str = "all";
/// In the address: only what is the viewer's own.
const MINE: &str = "mine";

/// A stage that Today counts at all of the viewer's locations, whichever of them one stands at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Released,
    Picking,
    Packed,
}

impl Counted {
    /// What the address asks for, of what the page can show.
    pub(super) fn read(params: &mut Params, possible: &[Self]) -> Option<Self> {
        let asked = params.text("stage")?;
        possible.iter().copied().find(|one| one.code() == asked)
    }

    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Picking => "picking",
            Self::Packed => "packed",
        }
    }

    /// As Today names it.
    const fn words(self) -> &'static str {
        match self {
            Self::Released => "Released, not begun",
            Self::Picking => "Begun, nothing packed",
            Self::Packed => "Packed",
        }
    }
}

/// Where one stands, and where else one could.
#[derive(Debug)]
pub(super) struct Standing {
    pub places: Vec<Place>,
    /// The location's code; None for all of them.
    pub here: Option<String>,
    /// What the address chose, as it is kept.
    chosen: Option<String>,
}

impl Standing {
    /// By the address, else by the cookie, else the only one there is.
    pub(super) async fn find(
        state: &WebState,
        caller: &Caller,
        headers: &HeaderMap,
        chosen: Option<String>,
    ) -> Result<Self, Problem> {
        let places = floor::places(state.store(), &caller.viewer()).await?;
        let chosen = match chosen {
            Some(code) if code == ANYWHERE => Some(code),
            Some(code) => places.iter().find(|place| place.code == code).map(|place| place.id.to_string()),
            None => None,
        };
        let kept = chosen.as_deref().or_else(|| look::cookie(headers, PLACE_COOKIE));
        let here = match places.as_slice() {
            [only] => Some(only),
            _ => places.iter().find(|place| kept == Some(place.id.to_string().as_str())),
        };
        let here = here.map(|place| place.code.clone());
        Ok(Self { places, here, chosen })
    }

    /// Every location of the viewer's, for this page only.
    pub(super) fn everywhere(mut self) -> Self {
        (self.here, self.chosen) = (None, None);
        self
    }

    /// Keeps what was chosen for a year.
    pub(super) fn kept(&self, mut response: Response) -> Response {
        if let Some(chosen) = &self.chosen {
            let cookie = format!("{PLACE_COOKIE}={chosen}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
            if let Ok(cookie) = HeaderValue::from_str(&cookie) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
        }
        response
    }
}

#[derive(Debug)]
struct Row {
    id: String,
    number: String,
    href: String,
    lines: String,
    units: String,
    begun: String,
    location: String,
    wanted: Html,
    waits: String,
    holds: Option<Html>,
    whose: Whose,
    hand_over: String,
    /// Names one claim of this row.
    key: String,
}

#[derive(Template)]
#[template(path = "floor/queue.html")]
struct QueuePage {
    frame: Frame,
    path: &'static str,
    standing: Standing,
    /// Only what is the viewer's own.
    is_mine: bool,
    /// Only what Today counts at a stage: its name.
    counted: Option<&'static str>,
    /// This page, to come back to.
    here: String,
    /// Who the viewer is as an assignee.
    me: String,
    may_work: bool,
    rows: Vec<Row>,
    next: Option<String>,
    /// What was scanned or typed and is not here.
    missed: Option<String>,
}

/// `GET /pick`.
pub async fn to_pick(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    list(&state, &caller, &look, &headers, params, Stage::Pick).await
}

/// `GET /pack`.
pub async fn to_pack(
    State(state): State<WebState>,
    caller: Caller,
    look: Look,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    list(&state, &caller, &look, &headers, params, Stage::Pack).await
}

async fn list(
    state: &WebState,
    caller: &Caller,
    look: &Look,
    headers: &HeaderMap,
    params: Params,
    stage: Stage,
) -> Result<Response, Problem> {
    let mut params = params.of_form();
    let (chosen, scanned, after) = (params.text("location"), params.text("order"), params.text("after"));
    let is_mine = params.text("whose").as_deref() == Some(MINE);
    let possible: &[Counted] = if stage == Stage::Pick { &[Counted::Released, Counted::Picking] } else { &[] };
    let counted = Counted::read(&mut params, possible);
    params.close()?;
    let place = if stage == Stage::Pick { PICK } else { PACK };
    let standing = Standing::find(state, caller, headers, chosen).await?;
    let standing = if counted.is_some() { standing.everywhere() } else { standing };
    let viewer = caller.viewer();
    let me = owners::word_of(caller);
    let assignee = is_mine.then(|| me.clone());
    let filter = WorkFilter {
        location: standing.here.clone(),
        // What is begun may have nothing left to pick, and is counted all the same.
        stage: counted.is_none().then_some(stage),
        begun: counted.map(|counted| counted == Counted::Picking),
        unpacked: counted == Some(Counted::Picking),
        assignee,
        ..WorkFilter::default()
    };
    if let Some(number) = scanned.as_ref().and_then(|text| text.trim().to_uppercase().parse::<OrderNumber>().ok()) {
        let of_order = WorkFilter { order: Some(number), assignee: None, ..filter.clone() };
        let found = queue(state.store(), &viewer, &of_order, &PageRequest::default()).await?;
        if let Some(work) = found.rows.first() {
            return Ok(Redirect::to(&format!("{}/{}", place.path, work.fulfillment_order.id())).into_response());
        }
    }
    let found = queue(state.store(), &viewer, &filter, &PageRequest { limit: Some(50), after }).await?;
    let title = if stage == Stage::Pick { "Pick" } else { "Pack" };
    let frame = Frame::new(state, caller, place, title).await?;
    let pairs = [is_mine.then(|| format!("whose={MINE}")), counted.map(|counted| format!("stage={}", counted.code()))];
    let query = pairs.into_iter().flatten().collect::<Vec<_>>().join("&");
    let here = if query.is_empty() { place.path.to_owned() } else { format!("{}?{query}", place.path) };
    let works: Vec<&Work> = found.rows.iter().collect();
    let whose = Whose::of(state, caller, &works).await?.into_iter();
    let rows = works.iter().zip(whose);
    let rows = rows.map(|(work, whose)| row(work, at(work, stage), (whose, &here, form::key(state)), look)).collect();
    let next = found.next.map(|next| {
        let and = if query.is_empty() { "?" } else { "&" };
        format!("{here}{and}after={}", percent(&next))
    });
    let page = QueuePage {
        frame,
        path: place.path,
        standing,
        is_mine,
        counted: counted.map(Counted::words),
        here,
        me,
        may_work: viewer.may(Permission::FulfillmentWrite),
        rows,
        next,
        missed: scanned,
    };
    let response = rendered(&page);
    Ok(page.standing.kept(response))
}

/// Where it goes on: what is all picked is packed, also where it stands among what is being picked.
fn at(work: &Work, stage: Stage) -> Stage {
    let (to_pick, picked) = work
        .lines
        .iter()
        .fold((false, false), |(to_pick, picked), line| (to_pick || line.allocated.0 > 0, picked || line.picked.0 > 0));
    if stage == Stage::Pick && !to_pick && picked { Stage::Pack } else { stage }
}

fn row(work: &Work, stage: Stage, (whose, here, key): (Whose, &str, String), look: &Look) -> Row {
    let path = if stage == Stage::Pick { PICK.path } else { PACK.path };
    let sum =
        |of: fn(&WorkLine) -> Quantity| -> i64 { work.lines.iter().map(|line| units(of(line), line.precision)).sum() };
    let of = |line: &WorkLine| if stage == Stage::Pick { line.allocated } else { line.picked };
    let waiting = work.lines.iter().filter(|line| of(line).0 > 0);
    let lines = i64::try_from(waiting.clone().count()).unwrap_or(i64::MAX);
    let whole = sum(|line| line.allocated + line.picked + line.packed + line.shipped);
    let (to_pick, picked) = (sum(|line| line.allocated), sum(|line| line.picked));
    let begun = match stage {
        Stage::Pick if to_pick == whole => String::new(),
        Stage::Pick => format!("{} of {} picked", look::number(whole - to_pick), look::number(whole)),
        Stage::Pack | Stage::Ship if to_pick > 0 => format!("{} still to pick", look::number(to_pick)),
        Stage::Pack | Stage::Ship => "all picked".to_owned(),
    };
    let step = if stage == Stage::Pick { Step::Pick } else { Step::Pack };
    Row {
        id: work.fulfillment_order.id().to_string(),
        number: work.order_number.to_string(),
        href: format!("{path}/{}", work.fulfillment_order.id()),
        lines: look::plural(lines, "line"),
        units: look::plural(if stage == Stage::Pick { to_pick } else { picked }, "unit"),
        begun,
        location: work.location.clone(),
        wanted: deadline(work.requested_by, look),
        waits: look.age(work.fulfillment_order.released_at),
        holds: holds(work, step),
        whose,
        hand_over: format!("/pick/{}/hand-over?next={}", work.fulfillment_order.id(), percent(here)),
        key,
    }
}
