//! What a command would do, from the very decision that would do it. Nothing is written and no lock is taken.

use super::decide::{Made, decide};
use super::entry::Entry;
use super::kept::{Kept, Numbers};
use crate::core::Shared;
use crate::queue::Waiting;
use crate::receipt::Verdict;
use crate::submission::{Submission, SubmitError};
use std::collections::BTreeMap;
use tokio::sync::oneshot;
use waybill_domain::command::Stop;
use waybill_domain::footprint::Footprint;
use waybill_domain::ids::LocationId;
use waybill_domain::order::Order;
use waybill_domain::refusal::Refusal;
use waybill_domain::rows::Mark;
use waybill_domain::stock::level::StockLevel;
use waybill_domain::world::World;
use waybill_store::StoreError;
use waybill_store::beside::Beside;
use waybill_store::working_set::load;

/// A command may ask for more records this often; see the batches' own bound, which counts fewer kinds of asking.
const ROUNDS_MAX: u32 = 10;

/// What would be true after a command.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The order as it is; None for one that would be placed, and where the command is about none.
    pub before: Option<Order>,
    /// The order as it would be. One that would be placed has the number 0: the next one is taken only when it is placed.
    pub after: Option<Order>,
    /// Stock levels that would change, in key order.
    pub levels: Vec<LevelChange>,
    /// Codes of the locations that the order and the levels name.
    pub locations: BTreeMap<LocationId, String>,
    /// A gateway would be asked; what it answers is not foreseen.
    pub awaits_gateway: bool,
}

/// The balances of one stock key, now and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LevelChange {
    pub before: StockLevel,
    pub after: StockLevel,
}

/// Says of each submission what the rules refuse it for now; None where they would carry it out. They are judged apart from
/// each other, on one state.
pub(crate) async fn judge(
    shared: &Shared,
    submissions: Vec<Submission>,
) -> Result<Vec<Option<Box<Refusal>>>, SubmitError> {
    let world = world(shared).await?;
    let entries: Vec<Entry> = submissions.into_iter().map(|submission| of(shared, submission)).collect();
    let mut needs = Footprint::default();
    let footprints = |world: &World, needs: &mut Footprint| {
        for entry in &entries {
            entry.command().footprint(&world.catalog, needs);
            entry.command().moved_items(world, needs);
        }
        needs.normalize();
    };
    footprints(&world, &mut needs);
    for _ in 0..ROUNDS_MAX {
        needs.normalize();
        let loaded = loaded(shared, &world, &needs).await?;
        let mut more = Footprint::default();
        footprints(&loaded, &mut more);
        let mut missing = unasked(loaded.missing(&more), &needs);
        if missing.is_empty() {
            let mut verdicts = Vec::with_capacity(entries.len());
            for entry in &entries {
                let command = entry.command();
                let permitted = command.permit(&loaded, &entry.attempt.actor);
                verdicts.push(match permitted.and_then(|()| command.decide(&loaded, &entry.attempt)) {
                    Ok(_) => None,
                    Err(Stop::Refused(refusal)) => Some(refusal),
                    Err(Stop::Needs(asked)) => {
                        missing.merge(*asked);
                        None
                    }
                });
            }
            if missing.is_empty() {
                return Ok(verdicts);
            }
        }
        needs.merge(missing);
    }
    tracing::error!("what is possible keeps asking for more records");
    Err(SubmitError::Fault)
}

/// A command as the rules take it; nobody waits for its answer.
fn of(shared: &Shared, submission: Submission) -> Entry {
    let (reply, _) = oneshot::channel();
    Entry::new(shared, Waiting::new(submission, reply))
}

/// A World with the catalog and the settings as they are.
async fn world(shared: &Shared) -> Result<World, SubmitError> {
    let mut kept = Kept::default();
    kept.reload(&*shared.store).await.map_err(failed)?;
    Ok(kept.world())
}

/// The World with all that is needed, seen in one state: an order and the stock it holds that were seen at two moments
/// could contradict each other, so what is known to be needed is loaded anew in each round.
async fn loaded(shared: &Shared, world: &World, needs: &Footprint) -> Result<World, SubmitError> {
    let mut loaded = world.clone();
    load(&mut Beside(&*shared.store), &mut loaded, needs).await.map_err(failed)?;
    Ok(loaded)
}

