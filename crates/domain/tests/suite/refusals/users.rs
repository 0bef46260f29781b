//! People: joining, changing, leaving, and how they sign in.

use crate::refusals::rows::*;

fn party(rows: &mut Rows, name: &str, email: &str) -> PersonalParty {
    let (name, email) = (Some(name.to_owned()), Some(email.to_owned()));
    Personal { id: rows.shop.ids().nth(1), value: Party { name, email, ..Party::default() } }
}

fn invite(rows: &mut Rows, email: &str, role: Role) -> UserId {
    let party = party(rows, "Somebody", email);
    let events = rows.must(InviteUser { party, access: Access::everywhere(role) });
    assert!(!events[0].encode().contains(email), "{}", events[0].encode());
    UserId(events[0].aggregate().id)
}

fn join(rows: &mut Rows, user_id: UserId) {
    let password_hash = Some(PasswordHash("$hash$1".into()));
    let events = rows.must(AcceptInvitation { user_id, password_hash });
    assert!(!events[0].encode().contains("$hash"), "{}", events[0].encode());
}

fn user(rows: &Rows, id: UserId) -> User {
    rows.shop.world.user(id).expect("a user").clone()
}

pub fn users(rows: &mut Rows) {
    let channels = Scope::Only(vec![ChannelId::NIL]);
    let bad = InviteUser {
        party: party(rows, " ", "nobody"),
        access: Access { channels: channels.clone(), ..Access::everywhere(Role::Owner) },
    };
    let paths = ["name length", "email malformed", "channels owner_scoped"];
    assert_eq!(faults(rows, bad), ("user.invalid".to_owned(), paths.map(str::to_owned).to_vec()));
    rows.reached.insert("user.invalid".into());

    let ada = invite(rows, "ada@example.com", Role::Owner);
    let again = party(rows, "Other", " ADA@example.com");
    rows.refused("user.email_taken", InviteUser { party: again, access: Access::everywhere(Role::Viewer) });
    let set = |user_id| SetPassword { user_id, password_hash: PasswordHash("$hash$2".into()) };
    rows.refused("user.not_active", set(ada));
    join(rows, ada);
    rows.refused("user.not_invited", AcceptInvitation { user_id: ada, password_hash: None });
    rows.refused("user.last_owner", ArchiveUser { user_id: ada });
    let demote = |user_id| ChangeUser { user_id, party: None, access: Access::everywhere(Role::Manager) };
    rows.refused("user.last_owner", demote(ada));

    // An owner who was only invited cannot stand in for one.
    let ben = invite(rows, "ben@example.com", Role::Owner);
    rows.refused("user.last_owner", demote(ada));
    join(rows, ben);
    let before = user(rows, ada).epoch;
    rows.must(demote(ada));
    assert_eq!((user(rows, ada).role, user(rows, ada).epoch), (Role::Manager, before + 1), "sessions end");
    rows.refused("user.last_owner", demote(ben));
    assert_eq!(rows.must(demote(ada)), [], "it is so");
    let renamed = party(rows, "Ada L.", "ada.l@example.com");
    rows.must(ChangeUser { party: Some(renamed.clone()), ..demote(ada) });
    assert_eq!(user(rows, ada).epoch, before + 1, "another name ends no session");
    assert!(rows.shop.world.user_by_email(EmailDigest::of("ada@example.com")).is_none(), "the old address is free");
    let taken = party(rows, "Ben", "Ada.L@example.com");
    rows.refused(
        "user.email_taken",
        ChangeUser { user_id: ben, party: Some(taken), access: Access::everywhere(Role::Owner) },
    );
    let same = ChangeUser { party: Some(renamed), ..demote(ada) };
    rows.must(same.clone());
    rows.shop.expected_version = Some(1);
    rows.refused("user.stale_version", same.clone());
    let blank = party(rows, "", "ada.l@example.com");
    rows.refused("user.invalid", ChangeUser { party: Some(blank), ..demote(ada) });
    let scoped = Access { channels, ..Access::everywhere(Role::Owner) };
    rows.refused("user.invalid", ChangeUser { user_id: ben, party: None, access: scoped });

    let epoch = user(rows, ada).epoch;
    rows.must(set(ada));
    assert_eq!(user(rows, ada).password_hash, Some(PasswordHash("$hash$2".into())));
    assert_eq!(user(rows, ada).epoch, epoch + 1, "a new password ends every session");
    for wrong in ["", "with space", &"x".repeat(501)] {
        rows.refused("user.invalid", SetPassword { user_id: ada, password_hash: PasswordHash(wrong.to_owned()) });
    }
    authenticators(rows, ada);
    identities(rows, ada, ben);
    let epoch = user(rows, ada).epoch;
    rows.must(OfferLink { user_id: ada });
    assert_eq!(user(rows, ada).epoch, epoch, "a link that nobody has used yet signs nobody out");
    rows.must(EndSessions { user_id: ada });
    assert_eq!(user(rows, ada).epoch, epoch + 1);

    let digest = EmailDigest::of("ada.l@example.com");
    assert_eq!(rows.shop.world.user_by_email(digest).map(|user| user.id), Some(ada));
    rows.must(ArchiveUser { user_id: ada });
    let gone = user(rows, ada);
    assert_eq!(
        (gone.state, gone.email_digest, gone.password_hash, gone.totp_secret),
        (UserState::Archived, None, None, None)
    );
    assert_eq!((gone.identity_digest, gone.identity_bound_at), (None, None));
    assert!(rows.shop.world.user_by_email(digest).is_none());
    rows.refused("user.unknown", ArchiveUser { user_id: ada });
    rows.must(PutCustomer { code: "c".into(), party: None, tier: Tier::Standard });
    let note = PersonalText { id: TextId::NIL, value: "@ada".into() };
    rows.refused("user.unknown", AddCustomerNote { code: "c".into(), note, mentions: vec![UserId::NIL] });
    rows.refused("user.unknown", same);
    rows.refused("user.unknown", set(ada));
    rows.refused("user.unknown", RemoveTotp { user_id: ada });
    rows.refused("user.unknown", BindIdentity { user_id: ada, identity: IdentityDigest([1; 32]) });
    rows.refused("user.unknown", RemoveIdentity { user_id: ada });
    rows.refused("user.unknown", EndSessions { user_id: ada });
    rows.refused("user.unknown", OfferLink { user_id: ada });
    rows.refused("user.unknown", AcceptInvitation { user_id: UserId::NIL, password_hash: None });
    let back = invite(rows, "ada.l@example.com", Role::Viewer);
    assert_ne!(back, ada, "whoever comes back is a new user");
    rows.must(BindIdentity { user_id: back, identity: IdentityDigest([1; 32]) });
    assert_eq!(
        user(rows, back).state,
        UserState::Active,
        "the identity of who is gone is free again, and one joins by it"
    );
    rows.must(ArchiveUser { user_id: back });
}

