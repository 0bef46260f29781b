//! The rules, one file to each subject, in one program.

mod access_doc;
mod any_history;
mod cart;
mod charges;
mod hand_over;
mod mended;
mod parsers;
mod postings_doc;
mod price;
mod reasons;
mod refusals;
mod shop;
mod to_do;
