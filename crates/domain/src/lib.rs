//! The rules of Waybill, pure: no async, no SQL, no clock, no randomness.
//!
//! A [`command::Command`] meets a [`world::World`] and becomes [`event::Event`]s, which the World folds back in.
//! Everything a rule needs is in the World or in the [`attempt::Attempt`]; everything a rule changes is an event.

#[macro_use]
mod code;
#[macro_use]
pub mod refusal;

pub mod access;
pub mod actor;
pub mod attempt;
pub mod catalog;
pub mod chain;
pub mod command;
pub mod customer;
pub mod event;
pub mod footprint;
pub mod fulfillment;
pub mod ids;
pub mod ledger;
pub mod money;
pub mod order;
pub mod payment;
pub mod personal;
pub mod quantity;
pub mod returns;
pub mod rows;
pub mod settings;
pub mod shipping;
pub mod stock;
pub mod system;
pub mod text;
pub mod time;
pub mod webhook;
pub mod world;

pub use code::Code;
