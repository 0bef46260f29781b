//! Payment gateways.

pub mod simulator;
