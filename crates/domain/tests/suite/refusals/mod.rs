//! One row per refusal: the state, the command, and the code it must get. A code that no row reaches fails the test.

mod bad_lines;
mod catalog;
mod fulfillment;
mod orders;
mod payments;
mod rows;
mod scope;
mod stock;
mod texts;
mod users;
mod webhooks;

use rows::{BTreeSet, Rows};

#[test]
fn every_refusal_has_a_row_that_reaches_it() {
    let mut rows = Rows::open();
    catalog::catalog_and_system(&mut rows);
    stock::stock(&mut rows);
    orders::placing(&mut rows);
    orders::orders(&mut rows);
    payments::payments(&mut rows);
    fulfillment::fulfillment(&mut rows);
    fulfillment::returns(&mut rows);
    webhooks::webhooks(&mut rows);
    users::users(&mut rows);
    let all: BTreeSet<String> = waybill_domain::refusal::all().iter().map(|kind| kind.code.to_owned()).collect();
    let missed: Vec<&String> = all.difference(&rows.reached).collect();
    assert_eq!(missed, Vec::<&String>::new(), "refusals that no row reaches");
}
