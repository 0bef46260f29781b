//! What PostgreSQL answers, in one program.

mod backend;
mod connections;
mod contract;
mod reads;
