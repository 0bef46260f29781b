//! Where each unit comes from: fewest splits, then distance, then preference, then balance of stock.
//!
//! Promise and check are this one function: what it plans is available in the World, with the demand of all lines of
//! an item summed, and nothing else can take it before the plan is folded in.

use super::OrderRefusal;
use super::events::{
    AllocationMade, AtLocation, BackorderOpened, LineQuantity, Moved, RoutingDecided, RoutingFigure, RoutingOption,
    Unpromised,
};
use super::records::{Destination, Lifecycle, Order, Step};
use crate::attempt::Attempt;
use crate::catalog::item::Supply;
use crate::catalog::location::Location;
use crate::command::Outcome;
use crate::event::Event;
use crate::ids::{ItemId, LocationId, LotId, OrderId};
use crate::ledger::StockAccount;
use crate::quantity::Quantity;
use crate::stock::reservation::Reservation;
use crate::time::Timestamp;
use crate::world::World;
use std::collections::BTreeMap;

/// Allocates what waits (open or backordered) of a confirmed order, as far as there is stock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllocateOrder {
    pub order_id: OrderId,
}

/// Units of a line that want stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand {
    pub line: u32,
    pub item: ItemId,
    pub counted: bool,
    pub quantity: Quantity,
}

/// What can be promised, what cannot, and why from where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    pub at: Vec<AtLocation>,
    pub short: Vec<LineQuantity>,
    pub routing: Option<RoutingDecided>,
}

pub const ROUTING_RULE: &str = "fewest_splits_distance_preference_balance";
pub const ROUTING_VERSION: u32 = 1;
/// Sets of locations are searched exactly up to this many candidates, greedily beyond.
const EXACT_CANDIDATES_MAX: usize = 8;
/// What an unknown distance counts as, in the same country and abroad.
const UNKNOWN_KM: (i64, i64) = (500, 5_000);

/// Great-circle distance between two points in degrees, in km on a sphere of 6,371 km.
fn distance_km(from: (f64, f64), to: (f64, f64)) -> i64 {
    let (from_lat, to_lat) = (from.0.to_radians(), to.0.to_radians());
    let half = |degrees: f64| (degrees.to_radians() / 2.0).sin().powi(2);
    let chord = half(to.0 - from.0) + from_lat.cos() * to_lat.cos() * half(to.1 - from.1);
    (2.0 * 6_371.0 * chord.sqrt().min(1.0).asin()).round() as i64
}

impl RoutingOption {
    fn new(location: &Location, destination: &Destination) -> Self {
        let from = location.latitude_e4.zip(location.longitude_e4);
        let to = destination.latitude_e1.zip(destination.longitude_e1);
        let distance_km = from.zip(to).map(|((lat, lon), (to_lat, to_lon))| {
            let degrees = |value: i64, scale: f64| value as f64 / scale;
            distance_km(
                (degrees(lat, 10_000.0), degrees(lon, 10_000.0)),
                (degrees(to_lat, 10.0), degrees(to_lon, 10.0)),
            )
        });
        Self {
            location: location.id,
            lines_filled: 0,
            units: Quantity::ZERO,
            distance_km,
            same_country: destination.country.as_deref() == Some(location.country.as_str()),
            preference: location.preference,
            available: Quantity::ZERO,
        }
    }

    fn km(&self) -> i64 {
        self.distance_km.unwrap_or(if self.same_country { UNKNOWN_KM.0 } else { UNKNOWN_KM.1 })
    }

    /// Lower is better: distance, preference, then the most stock, then the id so that every run agrees.
    fn rank(&self) -> (i64, i64, i64, LocationId) {
        (self.km(), self.preference, -self.available.0, self.location)
    }
}

/// Orders options by the routing rule; pure, so that a kept reason can be replayed.
pub fn rank_options(options: &mut [RoutingOption]) {
    options.sort_by_key(RoutingOption::rank);
}

/// Available stock as the plan uses it up.
struct Stock {
    /// Per item and location, lots in id order.
    left: BTreeMap<(ItemId, LocationId), Vec<(LotId, Quantity)>>,
}

impl Stock {
    fn available(&self, item: ItemId, location: LocationId) -> Quantity {
        self.left.get(&(item, location)).map_or(Quantity::ZERO, |lots| lots.iter().map(|(_, quantity)| *quantity).sum())
    }

