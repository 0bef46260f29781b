//! Between the store and the World: load what a footprint names, and say what a commit must write.

use crate::backend::{Loader, Select, Write, WriteMode};
use crate::error::StoreError;
use crate::record::{Record, Table, ToRow};
use crate::value::{Row, Value};
use std::collections::BTreeMap;
use waybill_domain::Code;
use waybill_domain::access::User;
use waybill_domain::access::role::Role;
use waybill_domain::catalog::channel::Channel;
use waybill_domain::catalog::item::Item;
use waybill_domain::catalog::location::Location;
use waybill_domain::customer::Customer;
use waybill_domain::footprint::Footprint;
use waybill_domain::fulfillment::FulfillmentOrder;
use waybill_domain::ids::{Id, ItemId, OrderId, TransferId};
use waybill_domain::order::*;
use waybill_domain::payment::{Payment, PaymentTransaction, Refund};
use waybill_domain::returns::{Return, ReturnLine};
use waybill_domain::rows::{Mark, Rows, Tracked};
use waybill_domain::shipping::{Parcel, ParcelLine, Shipment, TrackingEvent};
use waybill_domain::stock::document::StockDocument;
use waybill_domain::stock::level::StockLevel;
use waybill_domain::stock::reservation::Reservation;
use waybill_domain::stock::transfer::{Transfer, TransferHead, TransferLine};
use waybill_domain::system::{ApiKey, SettingsRecord};
use waybill_domain::webhook::WebhookEndpoint;
use waybill_domain::world::World;

fn keys(ids: impl Iterator<Item = Id>) -> Vec<Vec<Value>> {
    ids.map(|id| vec![Value::Id(id)]).collect()
}

/// A select of the rows of `T` whose `by` columns match `keys`.
pub fn select<T: Record>(by: &'static [&'static str], keys: Vec<Vec<Value>>, lock: bool) -> Select {
    Select { table: T::table(), by, keys, lock }
}

/// Reads every row as `T`.
///
/// # Errors
/// [`StoreError::Damaged`] where a row is not what the description says.
pub fn read_rows<T: Record>(rows: Vec<Row>) -> Result<Vec<T>, StoreError> {
    rows.into_iter().map(|mut row| T::read(&mut row)).collect()
}

/// Runs the selects that name any key; the others have no rows.
async fn select_named(loader: &mut dyn Loader, selects: Vec<Select>) -> Result<Vec<Vec<Row>>, StoreError> {
    let named: Vec<bool> = selects.iter().map(|select| !select.keys.is_empty()).collect();
    let asked: Vec<Select> = selects.into_iter().filter(|select| !select.keys.is_empty()).collect();
    let mut answers = if asked.is_empty() { Vec::new() } else { loader.select(&asked).await? }.into_iter();
    Ok(named.into_iter().map(|named| if named { answers.next().unwrap_or_default() } else { Vec::new() }).collect())
}

