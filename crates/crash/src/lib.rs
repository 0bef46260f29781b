//! Drives real `waybill serve` processes over HTTP, takes them and their database down under load, and proves that nothing
//! acknowledged was lost, nothing was done twice, and the books are right.
//!
//! It knows the program from outside alone: command line, HTTP, and the database that it names. So it can judge it.
//!
//! [`run`] is the crash test; the tests of several processes on one database use the same parts.

pub mod callers;
pub mod check;
pub mod client;
pub mod copies;
pub mod feed;
pub mod fleet;
pub mod folder;
pub mod journal;
pub mod place;
pub mod process;
pub mod report;
pub mod run;
pub mod session;
pub mod shop;

/// What went wrong, as a sentence for the developer.
pub type Outcome<T = ()> = Result<T, String>;
