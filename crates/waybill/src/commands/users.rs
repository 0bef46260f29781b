//! `waybill user create`, `list` and `link`.

use super::keys::{channels, locations};
use crate::cli::{User, UserCreate, UserLink};
use crate::database::{engine, open_current, open_existing};
use crate::failure::Failure;
use crate::output::Output;
use crate::settings::Settings;
use serde_json::json;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use waybill_domain::Code;
use waybill_domain::access::email::EmailDigest;
use waybill_domain::access::invite::InviteUser;
use waybill_domain::access::role::Role;
use waybill_domain::access::sessions::OfferLink;
use waybill_domain::access::{Access, UserState};
use waybill_domain::actor::{Actor, Door};
use waybill_domain::ids::UserId;
use waybill_domain::personal::{Party, Personal};
use waybill_engine::{Engine, Submission};
use waybill_store::StoreError;
use waybill_store::read::users::{self, Account, AccountKey};
use waybill_store::read::{PageRequest, Viewer};
use waybill_store::tables::LinkPurpose;
use waybill_web::sign_in::links;

pub async fn run(user: User, settings: &Settings, output: Output) -> Result<(), Failure> {
    match user {
        User::Create(create) => self::create(&create, settings, output).await,
        User::List => list(settings, output).await,
        User::Link(link) => self::link(&link, settings, output).await,
    }
}

fn actor() -> Arc<Actor> {
    Arc::new(Actor::system("command_line", Door::Command))
}

/// Where a browser of this machine finds what listens here.
pub fn address(listen: SocketAddr) -> String {
    let host = match listen.ip() {
        IpAddr::V4(ip) if !ip.is_unspecified() => ip.to_string(),
        IpAddr::V6(ip) if !ip.is_unspecified() => format!("[{ip}]"),
        IpAddr::V4(_) | IpAddr::V6(_) => "localhost".to_owned(),
    };
    format!("http://{host}:{}", listen.port())
}

/// Makes a link for a user and returns its whole address.
pub async fn make_link(
    engine: &Engine,
    user_id: UserId,
    purpose: LinkPurpose,
    address: &str,
) -> Result<String, Failure> {
    let token = links::make(&**engine.store(), engine.token(), user_id, purpose, engine.now()).await?;
    Ok(format!("{address}{}", links::path(purpose, &token)))
}

async fn create(asked: &UserCreate, settings: &Settings, output: Output) -> Result<(), Failure> {
    let role = Role::from_code(&asked.role).ok_or_else(|| {
        let known = Role::ALL.iter().map(|role| role.code()).collect::<Vec<_>>().join(", ");
        Failure::Usage(format!("--role: no such role: {}; there are: {known}", asked.role))
    })?;
    let store = open_current(&settings.database()?, settings).await?;
    let channels = channels(&*store, &asked.channels).await?;
    let locations = locations(&*store, &asked.locations).await?;
    let engine = engine(store, settings, false).await?;
    let made = invite(&engine, &asked.name, &asked.email, Access { role, channels, locations }).await;
    let made = match made {
        Ok(id) => make_link(&engine, id, LinkPurpose::Join, &address(settings.server.listen)).await.map(|at| (id, at)),
        Err(failure) => Err(failure),
    };
    engine.stop().await;
    let (id, link) = made?;
    output.answer(&json!({"id": id, "role": role, "link": link}));
    output.line(&link);
    if !output.is_json() {
        eprintln!(
            "This link works once, within 7 days; it is shown only now. Start `waybill serve` and open it: whoever does chooses \
             the password of {id}."
        );
    }
    Ok(())
}

/// Invites somebody.
pub async fn invite(engine: &Engine, name: &str, email: &str, access: Access) -> Result<UserId, Failure> {
    let ids = engine.ids();
    let value = Party { name: Some(name.to_owned()), email: Some(email.trim().to_owned()), ..Party::default() };
    let command = InviteUser { party: Personal { id: ids.nth(1), value }, access };
    let receipt = engine.submit(Submission::new(command, actor(), ids)).await?;
    Ok(receipt.subject.map_or(UserId::NIL, |subject| UserId(subject.id)))
}

async fn list(settings: &Settings, output: Output) -> Result<(), Failure> {
    let store = settings.database()?.open_reader(settings).await?;
    store.check_schema().await?;
    let (mut rows, mut page) = (Vec::new(), PageRequest { limit: Some(PageRequest::LIMIT_MAX), after: None });
    loop {
        let found = users::users(&*store, &Viewer::system(), None, &page).await.map_err(StoreError::from)?;
        rows.extend(found.rows);
        match found.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    let list: Vec<_> = rows
        .iter()
        .map(|row| {
            let party = row.party.clone().unwrap_or_default();
            json!({
                "id": row.id, "name": party.name, "email": party.email, "role": row.role, "channels": row.channels,
                "locations": row.locations, "state": row.state, "two_factors": row.totp_confirmed_at.is_some(),
                "single_sign_on": row.identity_bound_at.is_some(),
                "invited_at": row.invited_at.to_rfc3339(), "joined_at": row.joined_at.map(|at| at.to_rfc3339()),
            })
        })
        .collect();
    output.answer(&json!({"users": list}));
    for row in &rows {
        let party = row.party.clone().unwrap_or_default();
        let (name, email) = (party.name.unwrap_or_default(), party.email.unwrap_or_default());
        output.line(format!("{}  {name}  {email}  {}  {}", row.id, row.role, row.state));
    }
    if rows.is_empty() {
        output.line("there is no user yet; `waybill user create --email EMAIL --name NAME` invites one");
    }
    Ok(())
}

async fn link(asked: &UserLink, settings: &Settings, output: Output) -> Result<(), Failure> {
    let key = match asked.user.parse::<UserId>() {
        Ok(id) => AccountKey::Id(id),
        Err(_) => AccountKey::Email(EmailDigest::of(&asked.user)),
    };
    let store = open_existing(&settings.database()?, settings).await?;
    let account = users::account(&*store, key).await.map_err(StoreError::from)?;
    let Some(Account { user, .. }) = account else {
        return Err(Failure::Usage(format!("there is no user {}; `waybill user list` shows them", asked.user)));
    };
    let purpose = match user.state {
        UserState::Invited => LinkPurpose::Join,
        UserState::Active | UserState::Archived => LinkPurpose::Password,
    };
    let engine = engine(store, settings, false).await?;
    let offered = engine.submit(Submission::new(OfferLink { user_id: user.id }, actor(), engine.ids())).await;
    let link = match offered {
        Ok(_) => make_link(&engine, user.id, purpose, &address(settings.server.listen)).await,
        Err(error) => Err(error.into()),
    };
    engine.stop().await;
    let link = link?;
    output.answer(&json!({"id": user.id, "link": link}));
    output.line(&link);
    Ok(())
}