/// Loads what `needs` names into the World: roots first, locked in one order, stock levels last of the locks, and only
/// then children, each as its own statement. Absence is remembered too.
///
/// # Errors
/// Whatever the store reports; the transaction is gone then.
pub async fn load(loader: &mut dyn Loader, world: &mut World, needs: &Footprint) -> Result<(), StoreError> {
    let orders = || keys(needs.orders.iter().map(|id| id.0));
    let transfers = || keys(needs.transfers.iter().map(|id| id.0));
    let external_refs: Vec<Vec<Value>> = needs
        .external_refs
        .iter()
        .map(|(channel, reference)| vec![Value::Id(channel.0), Value::from(reference.as_str())])
        .collect();
    let emails = needs.user_emails.iter().map(|digest| vec![Value::Bytes(digest.0.to_vec())]).collect();
    let identities = needs.user_identities.iter().map(|digest| vec![Value::Bytes(digest.0.to_vec())]).collect();
    let owners = needs.owners.then(|| vec![Value::from(Role::Owner.code())]);
    let texts = |list: &[String]| list.iter().map(|text| vec![Value::from(text.as_str())]).collect::<Vec<_>>();
    let mut selects = vec![
        select::<OrderHead>(&["id"], orders(), true),
        select::<TransferHead>(&["id"], transfers(), true),
        select::<Reservation>(&["id"], keys(needs.reservations.iter().map(|id| id.0)), true),
        select::<ApiKey>(&["id"], keys(needs.api_keys.iter().map(|id| id.0)), true),
        select::<WebhookEndpoint>(&["id"], keys(needs.webhook_endpoints.iter().map(|id| id.0)), true),
        select::<User>(&["id"], keys(needs.users.iter().map(|id| id.0)), true),
        select::<User>(&["email_digest"], emails, true),
        select::<User>(&["identity_digest"], identities, true),
        select::<User>(&["role"], owners.into_iter().collect(), true),
        select::<Customer>(&["code"], texts(&needs.customer_codes), true),
        select::<Item>(&["sku"], texts(&needs.skus), false),
        select::<Item>(&["id"], keys(needs.items.iter().map(|id| id.0)), false),
        select::<OrderHead>(&["channel_id", "external_ref"], external_refs, false),
        select::<StockLevel>(&["item_id"], keys(needs.levels.iter().map(|id| id.0)), true),
        select::<TransferLine>(&["transfer_id"], transfers(), false),
    ];
    selects.extend(Children::selects(&needs.orders));
    let mut results = select_named(loader, selects).await?.into_iter();
    let mut next = || results.next().unwrap_or_default();

    let heads: Vec<OrderHead> = read_rows(next())?;
    let transfer_heads: Vec<TransferHead> = read_rows(next())?;
    for reservation in read_rows(next())? {
        world.load_reservation(reservation);
    }
    for key in read_rows(next())? {
        world.load_api_key(key);
    }
    for endpoint in read_rows(next())? {
        world.load_webhook_endpoint(endpoint);
    }
    for _ in 0..4 {
        for user in read_rows(next())? {
            world.load_user(user);
        }
    }
    if needs.owners {
        world.loaded_owners();
    }
    for customer in read_rows(next())? {
        world.load_customer(customer);
    }
    for _ in 0..2 {
        for item in read_rows(next())? {
            world.catalog.put_item(Tracked::loaded(item));
        }
    }
    for head in read_rows::<OrderHead>(next())? {
        if let Some(reference) = head.external_ref {
            world.load_external_ref(head.channel_id, reference, head.id);
        }
    }
    let mut levels: BTreeMap<ItemId, Vec<StockLevel>> = needs.levels.iter().map(|id| (*id, Vec::new())).collect();
    for level in read_rows::<StockLevel>(next())? {
        levels.entry(level.key.item_id).or_default().push(level);
    }
    for (item, levels) in levels {
        world.load_levels(item, levels);
    }
    let mut transfer_lines: BTreeMap<TransferId, Rows<TransferLine>> = BTreeMap::new();
    for line in read_rows::<TransferLine>(next())? {
        transfer_lines.entry(line.transfer_id).or_default().load(line);
    }
    for head in transfer_heads {
        let lines = transfer_lines.remove(&head.id).unwrap_or_default();
        world.load_transfer(Transfer { head: Tracked::loaded(head), lines });
    }

    let mut orders: BTreeMap<OrderId, Option<Order>> = needs.orders.iter().map(|id| (*id, None)).collect();
    for head in heads {
        orders.insert(head.id, Some(Order::new(Tracked::loaded(head))));
    }
    Children::read(&mut orders, &mut next)?;
    for (id, order) in orders {
        world.load_order(id, order);
    }
    Ok(())
}

/// The child tables of an order, in one place for loading and writing.
macro_rules! children {
    ($($field:ident: $type:ty),+ $(,)?) => {
        struct Children;

        impl Children {
            fn selects(orders: &[OrderId]) -> Vec<Select> {
                if orders.is_empty() {
                    return Vec::new();
                }
                vec![$(select::<$type>(&["order_id"], keys(orders.iter().map(|id| id.0)), false)),+]
            }

            fn read(
                orders: &mut BTreeMap<OrderId, Option<Order>>,
                next: &mut impl FnMut() -> Vec<Row>,
            ) -> Result<(), StoreError> {
                $(for row in read_rows::<$type>(next())? {
                    if let Some(order) = orders.get_mut(&row.order_id).and_then(Option::as_mut) {
                        order.$field.load(row);
                    }
                })+
                Ok(())
            }

            fn write<'a>(order: &'a Order, changes: &mut Changes<'a>) {
                $(changes.rows(&order.$field);)+
            }
        }
    };
}

