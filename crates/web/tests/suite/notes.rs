//! Notes that name colleagues: whom they mean, who is told, and until when.

use crate::common::{Api, on_each, order};
use crate::sign_in::{self, PASSWORD, called, cookie, log_in};
use serde_json::json;
use std::time::Duration;
use waybill_domain::access::role::Role;

async fn somebody(api: &Api, name: &str, email: &str, role: Role) -> (String, String) {
    let id = called(api, name, email, role).await;
    (id.to_string(), cookie(&log_in(api, email, PASSWORD).await))
}

/// Today of somebody, when it is or is not so: a worker follows the log.
async fn today(api: &Api, cookie: &str, part: &str, is_there: bool) -> String {
    for _ in 0..1_500 {
        let page = sign_in::get(api, "/", cookie).await;
        if page.text.contains(part) == is_there {
            return page.text;
        }
        api.engine().nudge();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{part} is {}there", if is_there { "not " } else { "" });
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_note_names_is_told_until_they_have_read_it() {
    on_each(async |api| {
        api.shop().await;
        let (mei_is, mei) = somebody(api, "Mei Tran", "mei@example.com", Role::Support).await;
        let (_, ada) = somebody(api, "Ada Byron", "ada@example.com", Role::Owner).await;
        let placed = api.post("/api/v1/orders", &order("N-1")).await.ok();
        let (id, number) = (placed["id"].as_str().unwrap(), placed["number"].as_str().unwrap());

        let text = "@mei please call; @nobody and mei@mei.example hear nothing";
        let written = [("key", "n-1"), ("text", text)];
        let path = format!("/orders/{number}/note");
        let noted = sign_in::post(api, &path, &ada, &written).await;
        assert_eq!(noted.status, 303);
        let said = noted.header("set-cookie").unwrap().replace("%20", " ").replace("%40", "@");
        for part in ["Mei Tran told", "nobody was told by @nobody"] {
            assert!(said.contains(part), "{part}: {said}");
        }
        let notes = api.get(&format!("/api/v1/orders/{id}/notes")).await.ok();
        assert_eq!(notes["data"][0]["mentions"], json!([mei_is]));
        let shown = sign_in::get(api, &format!("/orders/{number}"), &ada).await.text;
        let marked = "<span class=\"at\">@mei</span> please call; @nobody and mei@mei.example hear nothing";
        assert!(shown.contains(marked), "{shown}");

        let told = today(api, &mei, "You are named in", true).await;
        assert!(told.contains(marked) && told.contains("Ada Byron") && told.contains(number), "{told}");
        assert!(told.contains("<span>Today</span><span class=\"n\">1</span>"), "the rail counts it");
        assert!(!sign_in::get(api, "/", &ada).await.text.contains("You are named in"), "nobody named Ada");
        // What is on Mei’s list is nobody else’s to take away.
        let position = sign_in::hidden(&sign_in::get(api, "/", &mei).await, "position");
        let others = [("key", "n-2"), ("position", position.as_str()), ("all", "yes")];
        assert_eq!(sign_in::post(api, "/notes/read", &ada, &others).await.status, 303);
        today(api, &mei, "You are named in", true).await;
        assert_eq!(sign_in::post(api, "/notes/read", &mei, &others).await.status, 303);
        today(api, &mei, "You are named in", false).await;

        // The same of a customer, by the API.
        api.put("/api/v1/customers/ACME", &json!({"tier": "standard"})).await.ok();
        let named = json!({"text": "Ask @MEI TRAN about the credit"});
        api.post("/api/v1/customers/ACME/notes", &named).await.ok();
        let told = today(api, &mei, "You are named in", true).await;
        assert!(told.contains("href=\"/customers/ACME\"") && told.contains("@MEI TRAN</span>"), "{told}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn colleagues_are_offered_by_how_a_word_of_their_name_begins() {
    on_each(async |api| {
        let (_, ada) = somebody(api, "Ada Byron", "ada@example.com", Role::Owner).await;
        let (_, mei) = somebody(api, "Mei Tran", "mei@example.com", Role::Viewer).await;
        let offered = async |who: &str, q: &str| sign_in::get(api, &format!("/colleagues{q}"), who).await.text;
        assert!(offered(&ada, "?q=tr").await.contains(">Mei Tran</li>"));
        assert!(offered(&ada, "").await.contains(">Mei Tran</li>"));
        assert!(!offered(&ada, "?q=ran").await.contains("Mei"));
        assert!(!offered(&mei, "?q=mei").await.contains("Mei Tran"), "nobody writes to themselves");
        assert!(offered(&mei, "?q=ada%20b").await.contains(">Ada Byron</li>"));
    })
    .await;
}
