//! Channels and locations to which somebody or something is kept, as a request names them: by code or by id.

use crate::json::Short;
use crate::problem::Problem;
use crate::state::WebState;
use std::str::FromStr;
use waybill_domain::actor::Scope;
use waybill_domain::ids::{ChannelId, LocationId};
use waybill_domain::refusal;
use waybill_store::read::catalog;

/// What is meant by two lists; everything where one was not sent. An empty list is nothing at all.
pub async fn read(
    state: &WebState,
    channels: Option<Vec<Short>>,
    locations: Option<Vec<Short>>,
) -> Result<(Scope<ChannelId>, Scope<LocationId>), Problem> {
    let mut problems = Vec::new();
    let channels = match channels {
        None => Scope::ALL,
        Some(named) => {
            let known = catalog::channel_codes(state.store()).await?;
            let known: Vec<_> = known.into_iter().map(|channel| (channel.code, channel.id)).collect();
            Scope::Only(found("channels", &named, &known, &mut problems))
        }
    };
    let locations = match locations {
        None => Scope::ALL,
        Some(named) => {
            let known = catalog::location_codes(state.store()).await?;
            let known: Vec<_> = known.into_iter().map(|location| (location.code, location.id)).collect();
            Scope::Only(found("locations", &named, &known, &mut problems))
        }
    };
    if problems.is_empty() { Ok((channels, locations)) } else { Err(Problem::invalid(problems)) }
}

fn found<T: FromStr + Copy + PartialEq>(
    list: &str,
    named: &[Short],
    known: &[(String, T)],
    problems: &mut Vec<refusal::Problem>,
) -> Vec<T> {
    let mut ids = Vec::new();
    for (n, Short { 0: text }) in named.iter().enumerate() {
        let by_id = text.parse::<T>().ok();
        match known.iter().find(|(code, id)| code == text || Some(*id) == by_id) {
            Some((_, id)) => ids.push(*id),
            None => {
                let message = "is neither a code nor an id that is known here";
                problems.push(refusal::Problem::new(format!("{list}[{n}]"), "unknown_value", message));
            }
        }
    }
    ids
}

/// Ids as they are shown; None for everything.
pub fn shown<T: ToString + PartialEq>(scope: &Scope<T>) -> Option<Vec<String>> {
    scope.only().map(|some| some.iter().map(ToString::to_string).collect())
}
