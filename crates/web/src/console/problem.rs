//! What somebody who is signed in is told instead of a page: in the frame, so that they can go on from there.

use super::frame::{Frame, NOWHERE};
use super::page;
use crate::auth::Caller;
use crate::pages::heading;
use crate::problem::Shown;
use crate::state::WebState;
use askama::Template;
use axum::response::Response;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    problem: Shown,
}

/// The page of a problem, with the status of `response`; as it was where not even the frame can be made.
pub async fn framed(state: &WebState, caller: &Caller, mut response: Response) -> Response {
    let Some(problem) = response.extensions().get::<Shown>().cloned() else { return response };
    let Ok(frame) = Frame::new(state, caller, NOWHERE, heading(&problem.title)).await else { return response };
    let mut framed = page(&ProblemPage { frame, problem });
    *framed.status_mut() = response.status();
    // What it asks of whoever sent the request stays, such as when to come again.
    for (name, value) in response.headers_mut().drain() {
        if let Some(name) = name.filter(|name| !framed.headers().contains_key(name)) {
            framed.headers_mut().insert(name, value);
        }
    }
    framed.headers_mut().remove(axum::http::header::CONTENT_LENGTH);
    framed
}