    fn take(&mut self, demand: &Demand, location: LocationId, out: &mut Vec<Moved>) -> Quantity {
        let mut wanted = demand.quantity;
        for (lot, left) in self.left.get_mut(&(demand.item, location)).into_iter().flatten() {
            let part = wanted.min(*left);
            if part.is_zero() {
                continue;
            }
            *left -= part;
            wanted -= part;
            out.push(Moved { line: demand.line, item: demand.item, lot: *lot, quantity: part, counted: true });
        }
        demand.quantity - wanted
    }
}

/// Takes off `demands` what a cart's reservations keep for them, in the order of both, and says where that is.
///
/// What a reservation keeps beyond the demand is not looked for: its item is not wanted any more then.
pub fn take_reserved(demands: &mut Vec<Demand>, reservations: &[&Reservation]) -> Vec<AtLocation> {
    let mut at = Vec::new();
    for reservation in reservations {
        let mut left = reservation.quantity;
        for demand in demands.iter_mut().filter(|demand| demand.counted && demand.item == reservation.item_id) {
            let part = demand.quantity.min(left);
            if part.is_zero() {
                continue;
            }
            demand.quantity -= part;
            left -= part;
            let (line, item, lot) = (demand.line, demand.item, reservation.lot_id);
            add_moved(&mut at, reservation.location_id, Moved { line, item, lot, quantity: part, counted: true });
        }
    }
    demands.retain(|demand| !demand.quantity.is_zero());
    at
}

/// Adds units to what comes from a location; those of the same line and lot are one.
fn add_moved(at: &mut Vec<AtLocation>, location: LocationId, moved: Moved) {
    let Some(place) = at.iter_mut().find(|place| place.location == location) else {
        at.push(AtLocation { location, lines: vec![moved] });
        return;
    };
    match place.lines.iter_mut().find(|one| one.line == moved.line && one.lot == moved.lot) {
        Some(one) => one.quantity += moved.quantity,
        None => place.lines.push(moved),
    }
}

/// Plans where `demands` come from. `exclude` leaves out a location whose count was just found wrong.
pub fn plan(world: &World, order: &Order, demands: &[Demand], exclude: Option<LocationId>) -> Plan {
    plan_beside(world, order, demands, Vec::new(), exclude)
}

/// Like [`plan`], beside what is kept for the order already: the plan has both, and what is not counted goes along.
pub fn plan_beside(
    world: &World,
    order: &Order,
    demands: &[Demand],
    kept: Vec<AtLocation>,
    exclude: Option<LocationId>,
) -> Plan {
    let mut wanted: BTreeMap<ItemId, Quantity> = BTreeMap::new();
    for demand in demands.iter().filter(|demand| demand.counted) {
        *wanted.entry(demand.item).or_default() += demand.quantity;
    }
    let mut stock = Stock { left: BTreeMap::new() };
    let mut options: Vec<RoutingOption> = Vec::new();
    let destination = order.head.destination();
    let usable = |location: LocationId| {
        world.catalog.location(location).filter(|known| !known.archived && Some(location) != exclude)
    };
    for item in wanted.keys() {
        for level in world.levels_of(*item) {
            let (key, available) = (level.key, level.available());
            if available.is_zero() || usable(key.location_id).is_none() {
                continue;
            }
            stock.left.entry((*item, key.location_id)).or_default().push((key.lot_id, available));
            let option = match options.iter_mut().find(|option| option.location == key.location_id) {
                Some(option) => option,
                None => {
                    let location = usable(key.location_id);
                    options.extend(location.map(|location| RoutingOption::new(location, &destination)));
                    let Some(option) = options.last_mut() else { continue };
                    option
                }
            };
            option.available += available;
        }
    }
    stock.left.values_mut().for_each(|lots| lots.sort_unstable());
    for option in &mut options {
        for demand in demands.iter().filter(|demand| demand.counted) {
            let fits = stock.available(demand.item, option.location).min(demand.quantity);
            option.units += fits;
            option.lines_filled += u32::from(fits == demand.quantity);
        }
    }
    rank_options(&mut options);
    let chosen = choose(&options, &wanted, &stock);
    let routing = routing(order, &options, &chosen);

    let mut plan = Plan { routing, ..Plan::default() };
    let mut moved: Vec<Vec<Moved>> = vec![Vec::new(); chosen.len()];
    for demand in demands {
        if !demand.counted {
            continue;
        }
        let mut rest = *demand;
        // A line stays whole where one of the chosen locations has all of it.
        let whole = chosen.iter().position(|n| stock.available(demand.item, options[*n].location) >= demand.quantity);
        let tries = whole.into_iter().chain(0..chosen.len());
        for n in tries {
            rest.quantity -= stock.take(&rest, options[chosen[n]].location, &mut moved[n]);
        }
        if !rest.quantity.is_zero() {
            plan.short.push(LineQuantity { line: demand.line, quantity: rest.quantity });
        }
    }
    let mut at = kept;
    for (n, lines) in chosen.iter().zip(moved) {
        lines.into_iter().for_each(|moved| add_moved(&mut at, options[*n].location, moved));
    }
    place_uncounted(world, demands, exclude, &destination, &mut at, &mut plan.short);
    plan.at = at;
    plan
}

