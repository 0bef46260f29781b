//! The audit trail: who did what, and who signed in.

use crate::common::{Api, on_each, order};
use crate::sign_in::{PASSWORD, code, cookie, get, hidden, log_in, me, post, submit, user};
use std::sync::Arc;
use waybill_domain::access::role::Role;
use waybill_domain::access::totp::{ConfirmTotp, EnrollTotp, TotpSecret};
use waybill_domain::actor::{Actor, Door, Principal};
use waybill_domain::catalog::channel::{ChannelFacts, PutChannel};
use waybill_domain::ids::UserId;
use waybill_engine::Submission;
use waybill_store::read::overview;
use waybill_store::sign_in as kept;
use waybill_store::tables::{FailedSignIns, LinkPurpose, WrongProof};
use waybill_web::sign_in::links;

/// Links of the trail: the next page and what is shown, by the position at its end.
async fn trail_page(api: &Api, cookie: &str, path: &str) -> (Vec<i64>, Option<String>, String) {
    let answer = get(api, path, cookie).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let positions = answer.text.split("<td class=\"num quiet\" data-at=\"a2\">").skip(1);
    let positions = positions.map(|rest| rest.split('<').next().unwrap().parse().unwrap()).collect();
    let next = answer.text.split_once("\" rel=\"next\"").map(|(before, _)| before.rsplit("href=\"").next().unwrap());
    let next = next.map(|path| path.replace("&#38;", "&"));
    (positions, next, answer.text)
}

/// Who did something in a session did it from where that session was; a program has none, and a session that is over then, or
/// not begun, says nothing.
#[tokio::test(flavor = "multi_thread")]
async fn the_trail_says_from_where_people_acted() {
    on_each(async |api| {
        let own = user(api, "own@example.com", Role::Owner).await;
        let person = Arc::new(Actor::new(Principal::User(own), Door::Console, &Role::Owner.permissions()));
        let act = async |code: &str| {
            let name = format!("Channel {code}");
            let facts = ChannelFacts { code: code.into(), name, ship_on_pending: false, auto_release: false };
            let engine = api.engine();
            engine.submit(Submission::new(PutChannel { facts }, person.clone(), engine.ids())).await.unwrap();
        };
        let come = async |address: &str| {
            let cookie = cookie(&log_in(api, "own@example.com", PASSWORD).await);
            let sql = "UPDATE sessions SET address = $1 WHERE address IS NULL";
            api.state.store().execute(&[(sql, &[address.into()])]).await.unwrap();
            cookie
        };
        act("before").await;
        let first = come("192.0.2.1").await;
        act("first").await;
        post(api, "/logout", &first, &[]).await;
        act("between").await;
        come("192.0.2.2").await;
        act("second").await;
        let third = come("192.0.2.3").await;
        act("both").await;
        let rows = signed_in(api, &third, "/audit").await;
        let from = |code: &str| {
            let row = rows.iter().find(|row| row.contains(&format!("channel {code} "))).expect(code);
            row.split_once(&format!("channel {code} "))
                .unwrap()
                .1
                .rsplit_once(' ')
                .map_or("", |(from, _)| from)
                .to_owned()
        };
        let told = ["before", "first", "between", "second", "both"].map(from);
        assert_eq!(told, ["", "192.0.2.1", "", "192.0.2.2", "192.0.2.2 or 192.0.2.3"], "{rows:#?}");
    })
    .await;
}

/// A row of the trail says what people call a thing, and keeps its id for whoever needs that.
#[tokio::test(flavor = "multi_thread")]
async fn the_trail_names_things_as_people_know_them() {
    on_each(async |api| {
        api.shop().await;
        let placed = api.post("/api/v1/orders", &order("r-1")).await.ok();
        user(api, "own@example.com", Role::Owner).await;
        let cookie = cookie(&log_in(api, "own@example.com", PASSWORD).await);
        let (_, _, text) = trail_page(api, &cookie, "/audit?user=all").await;
        for name in
            [&format!("order {}", placed["number"].as_str().unwrap()), "item MUG-1", "location DUB", "channel web"]
        {
            assert!(text.contains(&format!(">{name}<")), "{name}: {text}");
        }
        assert!(text.contains(&format!("title=\"{}\"", placed["id"].as_str().unwrap())), "{text}");
    })
    .await;
}

