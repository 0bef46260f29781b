//! The binary as its users run it.

mod audit;
mod commands;
mod crash;
mod processes;
mod upgrade;