/// Items that are shipped but not counted go along with the rest, or from the nearest location.
fn place_uncounted(
    world: &World,
    demands: &[Demand],
    exclude: Option<LocationId>,
    destination: &Destination,
    at: &mut Vec<AtLocation>,
    short: &mut Vec<LineQuantity>,
) {
    for demand in demands.iter().filter(|demand| !demand.counted) {
        if at.is_empty() {
            let nearest = world
                .catalog
                .locations()
                .filter(|location| !location.archived && Some(location.id) != exclude)
                .map(|location| RoutingOption::new(location, destination))
                .min_by_key(RoutingOption::rank);
            at.extend(nearest.map(|option| AtLocation { location: option.location, lines: Vec::new() }));
        }
        match at.first_mut() {
            Some(first) => first.lines.push(Moved {
                line: demand.line,
                item: demand.item,
                lot: LotId::NIL,
                quantity: demand.quantity,
                counted: false,
            }),
            None => short.push(LineQuantity { line: demand.line, quantity: demand.quantity }),
        }
    }
}

/// Indexes into `options` (ranked, best first) of the fewest locations that together fill as much as all of them.
fn choose(options: &[RoutingOption], wanted: &BTreeMap<ItemId, Quantity>, stock: &Stock) -> Vec<usize> {
    let most: BTreeMap<ItemId, Quantity> = wanted
        .iter()
        .map(|(item, quantity)| {
            let all: Quantity = options.iter().map(|option| stock.available(*item, option.location)).sum();
            (*item, all.min(*quantity))
        })
        .collect();
    let fills = |set: &[usize]| {
        most.iter().all(|(item, quantity)| {
            set.iter().map(|n| stock.available(*item, options[*n].location)).sum::<Quantity>() >= *quantity
        })
    };
    if let Some(single) = (0..options.len()).find(|n| fills(&[*n])) {
        return vec![single];
    }
    if options.len() <= EXACT_CANDIDATES_MAX {
        for size in 2..options.len() {
            // Ranked options make the first set found in this order the one with the best ranks.
            if let Some(set) = combinations(options.len(), size).find(|set| fills(set)) {
                return set;
            }
        }
        return (0..options.len()).collect();
    }
    let mut set: Vec<usize> = Vec::new();
    while !fills(&set) {
        let missing = |n: usize| -> i64 {
            most.iter()
                .map(|(item, quantity)| {
                    let have: Quantity = set.iter().map(|m| stock.available(*item, options[*m].location)).sum();
                    stock.available(*item, options[n].location).min(quantity.less(have)).0
                })
                .sum()
        };
        let next = (0..options.len()).filter(|n| !set.contains(n)).max_by_key(|n| (missing(*n), std::cmp::Reverse(*n)));
        match next {
            Some(next) => set.push(next),
            None => break,
        }
    }
    set.sort_unstable();
    set
}

