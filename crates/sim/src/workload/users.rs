//! People. Nobody signs in here: what is proven is what is kept of them.

use super::Desk;
use waybill_domain::Code;
use waybill_domain::access::Access;
use waybill_domain::access::archive::ArchiveUser;
use waybill_domain::access::change::ChangeUser;
use waybill_domain::access::identity::{BindIdentity, IdentityDigest, RemoveIdentity};
use waybill_domain::access::invite::{AcceptInvitation, InviteUser};
use waybill_domain::access::password::{PasswordHash, SetPassword};
use waybill_domain::access::role::Role;
use waybill_domain::access::sessions::{EndSessions, OfferLink};
use waybill_domain::access::totp::{ConfirmTotp, EnrollTotp, RemoveTotp, TotpSecret};
use waybill_domain::actor::Scope;
use waybill_domain::command::Command;
use waybill_domain::ids::{Id, UserId};
use waybill_domain::personal::{Party, Personal, PersonalParty};

/// One of few addresses, so that they meet; now and then none at all.
fn party(desk: &mut Desk<'_>) -> PersonalParty {
    let email =
        if desk.dice.chance(95) { format!("person{}@example.com", desk.dice.below(5)) } else { "nobody".into() };
    let value = Party { name: Some(format!("name {}", desk.number % 7)), email: Some(email), ..Party::default() };
    Personal { id: desk.ids.nth(2), value }
}

fn access(desk: &mut Desk<'_>) -> Access {
    let role = if desk.dice.chance(40) { Role::Owner } else { *desk.dice.pick(Role::ALL).unwrap_or(&Role::Viewer) };
    let mut access = Access::everywhere(role);
    if desk.dice.chance(10) {
        access.channels = Scope::Only(desk.books.channels.values().take(1).copied().collect());
    }
    access
}

/// One of two, so that the confirmed is the enrolled one half of the time.
fn secret(desk: &mut Desk<'_>) -> TotpSecret {
    TotpSecret(vec![desk.dice.below(2) as u8; if desk.dice.chance(95) { 20 } else { 3 }])
}

fn password_hash(desk: &mut Desk<'_>) -> PasswordHash {
    PasswordHash(if desk.dice.chance(95) { format!("$hash${}", desk.number) } else { String::new() })
}

/// Something about a user; one that is not there now and then.
pub fn users(desk: &mut Desk<'_>) -> Command {
    let known = desk.dice.pick(&desk.books.users).copied();
    let user_id = known.filter(|_| desk.dice.chance(95)).unwrap_or(UserId(Id(8)));
    match desk.dice.below(19) {
        0..3 => InviteUser { party: party(desk), access: access(desk) }.into(),
        3..6 => {
            let password_hash = desk.dice.chance(80).then(|| password_hash(desk));
            AcceptInvitation { user_id, password_hash }.into()
        }
        6..8 => {
            let party = desk.dice.chance(50).then(|| party(desk));
            ChangeUser { user_id, party, access: access(desk) }.into()
        }
        8 => ArchiveUser { user_id }.into(),
        9 => SetPassword { user_id, password_hash: password_hash(desk) }.into(),
        10 => EnrollTotp { user_id, secret: secret(desk) }.into(),
        11 | 12 => ConfirmTotp { user_id, secret: secret(desk) }.into(),
        13 => EndSessions { user_id }.into(),
        // One of few, so that they meet.
        14 | 15 => BindIdentity { user_id, identity: IdentityDigest([desk.dice.below(4) as u8; 32]) }.into(),
        16 => RemoveIdentity { user_id }.into(),
        17 => OfferLink { user_id }.into(),
        _ => RemoveTotp { user_id }.into(),
    }
}
