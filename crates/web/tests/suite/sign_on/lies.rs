//! What is believed of a provider, and what is not.

use super::liar::{Liar, Manner, key};
use super::{Begun, begin, get, invited, me, session, session_of, submit, told, user, with_provider};
use crate::common::{Answer, Api, on_each};
use axum::http::StatusCode;
use serde_json::{Value, json};
use waybill_domain::access::archive::ArchiveUser;
use waybill_domain::access::identity::RemoveIdentity;
use waybill_domain::access::role::Role;
use waybill_domain::access::totp::{ConfirmTotp, EnrollTotp, TotpSecret};
use waybill_domain::ids::UserId;

fn ada() -> Value {
    json!({"email": "Ada@example.com", "email_verified": true})
}

/// Begins, lets the provider vouch for somebody, lets it lie, and comes back.
async fn come(api: &Api, liar: &Liar, subject: &str, email: Value, lie: impl FnOnce(&mut Manner)) -> Answer {
    let begun = begin(api, "/login/oidc").await;
    liar.vouch(&begun, api.engine().now(), subject, email);
    liar.change(lie);
    begun.back(api, &right(&begun)).await
}

fn right(begun: &Begun) -> String {
    format!("code=a-code&state={}", begun.given("state"))
}

#[track_caller]
fn kept_out(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status.as_u16(), session_of(answer)), (status, None), "{}", answer.text);
    assert!(answer.text.contains(&format!("/docs/errors/{code}")), "{code}: {}", answer.text);
    assert!(waybill_web::errors::page(code).is_some(), "{code} has no page");
    assert!(answer.text.contains("action=\"/login\""), "one can sign in otherwise");
}