/// Every choice of `size` out of `of`, in ascending order of the indexes.
fn combinations(of: usize, size: usize) -> impl Iterator<Item = Vec<usize>> {
    let mut next: Option<Vec<usize>> = (size <= of).then(|| (0..size).collect());
    std::iter::from_fn(move || {
        let current = next.take()?;
        let mut following = current.clone();
        if let Some(place) = (0..size).rev().find(|place| following[*place] < of - size + place) {
            following[place] += 1;
            for after in place + 1..size {
                following[after] = following[after - 1] + 1;
            }
            next = Some(following);
        }
        Some(current)
    })
}

/// The reason, where there was a choice.
fn routing(order: &Order, options: &[RoutingOption], chosen: &[usize]) -> Option<RoutingDecided> {
    if options.len() < 2 || chosen.is_empty() {
        return None;
    }
    let winners: Vec<RoutingOption> = chosen.iter().map(|n| options[*n].clone()).collect();
    let losers: Vec<RoutingOption> =
        (0..options.len()).filter(|n| !chosen.contains(n)).map(|n| options[n].clone()).take(3).collect();
    let decided_by = deciding_figure(&winners, &losers);
    Some(RoutingDecided {
        order: order.head.id,
        rule: ROUTING_RULE.to_owned(),
        version: ROUTING_VERSION,
        winners,
        losers,
        decided_by,
    })
}

/// Which figure set the (last) winner apart from the best loser.
pub fn deciding_figure(winners: &[RoutingOption], losers: &[RoutingOption]) -> RoutingFigure {
    let (Some(winner), Some(loser)) = (winners.last(), losers.first()) else {
        return RoutingFigure::FewestSplits;
    };
    if winner.rank() > loser.rank() || winners.len() > 1 || winner.units != loser.units {
        RoutingFigure::FewestSplits
    } else if winner.km() != loser.km() {
        RoutingFigure::Distance
    } else if winner.preference != loser.preference {
        RoutingFigure::Preference
    } else if winner.available != loser.available {
        RoutingFigure::Balance
    } else {
        RoutingFigure::Order
    }
}

/// What of an order's lines wants stock: `from` open or backordered.
pub fn demands(order: &Order, from: Unpromised) -> Vec<Demand> {
    order
        .lines
        .iter()
        .filter_map(|line| {
            let quantity = match from {
                Unpromised::Open => line.open,
                Unpromised::Backordered => line.backordered,
            };
            let counted = match line.supply {
                Supply::Stock => true,
                Supply::Untracked => false,
                Supply::Service | Supply::Dropship => return None,
            };
            let held = !order.holds_blocking(Step::Allocate, Some(line.number)).is_empty();
            (!quantity.is_zero() && !held).then_some(Demand {
                line: line.number,
                item: line.item_id,
                counted,
                quantity,
            })
        })
        .collect()
}

/// Turns a plan into events: the reason, the allocation, the backorder for the rest.
pub fn plan_events(
    order: OrderId,
    plan: Plan,
    from: Unpromised,
    to: StockAccount,
    reserved_until: Option<Timestamp>,
    now: Timestamp,
    events: &mut Vec<Event>,
) {
    events.extend(plan.routing.map(Event::RoutingDecided));
    if !plan.at.is_empty() {
        events.push(Event::AllocationMade(AllocationMade { order, from, to, reserved_until, at: plan.at }));
    }
    if !plan.short.is_empty() && from == Unpromised::Open {
        let opened = BackorderOpened { order, at: now, expected_on: None, lines: plan.short };
        events.push(Event::BackorderOpened(opened));
    }
}

/// Fills what waits: backordered units first; where none can be filled, open ones, whose rest becomes backordered.
pub fn allocate_order(world: &World, command: &AllocateOrder, attempt: &Attempt) -> Outcome {
    let order = world.known_order(command.order_id)?;
    if order.head.lifecycle != Lifecycle::Confirmed {
        return Err(world.wrong_lifecycle(order, "confirmed").into());
    }
    for from in [Unpromised::Backordered, Unpromised::Open] {
        let plan = plan(world, order, &demands(order, from), None);
        let mut events = Vec::new();
        plan_events(command.order_id, plan, from, StockAccount::Allocated, None, attempt.now, &mut events);
        if events.iter().any(|event| matches!(event, Event::AllocationMade(_) | Event::BackorderOpened(_))) {
            return Ok(events);
        }
    }
    Err(OrderRefusal::NothingToAllocate { order_id: command.order_id }.into())
}
