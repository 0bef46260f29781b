//! The page about access shows the table of roles that is in force.

use waybill_domain::Code;
use waybill_domain::access::role::{Role, TABLE};

#[test]
fn the_page_shows_what_each_role_may() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/access.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let cells = |line: &str| -> Vec<String> {
        line.trim().trim_matches('|').split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).collect()
    };
    let mut lines = page.lines().skip_while(|line| !line.starts_with("| Permission |"));
    let roles = cells(lines.next().expect("a head"));
    assert_eq!(roles[1..], Role::ALL.iter().map(|role| role.code().to_owned()).collect::<Vec<_>>());
    let shown: Vec<Vec<String>> = lines.skip(1).take_while(|line| line.starts_with('|')).map(cells).collect();
    let known: Vec<Vec<String>> = TABLE
        .iter()
        .map(|(permission, _)| {
            let may = Role::ALL.iter().map(|role| if role.may(*permission) { "yes" } else { "" }.to_owned());
            std::iter::once(permission.code().to_owned()).chain(may).collect()
        })
        .collect();
    assert_eq!(shown, known);
}