/// What was done to one thing is found by what people call it, and what was done on some days by the days.
#[tokio::test(flavor = "multi_thread")]
async fn the_trail_is_cut_to_a_subject_and_to_days() {
    on_each(async |api| {
        api.shop().await;
        let number = async |name: &str| {
            let placed = api.post("/api/v1/orders", &order(name)).await.ok();
            placed["number"].as_str().unwrap().to_owned()
        };
        let (one, other) = (number("r-1").await, number("r-2").await);
        user(api, "own@example.com", Role::Owner).await;
        let cookie = cookie(&log_in(api, "own@example.com", PASSWORD).await);
        let shown = async |more: &str| trail_page(api, &cookie, &format!("/audit?user=all{more}")).await;
        let (all, ..) = shown("").await;
        let (found, _, text) = shown(&format!("&subject={}", one.to_lowercase())).await;
        assert!(!found.is_empty() && found.len() < all.len(), "{found:?} of {all:?}");
        assert!(text.contains(&format!(">order {one}<")) && !text.contains(&other), "{text}");
        assert!(shown("&subject=MUG-1").await.2.contains(">item MUG-1<"));
        let (found, _, text) = shown("&subject=NO-SUCH").await;
        assert!(found.is_empty() && text.contains("Nothing is called NO-SUCH."), "{text}");

        let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let (today, before) = (now, now.yesterday().unwrap());
        // Midnight may pass on the way: then what was done is a day back.
        assert_eq!(shown(&format!("&from={before}&to={}", today.tomorrow().unwrap())).await.0, all);
        assert!(shown(&format!("&to={}", before.yesterday().unwrap())).await.0.is_empty());
        assert!(shown(&format!("&from={}", today.tomorrow().unwrap().tomorrow().unwrap())).await.0.is_empty());
        assert_eq!(get(api, "/audit?from=soon", &cookie).await.status, 422);
    })
    .await;
}

/// The page of what people did passes over a long stretch of what programs did, and says when it stopped on the way.
#[tokio::test(flavor = "multi_thread")]
async fn the_trail_goes_on_beyond_stretches_without_a_person() {
    on_each(async |api| {
        user(api, "own@example.com", Role::Owner).await;
        let cookie = cookie(&log_in(api, "own@example.com", PASSWORD).await);
        let me: UserId = me(api, &cookie).await.ok()["principal"].as_str().unwrap().parse().unwrap();
        let person = Arc::new(Actor::new(Principal::User(me), Door::Console, &Role::Owner.permissions()));
        let act = async |code: &str| {
            let facts =
                ChannelFacts { code: code.into(), name: code.into(), ship_on_pending: false, auto_release: false };
            let engine = api.engine();
            engine.submit(Submission::new(PutChannel { facts }, person.clone(), engine.ids())).await.unwrap();
            overview::position(api.state.store()).await.unwrap()
        };
        // As many positions as 26 stretches of the trail have, in which nobody acted.
        let quiet = async || {
            let sql = "UPDATE log_head SET position = position + 520000 WHERE id = 1";
            api.state.store().execute(&[(sql, &[])]).await.unwrap();
        };
        let first = act("one").await;
        quiet().await;
        let last = act("two").await;
        assert!(last > first + 520_000, "{first}, {last}");
        let (mut seen, mut path, mut empty) = (Vec::new(), "/audit".to_owned(), 0);
        loop {
            let (positions, next, text) = trail_page(api, &cookie, &path).await;
            if positions.is_empty() {
                empty += 1;
                assert!(text.contains("older ones may") && next.is_some(), "it says that there may be more: {text}");
            }
            seen.extend(positions);
            let Some(next) = next else { break };
            path = next;
            assert!(empty < 10, "it comes to an end");
        }
        assert!(empty >= 2, "one page does not go through all of it");
        let own: Vec<i64> = seen.iter().copied().filter(|position| *position >= first).collect();
        assert_eq!(own, [last, first], "nothing is lost between the pages, and nothing is shown twice");
        let mut once = seen.clone();
        once.dedup();
        assert_eq!(once, seen);
    })
    .await;
}

