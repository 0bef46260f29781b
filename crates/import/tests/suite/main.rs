//! Imports from the outside: mappings, histories worked out by hand, real ones, interrupted ones.

mod common;
mod end_to_end;
mod interrupted;
mod mapping;
mod odd_mappings;
mod parsers;
mod real_data;
mod real_import;
