//! Texts that no database keeps, or that the log is not to keep.

use crate::refusals::rows::*;

#[test]
fn no_text_with_a_nul_gets_through_whatever_the_command() {
    let mut rows = Rows::open();
    rows.receive("MUG", 5);
    let order_id = rows.place("MUG", 1, PaymentMethod::Terms);
    let nul = || "a\0b".to_owned();
    let here = rows.shop.locations[0];
    let mut order = rows.order("MUG", 1, PaymentMethod::Card);
    order.lines[0].sku = nul();
    order.po_number = Some(nul());
    order.payments[0].token = Some(PersonalText { id: TextId::NIL, value: nul() });
    let party = Party { email: Some(nul()), ..Party::default() };
    order.party = Some(Personal { id: PartyId::NIL, value: party.clone() });
    let address = Address { city: Some(nul()), ..Address::default() };
    order.ship_to = Some(Personal { id: AddressId::NIL, value: address });
    let customer =
        PutCustomer { code: "C".into(), party: Some(Personal { id: PartyId::NIL, value: party }), tier: Tier::Gold };
    let somebody = Party { name: Some(nul()), email: Some(nul()), ..Party::default() };
    let somebody = Personal { id: PartyId::NIL, value: somebody };
    let note = PersonalText { id: TextId::NIL, value: nul() };
    let invitation = InviteUser { party: somebody.clone(), access: Access::everywhere(Role::Viewer) };
    let change = ChangeUser { user_id: UserId::NIL, party: Some(somebody), access: Access::everywhere(Role::Viewer) };
    let token = PersonalText { id: TextId::NIL, value: nul() };
    let parcel = ShipParcel { parcel: 1, tracking_number: Some(nul()) };
    let input = ReturnInput { line: 1, quantity: Quantity(1), state: StockAccount::Available, reason: nul() };
    let state = StockAccount::Available;
    let outcome = GatewayOutcome::Failed { code: nul() };
    let commands: Vec<(Command, Vec<&str>)> = vec![
        (order.into(), vec!["customer.email", "ship_to.city", "po_number", "lines[0].sku", "payments[0].token"]),
        (customer.into(), vec!["customer.email"]),
        (AddCustomerNote { code: nul(), note, mentions: Vec::new() }.into(), vec!["code", "text"]),
        (invitation.into(), vec!["name", "email"]),
        (change.into(), vec!["name", "email"]),
        (item("A\0", Supply::Stock, 0).into(), vec!["sku", "name"]),
        (ArchiveItem { sku: nul() }.into(), vec!["sku"]),
        (ReceiveStock { location_id: here, state, reference: Some(nul()), lines: vec![] }.into(), vec!["reference"]),
        (CancelOrder { order_id, reason: nul() }.into(), vec!["reason"]),
        (ApplyHold { owner: Some(nul()), ..hold(order_id, vec![Step::Ship]) }.into(), vec!["owner"]),
        (
            HandOverFulfillmentOrder {
                fulfillment_order_id: FulfillmentOrderId::new(order_id, 1),
                from: Some(nul()),
                assignee: Some(nul()),
            }
            .into(),
            vec!["from", "assignee"],
        ),
        (AuthorizePayment { order_id, gateway: "g".into(), token, amount: None }.into(), vec!["token"]),
        (RecordOutcome { transaction_id: TransactionId::new(order_id, 1), outcome }.into(), vec!["code"]),
        (ship(order_id, vec![parcel]).into(), vec!["parcels[0].tracking_number"]),
        (
            ReceiveReturn { order_id, location_id: here, lines: vec![input], credit: None, refund: false }.into(),
            vec!["lines[0].reason"],
        ),
    ];
    for (command, paths) in commands {
        let mut needs = Footprint::default();
        command.footprint(&rows.shop.world.catalog, &mut needs);
        assert!(needs.is_empty(), "nothing is looked up by such a text: {needs:?}");
        let refusal = rows.shop.run(command).expect_err("a refusal");
        let found: Vec<&str> = refusal.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!((refusal.code.as_str(), found), ("system.invalid", paths));
    }
}

/// Reasons and owners stay in the log, where nothing about a person can be erased.
#[test]
fn no_free_text_gets_through_as_a_reason_or_an_owner() {
    let mut rows = Rows::open();
    let order_id = rows.place("MUG", 1, PaymentMethod::Terms);
    let text = || "Ada Example called".to_owned();
    let (line_id, hold_id) = (LineId::new(order_id, 1), HoldId::new(order_id, 1));
    let input = ReturnInput { line: 1, quantity: Quantity(1), state: StockAccount::Available, reason: text() };
    let free = ApplyHold { reason: text(), owner: Some(text()), ..hold(order_id, vec![Step::Ship]) };
    let location_id = rows.shop.locations[0];
    let commands: Vec<(Command, Vec<&str>)> = vec![
        (CancelLine { line_id, quantity: None, reason: text(), refund: false }.into(), vec!["reason"]),
        (CancelOrder { order_id, reason: text() }.into(), vec!["reason"]),
        (free.into(), vec!["reason", "owner"]),
        (HandOverHold { hold_id, owner: Some(text()) }.into(), vec!["owner"]),
        (ReleaseHold { hold_id, reason: Some(text()) }.into(), vec!["reason"]),
        (RejectHold { hold_id, reason: Some(text()) }.into(), vec!["reason"]),
        (GrantRefund { order_id, amount: Minor(1), reason: text() }.into(), vec!["reason"]),
        (
            ReceiveReturn { order_id, location_id, lines: vec![input], credit: None, refund: false }.into(),
            vec!["lines[0].reason"],
        ),
    ];
    for (command, paths) in commands {
        let refusal = rows.shop.run(command).expect_err("a refusal");
        let found: Vec<_> = refusal.problems.iter().map(|one| (one.path.as_str(), one.code.as_str())).collect();
        assert_eq!(found, paths.into_iter().map(|path| (path, "word")).collect::<Vec<_>>());
    }
}