/// The words of each row of the list of sign-ins, without its tags.
async fn signed_in(api: &Api, cookie: &str, path: &str) -> Vec<String> {
    let page = get(api, path, cookie).await;
    assert_eq!(page.status, 200, "{}", page.text);
    let rows = page.text.split_once("<tbody>").map_or("", |(_, rest)| rest.split("</tbody>").next().unwrap());
    let plain = |row: &str| {
        let mut out = String::new();
        for piece in row.split('<') {
            out.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
            out.push(' ');
        }
        out.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    rows.split("</tr>").map(plain).filter(|row| !row.is_empty()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_kept_with_how_it_began_and_when_it_ended() {
    on_each(async |api| {
        user(api, "own@example.com", Role::Owner).await;
        let ada = user(api, "ada@example.com", Role::Viewer).await;
        let owner = cookie(&log_in(api, "own@example.com", PASSWORD).await);
        let first = cookie(&log_in(api, "ada@example.com", PASSWORD).await);
        let path = format!("/audit/sign-ins?user={ada}");
        let rows = signed_in(api, &owner, &path).await;
        assert!(rows.len() == 1 && rows[0].contains("Ada password ") && rows[0].ends_with(" open"), "{rows:?}");
        post(api, "/logout", &first, &[]).await;
        assert_eq!(me(api, &first).await.status, 401, "what is kept as a record lets nobody in");
        let (store, random, now) = (api.state.store(), api.engine().token(), api.engine().now());
        let link = links::make(store, random, ada, LinkPurpose::SignIn, now).await.unwrap();
        cookie(&get(api, &format!("/sign-in/{link}"), "").await);
        let secret = TotpSecret(b"12345678901234567890".to_vec());
        submit(api, EnrollTotp { user_id: ada, secret: secret.clone() }).await;
        submit(api, ConfirmTotp { user_id: ada, secret: secret.clone() }).await;
        let asked = log_in(api, "ada@example.com", PASSWORD).await;
        let step = hidden(&asked, "step");
        let spoiled = step.replace("password", "single_sign_on");
        let code = code(&secret, api.engine().now());
        let tried = post(api, "/login/totp", "", &[("step", &spoiled), ("code", &code)]).await;
        assert!(tried.text.contains("Begin again"), "a token says one thing alone: {}", tried.text);
        cookie(&post(api, "/login/totp", "", &[("step", &step), ("code", &code)]).await);
        let mut rows = signed_in(api, &owner, &path).await;
        let shown = rows.remove(0);
        assert!(shown.contains("Ada password and code "), "{shown}");
        assert!(rows.len() == 2 && rows[0].contains("Ada one-time link "), "{rows:?}");
        assert!(rows[1].contains("Ada password ") && rows[1].contains(" signed out "), "{rows:?}");
        let all = signed_in(api, &owner, "/audit/sign-ins").await;
        assert_eq!(all.len(), 4, "the owner's own, too: {all:?}");
        user(api, "ben@example.com", Role::Viewer).await;
        let viewer = cookie(&log_in(api, "ben@example.com", PASSWORD).await);
        assert_eq!(get(api, "/audit/sign-ins", &viewer).await.status, 403, "a viewer does not see who came when");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_to_sign_in_that_failed_is_kept_for_whom_it_was() {
    on_each(async |api| {
        user(api, "own@example.com", Role::Owner).await;
        let ada = user(api, "ada@example.com", Role::Viewer).await;
        let owner = cookie(&log_in(api, "own@example.com", PASSWORD).await);
        let page = "/audit/failed-sign-ins";
        assert!(get(api, page, &owner).await.text.contains("No try failed"));
        for password in ["four brown mugs", "five brown mugs"] {
            log_in(api, "ada@example.com", password).await;
        }
        log_in(api, "four brown mugs", PASSWORD).await;
        let viewer = cookie(&log_in(api, "ada@example.com", PASSWORD).await);
        assert_eq!(get(api, page, &viewer).await.status, 403);
        let now = api.engine().now();
        let secret = TotpSecret(b"12345678901234567890".to_vec());
        submit(api, EnrollTotp { user_id: ada, secret: secret.clone() }).await;
        submit(api, ConfirmTotp { user_id: ada, secret: secret.clone() }).await;
        let wrong = if code(&secret, now) == "000000" { "000001" } else { "000000" };
        let step = hidden(&log_in(api, "ada@example.com", PASSWORD).await, "step");
        post(api, "/login/totp", "", &[("step", &step), ("code", wrong)]).await;
        // A full hour may have passed on the way: then there are more rows of fewer tries.
        let rows = signed_in(api, &owner, page).await;
        let tries = |what: &str| {
            let of = rows.iter().filter(|row| row.contains(what));
            of.map(|row| row.rsplit(' ').nth(1).unwrap().parse::<i64>().unwrap()).sum::<i64>()
        };
        let told = ["Ada wrong password", "Ada wrong code", "nobody here unknown email", ""].map(tries);
        assert_eq!(told, [2, 1, 1, 4], "{rows:#?}");
        let text = get(api, page, &owner).await.text;
        assert!(!text.contains("brown mugs"), "what was typed is not kept");
        let of_ada = signed_in(api, &owner, &format!("{page}?user={ada}")).await;
        assert!(!of_ada.is_empty() && of_ada.iter().all(|row| row.contains("Ada wrong")), "{of_ada:?}");
    })
    .await;
}

/// Whoever has many addresses, or much time, fills neither the store nor the page.
#[tokio::test(flavor = "multi_thread")]
async fn tries_that_failed_are_told_apart_only_so_far_and_kept_only_so_long() {
    on_each(async |api| {
        let ada = user(api, "ada@example.com", Role::Owner).await;
        let session = cookie(&log_in(api, "ada@example.com", PASSWORD).await);
        let (store, now) = (api.state.store(), api.engine().now());
        let fail = async |address: &str, now| {
            kept::failed(store, Some(ada), WrongProof::Password, Some(address), now).await.unwrap();
        };
        fail("198.51.100.1", now.plus_seconds(-91 * 86_400)).await;
        let count = async |condition: &str| {
            let sql = format!(
                "SELECT CAST(COUNT(*) AS BIGINT), CAST(SUM(tries) AS BIGINT) FROM failed_sign_ins WHERE {condition}"
            );
            let [rows, tries] = store.read(&sql, &[]).await.unwrap()[0].values().to_vec().try_into().unwrap();
            (rows, tries)
        };
        assert_eq!(count("TRUE").await, (1.into(), 1.into()));
        for n in 0..FailedSignIns::ROWS_MAX + 20 {
            fail(&format!("2001:db8::{n:x}"), now).await;
        }
        assert_eq!(count("TRUE").await, (1_001.into(), 1_020.into()), "what is old is gone");
        assert_eq!(count("address = ''").await, (1.into(), 20.into()));
        // Each page begins where the one before ended.
        let (mut seen, mut path) = (0, "/audit/failed-sign-ins".to_owned());
        loop {
            let (_, next, text) = trail_page(api, &session, &path).await;
            seen += text.matches("wrong password").count();
            let Some(next) = next else { break };
            path = next;
        }
        assert_eq!(seen, 1_001);
        let own = get(api, "/account", &session).await.text;
        assert_eq!(own.matches("wrong password").count(), 5, "the latest alone: {own}");
    })
    .await;
}
