//! The engine over a real store: one program, for each further one would hold all of Waybill again.

mod alone;
mod faults;
mod gateways;
mod lessons;
mod life;
mod permissions;
mod preview;
mod privacy;
mod receiver;
mod search;
mod shop;
mod sinks;
mod stopping;
mod webhooks;
