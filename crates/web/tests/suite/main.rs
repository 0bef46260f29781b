//! The server over HTTP: one program, for each further one would hold all of Waybill again.

mod access;
mod acts;
mod bad_input;
mod common;
mod console;
mod console_shop;
mod console_stock;
mod doors;
mod feed;
mod floor;
mod life;
mod lists;
mod portal;
mod reads;
mod reports;
mod search;
mod sign_in;
mod sign_on;
mod socket;
mod traces;
mod trail;
mod versions;
mod watching;
mod webhooks;
mod whose;
