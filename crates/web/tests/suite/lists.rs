//! Lists as each viewer set them up: columns and views of one's own.

use crate::common::{Api, on_each, order, page, send};
use waybill_domain::Code;
use waybill_domain::actor::Permission;

/// The titles of the list's columns.
async fn titles(api: &Api) -> Vec<String> {
    let text = page(api, "/orders").await.text;
    let head = text.split("<thead>").nth(1).and_then(|rest| rest.split("</thead>").next()).unwrap();
    let cells = head.split("<th").skip(2).map(|cell| cell.split_once('>').unwrap().1);
    cells.map(|cell| cell.split('<').next().unwrap().trim().to_owned()).collect()
}

#[tokio::test]
async fn each_viewer_chooses_columns_for_themselves() {
    on_each(async |api| {
        api.shop().await;
        api.post("/api/v1/orders", &order("COL-1")).await.ok();
        let one = api.with_secret(Some(&api.key(Permission::ALL, None, None).await));
        let other = api.with_secret(Some(&one.key(Permission::ALL, None, None).await));
        let usual = titles(&one).await;
        let first = ["Order", "Placed", "Channel", "Customer", "Total", "Payment", "Fulfillment", "Delivery", "Holds"];
        assert_eq!(usual[..9], first);
        let dialog = page(&one, "/orders/columns?back=/orders").await;
        assert_eq!(dialog.text.matches(" checked").count(), 9, "{}", dialog.text);
        let back = "/orders?lifecycle=confirmed";
        let chosen = [("column", "external_ref"), ("column", "total"), ("column", "nonsense"), ("back", back)];
        let answer = send(&one, "/orders/columns", &chosen).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (303, Some(back)));
        assert_eq!(titles(&one).await, ["Order", "Their number", "Total"]);
        assert!(page(&one, "/orders").await.text.contains("COL-1"));
        assert_eq!(titles(&other).await, usual, "somebody else's list is as it was");
        // Nothing but the number is a list too, and the usual ones come back.
        send(&one, "/orders/columns", &[]).await;
        assert_eq!(titles(&one).await, ["Order"]);
        send(&one, "/orders/columns", &[("column", "total"), ("usual", "true")]).await;
        assert_eq!(titles(&one).await, usual);
        // Whoever comes from elsewhere is not sent there.
        let answer = send(&one, "/orders/columns", &[("back", "//evil.example/orders")]).await;
        assert_eq!(answer.header("location"), Some("/orders"));
    })
    .await;
}

#[tokio::test]
async fn a_view_of_ones_own_is_kept_shown_and_forgotten() {
    on_each(async |api| {
        api.shop().await;
        api.post("/api/v1/orders", &order("VIEW-1")).await.ok();
        let one = api.with_secret(Some(&api.key(Permission::ALL, None, None).await));
        let other = api.with_secret(Some(&one.key(Permission::ALL, None, None).await));
        let filtered = "/orders?lifecycle=confirmed&channel=web";
        let list = page(&one, filtered).await;
        assert!(list.text.contains("/orders/view?lifecycle=confirmed&#38;channel=web"), "{}", list.text);
        let name = "<b>web & \"open\"</b>";
        let query = "lifecycle=confirmed&channel=web";
        let kept = send(&one, "/orders/view", &[("query", query), ("name", name)]).await;
        assert_eq!((kept.status.as_u16(), kept.header("location")), (303, Some(filtered)));
        let list = page(&one, filtered).await;
        assert!(list.text.contains("aria-current=\"page\">&#60;b&#62;web &#38;"), "{}", list.text);
        assert!(list.text.contains("Forget this view") && !list.text.contains("Keep this view"));
        assert!(!page(&other, "/orders").await.text.contains("&#60;b&#62;web"), "it is one's own");
        assert_eq!(send(&one, "/orders/view/forget", &[("name", name)]).await.status, 303);
        assert!(!page(&one, "/orders").await.text.contains("&#60;b&#62;web"));

        // What cannot be kept is said, and what was typed stays.
        let nothing = send(&one, "/orders/view", &[("query", ""), ("name", "all")]).await;
        assert_eq!(nothing.status, 422);
        assert!(nothing.text.contains("Filter the list first") && nothing.text.contains("value=\"all\""));
        assert_eq!(send(&one, "/orders/view", &[("query", query)]).await.status, 422);
        assert_eq!(send(&one, "/orders/view", &[("query", "lifecycle=sold"), ("name", "x")]).await.status, 422);
        assert_eq!(send(&one, "/orders/view", &[("query", "%zz=1&x=2"), ("name", "x")]).await.status, 422);
        for n in 0..20 {
            let kept = send(&one, "/orders/view", &[("query", query), ("name", &format!("view {n}"))]).await;
            assert_eq!(kept.status, 303, "{}", kept.text);
        }
        let full = send(&one, "/orders/view", &[("query", query), ("name", "one more")]).await;
        assert_eq!(full.status, 422);
        assert!(full.text.contains("You have 20 views"));
        let again = send(&one, "/orders/view", &[("query", "held=true"), ("name", "view 3")]).await;
        assert_eq!(again.status, 303, "a view that is there is changed");
    })
    .await;
}
