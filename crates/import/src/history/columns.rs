//! The columns of a line of the lines file.

use super::head::DateColumn;
use crate::map::{CancellationMark, Map, PriceField};
use crate::source::field::{Column, Finder};

/// Columns of a line.
pub(super) struct LineColumns {
    pub(super) number: Column,
    pub(super) placed_at: DateColumn,
    pub(super) customer: Option<Column>,
    pub(super) sku: Column,
    pub(super) quantity: Column,
    pub(super) price: Column,
    pub(super) is_total: bool,
    pub(super) discount: Option<Column>,
    pub(super) description: Option<Column>,
    pub(super) location: Option<Column>,
    pub(super) order_location: Option<Column>,
    pub(super) ship_by: Option<DateColumn>,
    pub(super) charges: Vec<(usize, Column)>,
    pub(super) mark: Option<Column>,
}

impl LineColumns {
    pub(super) fn new(map: &Map, finder: &mut Finder<'_>) -> Self {
        let line = &map.line;
        finder.optional(line.number.as_ref());
        let charges = map.charge_columns.iter().enumerate().filter(|(_, charge)| charge.per_line);
        Self {
            number: finder.column(&map.order.number),
            placed_at: DateColumn::new(map, finder, &map.order.placed_at),
            customer: finder.optional(map.order.customer.as_ref()),
            sku: finder.column(&line.sku),
            quantity: finder.column(&line.quantity),
            price: finder.column(line.price.field()),
            is_total: matches!(line.price, PriceField::Total(_)),
            discount: finder.optional(line.discount.as_ref()),
            description: finder.optional(line.description.as_ref()),
            location: finder.optional(line.location.as_ref()),
            order_location: finder.optional(map.order.location.as_ref()),
            ship_by: line.ship_by.as_ref().map(|field| DateColumn::new(map, finder, field)),
            charges: charges.map(|(n, charge)| (n, finder.column(&charge.column))).collect(),
            mark: match map.cancellation.as_ref().map(|rule| &rule.mark) {
                Some(CancellationMark::Column { field, .. }) => Some(finder.column(field)),
                _ => None,
            },
        }
    }
}
