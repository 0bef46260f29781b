//! What SQLite answers, in one program.

mod backend;
mod contract;
mod file;
mod reads;