fn authenticators(rows: &mut Rows, user_id: UserId) {
    let (first, second) = (TotpSecret(vec![1; 20]), TotpSecret(vec![2; 20]));
    rows.refused("user.totp_not_enrolled", ConfirmTotp { user_id, secret: first.clone() });
    for length in [19, 65] {
        rows.refused("user.invalid", EnrollTotp { user_id, secret: TotpSecret(vec![1; length]) });
    }
    let epoch = user(rows, user_id).epoch;
    rows.must(EnrollTotp { user_id, secret: first.clone() });
    let events = rows.must(EnrollTotp { user_id, secret: second.clone() });
    assert!(!events[0].encode().contains("secret"), "{}", events[0].encode());
    assert_eq!((user(rows, user_id).totp_confirmed_at, user(rows, user_id).epoch), (None, epoch), "not asked for yet");
    rows.refused("user.totp_not_enrolled", ConfirmTotp { user_id, secret: first.clone() });
    rows.must(ConfirmTotp { user_id, secret: second.clone() });
    assert_eq!(user(rows, user_id).totp_confirmed_at, Some(rows.shop.now));
    assert_eq!(rows.must(ConfirmTotp { user_id, secret: second }), [], "it is");
    rows.refused("user.totp_in_use", EnrollTotp { user_id, secret: first });
    rows.must(RemoveTotp { user_id });
    assert_eq!((user(rows, user_id).totp_secret, user(rows, user_id).epoch), (None, epoch + 2));
    assert_eq!(rows.must(RemoveTotp { user_id }), [], "there is none");
}

