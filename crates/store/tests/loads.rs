//! In which order a batch takes its locks: the same for all, and nothing that hangs on a root before the root.

use async_trait::async_trait;
use waybill_domain::footprint::Footprint;
use waybill_domain::ids::*;
use waybill_domain::world::World;
use waybill_store::working_set::load;
use waybill_store::{Loader, Row, Select, StoreError};

/// Answers nothing and remembers what it was asked, in order.
#[derive(Default)]
struct Asked {
    /// The table, whether its rows are locked, and whether they hang on a root.
    selects: Vec<(&'static str, bool, bool)>,
}

#[async_trait]
impl Loader for Asked {
    async fn select(&mut self, selects: &[Select]) -> Result<Vec<Vec<Row>>, StoreError> {
        let asked = selects.iter().map(|select| (select.table.name, select.lock, select.table.parent.is_some()));
        self.selects.extend(asked);
        Ok(selects.iter().map(|_| Vec::new()).collect())
    }
}

#[tokio::test]
async fn roots_are_locked_in_one_order_with_levels_last_and_children_read_after_them() {
    let id = Id(1);
    let needs = Footprint {
        orders: vec![OrderId(id)],
        skus: vec!["MUG".into()],
        levels: vec![ItemId(id)],
        customer_codes: vec!["c".into()],
        transfers: vec![TransferId(id)],
        reservations: vec![ReservationId(id)],
        api_keys: vec![ApiKeyId(id)],
        ..Footprint::default()
    };
    let mut asked = Asked::default();
    load(&mut asked, &mut World::default(), &needs).await.expect("nothing to read");
    let locked: Vec<_> = asked.selects.iter().filter(|(_, lock, _)| *lock).map(|(table, _, _)| *table).collect();
    assert_eq!(locked, ["orders", "transfers", "reservations", "api_keys", "customers", "stock_levels"]);
    let last_lock = asked.selects.iter().rposition(|(_, lock, _)| *lock);
    let first_child = asked.selects.iter().position(|(_, _, child)| *child);
    assert!(first_child > last_lock, "children are read when their roots are locked: {:?}", asked.selects);
}
