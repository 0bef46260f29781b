//! Charges beside the lines: which amounts they may have.

use super::OrderRefusal;
use super::records::ChargeKind;
use crate::attempt::Origin;
use crate::money::Minor;

/// Money off is a discount and everything else costs something; the tax on it goes the same way. A history that is
/// brought in has charges given back on documents of their own, so there a charge of any other kind may be below zero.
pub(super) fn check_sign(kind: ChargeKind, amount: Minor, tax: Minor, origin: Origin) -> Result<(), OrderRefusal> {
    let fits = match (kind, origin) {
        (ChargeKind::Discount, _) => amount.0 <= 0 && tax.0 <= 0,
        (ChargeKind::Shipping | ChargeKind::Fee | ChargeKind::Surcharge, Origin::Import) => true,
        (ChargeKind::Shipping | ChargeKind::Fee | ChargeKind::Surcharge, Origin::Live | Origin::Simulation) => {
            amount.0 >= 0 && tax.0 >= 0
        }
    };
    if fits { Ok(()) } else { Err(OrderRefusal::ChargeWrongSign { kind, amount, tax }) }
}

/// Nobody is paid for ordering. History has credit orders: charges given back, and no goods.
pub(super) fn check_total(total: Minor, origin: Origin) -> Result<(), OrderRefusal> {
    match origin {
        Origin::Live | Origin::Simulation if total.0 < 0 => Err(OrderRefusal::TotalBelowZero { total }),
        Origin::Live | Origin::Simulation | Origin::Import => Ok(()),
    }
}