/// How many tries of somebody, or of nobody who is known, are kept as not taken from the provider.
async fn kept_as_failed(api: &Api, user_id: UserId) -> i64 {
    let sql = "SELECT tries FROM failed_sign_ins WHERE wrong = 'identity' AND user_id = $1";
    let rows = api.state.store().read(sql, &[user_id.0.into()]).await.unwrap();
    // A row for each hour in which there were some.
    rows.iter()
        .map(|row| match row.values() {
            [waybill_store::Value::Int(tries)] => *tries,
            other => panic!("{other:?}"),
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_found_by_email_once_and_by_their_identity_from_then_on() {
    on_each(async |api| {
        let liar = Liar::start().await;
        let api = with_provider(api, &liar.issuer);
        let owner = user(&api, "owner@example.com", Role::Owner).await;
        let user_id = user(&api, "ada@example.com", Role::Support).await;
        let login = get(&api, "/login?next=%2Forders%3Fq%3D50%2525", "").await;
        assert!(login.text.contains("Sign in with Example &#38; Sons"), "{}", login.text);
        assert!(login.text.contains("href=\"/login/oidc?next=%2Forders%3Fq%3D50%2525\""), "{}", login.text);

        let begun = begin(&api, "/login/oidc?next=%2Forders%3Fq%3D50%2525").await;
        assert!(
            begun.address.starts_with(&format!("{}/auth?tenant=1&response_type=code&", liar.issuer)),
            "{}",
            begun.address
        );
        let given = ["client_id", "redirect_uri", "code_challenge_method"].map(|name| begun.given(name));
        assert_eq!(given, ["waybill", super::CALLBACK, "S256"]);
        assert!(begun.given("scope").split(' ').eq(["openid", "email"]));
        liar.vouch(&begun, api.engine().now(), "7", ada());
        let answer = begun.back(&api, &right(&begun)).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some("/orders?q=50%25")));
        let first = session(&answer);
        assert_eq!(me(&api, &first).await.ok()["principal"], user_id.to_string());
        assert!(
            answer
                .headers
                .get_all("set-cookie")
                .iter()
                .any(|one| one.to_str().unwrap().starts_with("waybill-sign-on=; Path=/; Max-Age=0"))
        );

        // Another session each time, and nothing more to bind; the email no longer matters.
        let again = session(&come(&api, &liar, "7", json!({}), |_| {}).await);
        assert_ne!(again, first);
        let other_mail = json!({"email": "owner@example.com", "email_verified": true});
        let again = session(&come(&api, &liar, "7", other_mail, |_| {}).await);
        assert_eq!(me(&api, &again).await.ok()["principal"], user_id.to_string());
        assert_eq!(told(&api, user_id).await, ["user.invited", "user.joined", "user.identity_bound"]);

        // Whoever is given the address later is not taken for them, until an owner says that they are the same.
        kept_out(&come(&api, &liar, "8", ada(), |_| {}).await, 409, "sign_on.another_identity");
        submit(&api, RemoveIdentity { user_id }).await;
        me(&with_provider(&api, &liar.issuer), &again).await.problem(401, "request.unauthenticated");
        let answer = come(&api, &liar, "8", ada(), |_| {}).await;
        assert_eq!(me(&api, &session(&answer)).await.ok()["principal"], user_id.to_string());
        let answer = come(&api, &liar, "7", ada(), |_| {}).await;
        kept_out(&answer, 409, "sign_on.another_identity");
        assert_eq!(kept_as_failed(&api, user_id).await, 2);

        // Who is gone is gone, whatever the provider says.
        submit(&api, ArchiveUser { user_id }).await;
        kept_out(&come(&api, &liar, "8", ada(), |_| {}).await, 403, "sign_on.not_invited");
        let page = session(
            &come(&api, &liar, "1", json!({"email": "owner@example.com", "email_verified": "true"}), |_| {}).await,
        );
        let page = get(&api, &format!("/settings/users/{owner}"), &page).await;
        assert!(page.text.contains("Unbind from the provider"), "{}", page.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_invited_joins_and_nobody_else_does() {
    on_each(async |api| {
        let liar = Liar::start().await;
        let api = with_provider(api, &liar.issuer);
        let user_id = invited(&api, "ada@example.com", Role::Warehouse).await;
        for unverified in [json!(false), json!("false"), Value::Null, json!("yes")] {
            let email = json!({"email": "ada@example.com", "email_verified": unverified});
            kept_out(&come(&api, &liar, "7", email, |_| {}).await, 403, "sign_on.email_unverified");
        }
        let stranger = json!({"email": "eve@example.com", "email_verified": true});
        kept_out(&come(&api, &liar, "9", stranger, |_| {}).await, 403, "sign_on.not_invited");
        assert_eq!(kept_as_failed(&api, UserId::NIL).await, 5);
        // The email is not in the token but told where it is asked for; of somebody else it is not taken.
        let tell = |subject: &str| json!({"sub": subject, "email": "ada@example.com", "email_verified": true});
        let answer = come(&api, &liar, "7", json!({}), |manner| manner.told = tell("8")).await;
        kept_out(&answer, 502, "sign_on.untrusted");
        assert_eq!(told(&api, user_id).await, ["user.invited"], "nothing was done");
        let answer = come(&api, &liar, "7", json!({}), |manner| manner.told = tell("7")).await;
        assert_eq!(me(&api, &session(&answer)).await.ok()["principal"], user_id.to_string());
        assert_eq!(told(&api, user_id).await, ["user.invited", "user.joined", "user.identity_bound"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_an_authenticator_still_shows_a_code() {
    on_each(async |api| {
        let liar = Liar::start().await;
        let api = with_provider(api, &liar.issuer);
        let user_id = user(&api, "ada@example.com", Role::Viewer).await;
        let secret = TotpSecret(vec![1; 20]);
        submit(&api, EnrollTotp { user_id, secret: secret.clone() }).await;
        submit(&api, ConfirmTotp { user_id, secret }).await;
        let answer = come(&api, &liar, "7", ada(), |_| {}).await;
        assert_eq!((answer.status.as_u16(), session_of(&answer)), (200, None));
        assert!(
            answer.text.contains("action=\"/login/totp\"") && answer.text.contains("name=\"next\" value=\"/\""),
            "{}",
            answer.text
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_proves_nothing_signs_nobody_in() {
    on_each(async |api| {
        let liar = Liar::start().await;
        let api = with_provider(api, &liar.issuer);
        let user_id = user(&api, "ada@example.com", Role::Viewer).await;
        let now_s = api.engine().now().0 / 1_000_000;
        let saying = |name: &'static str, value: Value| move |manner: &mut Manner| manner.claims[name] = value;
        type Lie = Box<dyn FnOnce(&mut Manner)>;
        let lies: Vec<(&str, Lie)> = vec![
            ("another nonce", Box::new(saying("nonce", json!("0".repeat(64))))),
            ("no nonce", Box::new(saying("nonce", Value::Null))),
            ("another audience", Box::new(saying("aud", json!("others")))),
            ("other audiences", Box::new(saying("aud", json!(["others", "more"])))),
            ("shared, and nobody says for whom", Box::new(saying("aud", json!(["waybill", "others"])))),
            ("for another client", Box::new(saying("azp", json!("others")))),
            ("another issuer", Box::new(saying("iss", json!("https://id.example")))),
            ("expired", Box::new(saying("exp", json!(now_s - 61)))),
            ("never expires", Box::new(saying("exp", Value::Null))),
            ("of tomorrow", Box::new(saying("iat", json!(now_s + 86_400)))),
            ("nobody", Box::new(saying("sub", json!("")))),
            ("a long name", Box::new(saying("sub", json!("x".repeat(256))))),
            ("an unknown key", Box::new(|manner: &mut Manner| manner.header["kid"] = json!("two"))),
            ("a key that is not shown", Box::new(|manner: &mut Manner| manner.signer = Some(key()))),
            (
                "no signature",
                Box::new(|manner: &mut Manner| {
                    (manner.header, manner.signer) = (json!({"alg": "none"}), None);
                }),
            ),
            (
                "no signature, by name of a key",
                Box::new(|manner: &mut Manner| {
                    (manner.header, manner.signer) = (json!({"alg": "none", "kid": "one"}), None);
                }),
            ),
            (
                "a signature that everybody could make",
                Box::new(|manner: &mut Manner| {
                    (manner.header, manner.signer) = (json!({"alg": "HS256", "kid": "one"}), None);
                }),
            ),
            ("another algorithm than the key's", Box::new(|manner: &mut Manner| manner.header["alg"] = json!("RS256"))),
            ("more to understand", Box::new(|manner: &mut Manner| manner.header["crit"] = json!(["exp"]))),
            (
                "a huge answer",
                Box::new(|manner: &mut Manner| {
                    manner.instead = Some((StatusCode::OK, format!("{{\"x\": \"{}\"}}", "x".repeat(300 << 10))));
                }),
            ),
            ("no JSON", Box::new(|manner: &mut Manner| manner.instead = Some((StatusCode::OK, "<html>".to_owned())))),
            (
                "no token",
                Box::new(|manner: &mut Manner| {
                    manner.instead = Some((StatusCode::OK, r#"{"id_token": "a.b", "access_token": "x"}"#.to_owned()));
                }),
            ),
            (
                "a wrong secret",
                Box::new(|manner: &mut Manner| {
                    manner.instead = Some((StatusCode::UNAUTHORIZED, r#"{"error": "invalid_client"}"#.to_owned()));
                }),
            ),
            (
                "a redirect",
                Box::new(|manner: &mut Manner| {
                    manner.instead = Some((StatusCode::FOUND, String::new()));
                }),
            ),
        ];
        for (what, lie) in lies {
            let honest = {
                let manner = liar.manner.lock().unwrap();
                (manner.header.clone(), manner.signer.clone())
            };
            let answer = come(&api, &liar, "7", ada(), lie).await;
            assert!(answer.text.contains("sign_on.untrusted"), "{what}: {}", answer.text);
            kept_out(&answer, 502, "sign_on.untrusted");
            liar.change(|manner| ((manner.header, manner.signer), manner.instead) = (honest, None));
        }
        assert_eq!(told(&api, user_id).await, ["user.invited", "user.joined"], "nobody was bound");

        // Clocks differ a little, a token may be for others too, and keys are changed.
        let close = come(&api, &liar, "7", ada(), |manner| {
            manner.claims["iat"] = json!(now_s + 30);
            manner.claims["aud"] = json!(["others", "waybill"]);
            manner.claims["azp"] = json!("waybill");
        });
        session(&close.await);
        let next = key();
        liar.change(|manner| {
            (manner.shown, manner.signer) = (vec![("two", next.clone())], Some(next));
            manner.header = json!({"alg": "ES256", "kid": "two"});
        });
        session(&come(&api, &liar, "7", ada(), |_| {}).await);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_this_browser_began_comes_to_its_end_and_only_in_time() {
    on_each(async |api| {
        let liar = Liar::start().await;
        let api = with_provider(api, &liar.issuer);
        user(&api, "ada@example.com", Role::Viewer).await;
        let begun = begin(&api, "/login/oidc").await;
        let other = begin(&api, "/login/oidc").await;
        assert_ne!(begun.given("state"), other.given("state"));
        liar.vouch(&begun, api.engine().now(), "7", ada());
        let expired = |answer: Answer| kept_out(&answer, 400, "sign_on.expired");
        // Another browser, one that began something else, no state, twice a state.
        expired(get(&api, &format!("/login/oidc/callback?{}", right(&begun)), "").await);
        expired(other.back(&api, &right(&begun)).await);
        expired(begun.back(&api, "code=a-code").await);
        expired(begun.back(&api, &format!("{}&state=x", right(&begun))).await);
        expired(begun.back(&api, "code=a-code&state=").await);
        // What the browser remembers is of one piece: neither when it began nor where it goes on can be changed.
        let (secret, rest) = begun.cookie.split_once('.').unwrap();
        let (at_s, next) = rest.split_once('.').unwrap();
        for changed in [
            format!("{secret}.{}.{next}", at_s.parse::<i64>().unwrap() + 1),
            format!("{secret}.{at_s}.%2Fevil"),
            "waybill-sign-on=".to_owned(),
        ] {
            expired(get(&api, &format!("/login/oidc/callback?{}", right(&begun)), &changed).await);
        }
        // Too late: a cookie that is eleven minutes old, with the state that belongs to it.
        let old = format!("{}.{}.%2F", "a".repeat(64), at_s.parse::<i64>().unwrap() - 660);
        let state = waybill_domain::chain::hex(&waybill_web::secret_hash(&format!("state {old}")));
        expired(
            get(&api, &format!("/login/oidc/callback?code=a-code&state={state}"), &format!("waybill-sign-on={old}"))
                .await,
        );
        // A code that the provider gave somebody else.
        expired(begun.back(&api, &format!("code=another&state={}", begun.given("state"))).await);

        let state = begun.given("state");
        let declined =
            begun.back(&api, &format!("error=access_denied&error_description=%3Cscript%3Ewheedle&state={state}")).await;
        kept_out(&declined, 403, "sign_on.declined");
        assert!(!declined.text.contains("wheedle"), "{}", declined.text);
        kept_out(&begun.back(&api, &format!("error=server_error&state={state}")).await, 503, "sign_on.unavailable");
        kept_out(&begun.back(&api, &format!("error=%3Cb%3E&state={state}")).await, 502, "sign_on.untrusted");
        kept_out(&begun.back(&api, &format!("state={state}")).await, 502, "sign_on.untrusted");
        kept_out(
            &begun.back(&api, &format!("{}&iss=https%3A%2F%2Fevil.example", right(&begun))).await,
            502,
            "sign_on.untrusted",
        );
        let iss = liar.issuer.replace(':', "%3A").replace('/', "%2F");
        session(&begun.back(&api, &format!("{}&iss={iss}", right(&begun))).await);

        // No page of another site begins it, and nobody is led to another one by it.
        let headers = [super::HERE, ("sec-fetch-site", "cross-site")];
        let led = api.send("GET", "/login/oidc", &headers, axum::body::Body::empty()).await;
        assert_eq!((led.header("location"), led.header("set-cookie")), (Some("/login"), None));
        for foreign in ["https%3A%2F%2Fevil.example", "%2F%2Fevil.example", "%2F%5Cevil.example", "x", "%2Fa&next=%2Fb"]
        {
            let begun = begin(&api, &format!("/login/oidc?next={foreign}")).await;
            liar.vouch(&begun, api.engine().now(), "7", ada());
            assert_eq!(begun.back(&api, &right(&begun)).await.header("location"), Some("/"), "{foreign}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_away_or_another_keeps_nobody_from_their_password() {
    on_each(async |api| {
        user(api, "ada@example.com", Role::Viewer).await;
        let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = nobody.local_addr().unwrap();
        drop(nobody);
        let away = with_provider(api, &format!("http://{address}"));
        kept_out(&get(&away, "/login/oidc?next=%2Forders", "").await, 503, "sign_on.unavailable");
        let liar = Liar::start().await;
        let other_name = with_provider(api, &format!("{}/", liar.issuer));
        kept_out(&get(&other_name, "/login/oidc", "").await, 502, "sign_on.untrusted");
        // Where no provider is named there is neither a button nor a way.
        assert!(!get(api, "/login", "").await.text.contains("/login/oidc"));
        for path in ["/login/oidc", "/login/oidc/callback?code=x&state=y"] {
            assert_eq!(get(api, path, "").await.header("location"), Some("/login"), "{path}");
        }
    })
    .await;
}