fn failed(error: StoreError) -> SubmitError {
    match error {
        StoreError::Unavailable(_) | StoreError::Locked(_) => SubmitError::Unavailable(error.to_string()),
        StoreError::NewerSchema { .. } | StoreError::OlderSchema { .. } => SubmitError::NotWriting(error.to_string()),
        StoreError::Full
        | StoreError::CommitUnknown(_)
        | StoreError::Serialization(_)
        | StoreError::Constraint { .. }
        | StoreError::Damaged(_)
        | StoreError::Configuration(_)
        | StoreError::Other(_) => {
            tracing::error!(%error, "a preview could not be made");
            SubmitError::Fault
        }
    }
}

/// Decides the submission on what is true now, and forgets it. Keys and receipts are not looked at: what was done under
/// the same key before does not matter here.
pub(crate) async fn preview(shared: &Shared, submission: Submission) -> Result<Preview, SubmitError> {
    let world = world(shared).await?;
    let mut entry = of(shared, submission);
    let mut needs = Footprint::default();
    entry.command().footprint(&world.catalog, &mut needs);
    for _ in 0..ROUNDS_MAX {
        needs.normalize();
        let mut loaded = loaded(shared, &world, &needs).await?;
        let mut more = Footprint::default();
        entry.command().footprint(&loaded.catalog, &mut more);
        entry.command().moved_items(&loaded, &mut more);
        more.normalize();
        let missing = unasked(loaded.missing(&more), &needs);
        if !missing.is_empty() {
            needs.merge(missing);
            continue;
        }
        let before = loaded.clone();
        let mut made = Made::default();
        match decide(&mut loaded, &mut entry, &mut Numbers::default(), &mut made) {
            Ok(Verdict::Done(receipt)) => {
                let subject = receipt.subject.and_then(|subject| subject.order_id());
                let order = entry.command().order().or(subject);
                let levels = changed_levels(&before, &loaded);
                let after = order.and_then(|id| loaded.take_order(id));
                let locations = locations(&loaded, after.as_ref(), &levels);
                let before = order.and_then(|id| before.order(id).cloned());
                let awaits_gateway = receipt.awaits_gateway;
                return Ok(Preview { before, after, levels, locations, awaits_gateway });
            }
            Ok(Verdict::Refused(refusal)) => return Err(SubmitError::Refused { refusal, replayed: false }),
            Err(asked) => needs.merge(*asked),
        }
    }
    tracing::error!(operation = entry.command().operation(), "a preview keeps asking for more records");
    Err(SubmitError::Fault)
}

/// What was asked for and not found stays missing; it is not asked for again.
fn unasked(mut missing: Footprint, asked: &Footprint) -> Footprint {
    missing.skus.retain(|sku| !asked.skus.contains(sku));
    missing.items.retain(|id| !asked.items.contains(id));
    missing.customers.retain(|id| !asked.customers.contains(id));
    missing.customer_codes.retain(|code| !asked.customer_codes.contains(code));
    missing.external_refs.retain(|reference| !asked.external_refs.contains(reference));
    missing.transfers.retain(|id| !asked.transfers.contains(id));
    missing.reservations.retain(|id| !asked.reservations.contains(id));
    missing.api_keys.retain(|id| !asked.api_keys.contains(id));
    missing.webhook_endpoints.retain(|id| !asked.webhook_endpoints.contains(id));
    missing.catalog = false;
    missing
}

fn changed_levels(before: &World, after: &World) -> Vec<LevelChange> {
    let changed = after.levels().filter(|level| level.mark() != Mark::Clean);
    let change = changed.map(|level| LevelChange {
        before: before.level(level.key).cloned().unwrap_or_else(|| StockLevel::empty(level.key)),
        after: StockLevel::clone(level),
    });
    let mut changes: Vec<LevelChange> = change.collect();
    changes.sort_unstable_by_key(|change| change.after.key);
    changes
}

fn locations(world: &World, order: Option<&Order>, levels: &[LevelChange]) -> BTreeMap<LocationId, String> {
    let allocated = order.into_iter().flat_map(|order| order.allocations.iter()).map(|one| one.location_id);
    let returned = order.into_iter().flat_map(|order| order.returns.iter()).map(|one| one.location_id);
    let named = allocated.chain(returned).chain(levels.iter().map(|level| level.after.key.location_id));
    named.filter_map(|id| Some((id, world.catalog.location(id)?.code.clone()))).collect()
}