children! {
    lines: OrderLine,
    charges: Charge,
    allocations: Allocation,
    holds: Hold,
    payments: Payment,
    transactions: PaymentTransaction,
    refunds: Refund,
    fulfillment_orders: FulfillmentOrder,
    parcels: Parcel,
    parcel_lines: ParcelLine,
    shipments: Shipment,
    tracking: TrackingEvent,
    returns: Return,
    return_lines: ReturnLine,
}

/// Rows to write, gathered by table and mode.
#[derive(Default)]
pub struct Changes<'a> {
    writes: Vec<Write<'a>>,
}

impl std::fmt::Debug for Changes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.writes).finish()
    }
}

impl<'a> Changes<'a> {
    fn push(&mut self, table: &'static Table, mode: WriteMode, row: &'a dyn ToRow) {
        match self.writes.iter_mut().find(|write| std::ptr::eq(write.table, table) && write.mode == mode) {
            Some(write) => write.rows.push(row),
            None => self.writes.push(Write { table, mode, rows: vec![row] }),
        }
    }

    /// A row that is not in the store yet.
    pub fn insert<T: Record>(&mut self, row: &'a T) {
        self.push(T::table(), WriteMode::Insert, row);
    }

    /// A row that is in the store.
    pub fn update<T: Record>(&mut self, row: &'a T) {
        self.push(T::table(), WriteMode::Update, row);
    }

    /// A record as its mark says.
    pub fn tracked<T: Record>(&mut self, row: &'a Tracked<T>) {
        match row.mark() {
            Mark::Clean => {}
            Mark::New => self.insert::<T>(row),
            Mark::Changed => self.update::<T>(row),
        }
    }

    fn rows<T: Record>(&mut self, rows: &'a Rows<T>) {
        rows.tracked().iter().for_each(|row| self.tracked(row));
    }

    /// Every changed record of the World but stock levels, which carry positions and are written last.
    pub fn of_world(&mut self, world: &'a World) {
        for id in &world.changed_channels {
            world.catalog.tracked_channel(*id).into_iter().for_each(|one| self.once::<Channel>(one));
        }
        for id in &world.changed_locations {
            world.catalog.tracked_location(*id).into_iter().for_each(|one| self.once::<Location>(one));
        }
        for id in &world.changed_items {
            world.catalog.tracked_item(*id).into_iter().for_each(|one| self.once::<Item>(one));
        }
        world.api_keys().for_each(|one| self.tracked(one));
        world.webhook_endpoints().for_each(|one| self.tracked(one));
        world.tracked_users().for_each(|one| self.tracked(one));
        self.rows(world.webhook_replays());
        world.customers().for_each(|one| self.tracked(one));
        world.documents().for_each(|one| self.tracked::<StockDocument>(one));
        world.reservations().for_each(|one| self.tracked(one));
        for transfer in world.transfers() {
            self.tracked(&transfer.head);
            self.rows(&transfer.lines);
        }
        let mut orders: Vec<&Order> = world.orders().filter(|order| order.head.mark() != Mark::Clean).collect();
        orders.sort_unstable_by_key(|order| order.head.id);
        for order in orders {
            self.tracked(&order.head);
            Children::write(order, self);
        }
    }

    /// A catalog record may be named twice by one batch; it is written once.
    fn once<T: Record>(&mut self, row: &'a Tracked<T>) {
        let here: *const T = &**row;
        let known = self.writes.iter().any(|write| {
            std::ptr::eq(write.table, T::table())
                && write.rows.iter().any(|other| std::ptr::addr_eq(std::ptr::from_ref(*other), here))
        });
        if !known {
            self.tracked(row);
        }
    }

    /// Changed stock levels, in key order.
    pub fn levels(&mut self, world: &'a World) {
        let mut levels: Vec<&Tracked<StockLevel>> =
            world.levels().filter(|level| level.mark() != Mark::Clean).collect();
        levels.sort_unstable_by_key(|level| level.key);
        levels.into_iter().for_each(|level| self.tracked(level));
    }

    /// The settings record: there is one once settings were ever changed.
    pub fn settings(&mut self, settings: &'a SettingsRecord) {
        if settings.chain.sequence <= 1 { self.insert(settings) } else { self.update(settings) }
    }

    /// A new child of a record that is there already may be met before the first new root, so roots go first.
    pub fn into_writes(mut self) -> Vec<Write<'a>> {
        self.writes.sort_by_key(|write| write.table.parent.is_some());
        self.writes
    }
}