fn identities(rows: &mut Rows, user_id: UserId, other: UserId) {
    let (first, second) = (IdentityDigest([1; 32]), IdentityDigest([2; 32]));
    let bind = |user_id, identity| BindIdentity { user_id, identity };
    assert_eq!(rows.must(RemoveIdentity { user_id }), [], "there is none");
    let epoch = user(rows, user_id).epoch;
    let events = rows.must(bind(user_id, first));
    assert_eq!(events.iter().map(Event::kind).collect::<Vec<_>>(), ["user.identity_bound"]);
    assert!(!events[0].encode().contains("digest"), "{}", events[0].encode());
    assert_eq!((user(rows, user_id).identity_bound_at, user(rows, user_id).epoch), (Some(rows.shop.now), epoch + 1));
    assert_eq!(rows.must(bind(user_id, first)), [], "it is");
    rows.refused("user.identity_in_use", bind(user_id, second));
    rows.refused("user.identity_taken", bind(other, first));
    rows.must(RemoveIdentity { user_id });
    assert_eq!((user(rows, user_id).identity_digest, user(rows, user_id).epoch), (None, epoch + 2));
    rows.must(bind(other, first));
    rows.must(RemoveIdentity { user_id: other });
    rows.must(bind(user_id, first));
    // Who was invited joins by it, without a password.
    let invited = invite(rows, "cleo@example.com", Role::Viewer);
    let events = rows.must(bind(invited, second));
    assert_eq!(events.iter().map(Event::kind).collect::<Vec<_>>(), ["user.joined", "user.identity_bound"]);
    let joined = user(rows, invited);
    assert_eq!((joined.state, joined.password_hash), (UserState::Active, None));
    rows.must(ArchiveUser { user_id: invited });
}

/// Nobody makes, changes or ends somebody who may more than they may themselves; how they sign in is everybody's own.
#[test]
fn nobody_hands_out_more_than_they_hold_and_everybody_may_change_how_they_sign_in() {
    let mut rows = Rows::open();
    let owner = invite(&mut rows, "owner@example.com", Role::Owner);
    let clerk = invite(&mut rows, "clerk@example.com", Role::Viewer);
    join(&mut rows, owner);
    join(&mut rows, clerk);
    let mut permissions = Role::Manager.permissions();
    permissions.push(Permission::UsersWrite);
    let manager = Actor::new(Principal::System("manager"), Door::Console, &permissions);
    let own = Actor::new(Principal::User(clerk), Door::Console, &[]);
    let with = party(&mut rows, "New", "new@example.com");
    let code = |command: Command, actor: &Actor| match command.permit(&rows.shop.world, actor) {
        Ok(()) => "permitted".to_owned(),
        Err(Stop::Refused(refusal)) => refusal.code,
        Err(Stop::Needs(needs)) => panic!("needs {needs:?}"),
    };
    let invite = |role| -> Command { InviteUser { party: with.clone(), access: Access::everywhere(role) }.into() };
    let change =
        |user_id, role| -> Command { ChangeUser { user_id, party: None, access: Access::everywhere(role) }.into() };
    assert_eq!(code(invite(Role::Support), &manager), "permitted");
    assert_eq!(code(invite(Role::Owner), &manager), "system.not_permitted");
    assert_eq!(code(change(clerk, Role::Support), &manager), "permitted");
    assert_eq!(code(change(clerk, Role::Owner), &manager), "system.not_permitted");
    assert_eq!(code(change(owner, Role::Viewer), &manager), "system.not_permitted");
    assert_eq!(code(ArchiveUser { user_id: owner }.into(), &manager), "system.not_permitted");
    assert_eq!(code(RemoveTotp { user_id: owner }.into(), &manager), "system.not_permitted");
    let set = |user_id| -> Command { SetPassword { user_id, password_hash: PasswordHash("$h$".into()) }.into() };
    assert_eq!(code(set(clerk), &own), "permitted");
    assert_eq!(code(set(owner), &own), "system.not_permitted");
    assert_eq!(code(RemoveTotp { user_id: clerk }.into(), &own), "permitted");
    let bind = |user_id| -> Command { BindIdentity { user_id, identity: IdentityDigest([1; 32]) }.into() };
    assert_eq!(code(bind(clerk), &own), "permitted");
    assert_eq!(code(bind(owner), &own), "system.not_permitted");
    assert_eq!(code(RemoveIdentity { user_id: clerk }.into(), &own), "system.not_permitted");
    assert_eq!(code(RemoveIdentity { user_id: owner }.into(), &manager), "system.not_permitted");
    assert_eq!(code(EndSessions { user_id: clerk }.into(), &own), "permitted");
    assert_eq!(code(OfferLink { user_id: clerk }.into(), &own), "system.not_permitted");
    assert_eq!(code(OfferLink { user_id: clerk }.into(), &manager), "permitted");
    assert_eq!(code(OfferLink { user_id: owner }.into(), &manager), "system.not_permitted");
    assert_eq!(code(change(clerk, Role::Viewer), &own), "system.not_permitted");
    assert_eq!(code(ArchiveUser { user_id: clerk }.into(), &own), "system.not_permitted");
}
