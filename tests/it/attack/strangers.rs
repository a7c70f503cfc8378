//! Pages of other sites, of other programs on this machine, and names that were made to lead here.

use lotgraph::http::{AllowedHosts, HttpOptions};

use super::raw::{Said, ask};
use crate::alerts::client::Socket;
use crate::support::service::Service;

const QUESTION: &str = r#"{"query":"{ __typename }"}"#;
const RECEIPT: &str = r#"{"type":"receive","id":"R","at":"2026-01-05T06:10:00Z","outputs":[{"lot":"A"}]}"#;

/// Where a service listens, as it is asked: `127.0.0.1:PORT`.
fn authority(service: &Service) -> &str {
    service.url.strip_prefix("http://").unwrap()
}

async fn with(service: &Service, line: &str, headers: &[(&str, &str)]) -> Said {
    let body = match line {
        "POST /graphql" => QUESTION,
        "POST /api/v1/events" => RECEIPT,
        _ => "",
    };
    let mut all = vec![("content-type", "application/json")];
    if !headers.iter().any(|(name, _)| *name == "host") {
        all.push(("host", authority(service)));
    }
    all.extend(headers);
    ask(&service.url, line, &all, body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn only_pages_of_the_same_scheme_host_and_port_are_ours() {
    let service = Service::empty().await;
    let own = format!("http://{}", authority(&service));
    let port = authority(&service).split(':').nth(1).unwrap();
    let localhost = format!("localhost:{port}");
    for line in ["GET /livez", "POST /graphql", "POST /api/v1/events", "GET /api/v1/alerts/stream?after=x"] {
        let expected = if line.contains("stream") { 400 } else { 200 };
        for headers in [vec![], vec![("origin", own.as_str())]] {
            assert_eq!(with(&service, line, &headers).await.status, expected, "{line} {headers:?}");
        }
        for foreign in [
            "http://127.0.0.1:9999".to_owned(),
            "http://127.0.0.1".to_owned(),
            format!("https://127.0.0.1:{port}"),
            format!("http://localhost:{port}"),
            "http://evil.example".to_owned(),
            "null".to_owned(),
            String::new(),
        ] {
            let said = with(&service, line, &[("origin", &foreign)]).await;
            assert_eq!(
                (said.status, said.body.contains("HOST_NOT_ALLOWED")),
                (403, true),
                "{line} {foreign} {said:?}"
            );
            assert!(said.body.contains("requestId") && said.head.contains("x-request-id"), "{said:?}");
        }
        let twice = with(&service, line, &[("origin", &own), ("origin", "http://evil.example")]).await;
        assert_eq!(twice.status, 403, "{line}");
        let other =
            with(&service, line, &[("host", &localhost), ("origin", &format!("http://{localhost}"))]).await;
        assert_eq!(other.status, expected, "{line}");
    }
    for foreign in ["http://localhost:9999", "http://127.0.0.1:9999", "null"] {
        let socket = Socket::try_open(&service.url, Some("graphql-transport-ws"), Some(foreign)).await;
        assert!(socket.is_err(), "{foreign}");
    }
    assert!(Socket::try_open(&service.url, Some("graphql-transport-ws"), Some(&own)).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_may_lead_to_a_page_and_no_further() {
    let service = Service::empty().await;
    let site = |site: &'static str| ("sec-fetch-site", site);
    let link = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    for good in ["same-origin", "none"] {
        assert_eq!(with(&service, "POST /graphql", &[site(good)]).await.status, 200, "{good}");
    }
    for bad in ["cross-site", "same-site", "whatever"] {
        for line in ["GET /livez", "POST /graphql", "POST /api/v1/events", "GET /graphiql", "GET /"] {
            assert_eq!(with(&service, line, &[site(bad)]).await.status, 403, "{bad} {line}");
        }
        for (line, status) in [("GET /graphiql", 200), ("GET /graphiql/", 200), ("GET /", 307)] {
            let said = with(&service, line, &[site(bad), link[0], link[1]]).await;
            assert_eq!(said.status, status, "{bad} {line}");
        }
        for line in ["GET /metrics", "GET /api/v1/alerts", "POST /graphql", "GET /graphiql/samples.json"] {
            assert_eq!(
                with(&service, line, &[site(bad), link[0], link[1]]).await.status,
                403,
                "{bad} {line}"
            );
        }
        let frame = [site(bad), link[0], ("sec-fetch-dest", "iframe")];
        assert_eq!(with(&service, "GET /graphiql", &frame).await.status, 403, "{bad}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_in_absolute_form_is_no_way_around() {
    let service = Service::empty().await;
    let host = authority(&service).to_owned();
    assert_eq!(with(&service, &format!("GET http://{host}/livez"), &[]).await.status, 200);
    for target in [
        "http://evil.example/livez".to_owned(),
        format!("http://evil.example@{host}/livez"),
        format!("https://{host}/livez"),
        "http://127.0.0.1:1/livez".to_owned(),
    ] {
        for given in [host.as_str(), "evil.example", "127.0.0.1:1"] {
            let same = target.contains(&format!("//{given}/")) && given == "127.0.0.1:1";
            let said = with(&service, &format!("GET {target}"), &[("host", given)]).await;
            // A name of this machine with another port is a way that somebody forwarded.
            assert_eq!(said.status == 200, same, "{target} {given} {said:?}");
        }
    }
    for given in ["evil.example", "localhost.evil.example", "localhost@evil.example", "", "localhost:port"] {
        assert_eq!(with(&service, "GET /livez", &[("host", given)]).await.status, 403, "{given:?}");
    }
    let twice = with(&service, "GET /livez", &[("host", &host), ("host", "evil.example")]).await;
    assert!([400, 403].contains(&twice.status), "{twice:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_shows_our_pages_under_its_origin() {
    let allowed_hosts = AllowedHosts::local_and(["https://trace.plant.example", "other.example"]).unwrap();
    let service = Service::with(|store| store, HttpOptions { allowed_hosts, ..HttpOptions::default() }).await;
    for (host, origin, status) in [
        ("trace.plant.example", "https://trace.plant.example", 200),
        ("127.0.0.1:8080", "https://trace.plant.example", 200),
        ("trace.plant.example", "http://trace.plant.example", 200),
        ("trace.plant.example", "https://trace.plant.example:8443", 403),
        ("other.example", "http://other.example", 200),
        ("other.example", "https://other.example", 403),
        ("third.example", "https://trace.plant.example", 403),
    ] {
        let said = with(&service, "POST /graphql", &[("host", host), ("origin", origin)]).await;
        assert_eq!(said.status, status, "{host} {origin} {said:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_kept_to_our_own_pages() {
    let service = Service::dairy().await;
    let data = [
        ("GET /livez", 200),
        ("GET /readyz", 200),
        ("POST /graphql", 200),
        ("POST /api/v1/events", 200),
        ("GET /api/v1/alerts", 200),
        ("GET /api/v1/trace?lot=MILK-1&direction=forward", 200),
        ("GET /api/v1/trace?lot=MILK-1&direction=forward&format=csv", 200),
        ("GET /api/v1/trace?lot=NOBODY&direction=forward", 404),
        ("GET /nothing", 404),
        ("PUT /livez", 405),
        ("GET /schema.graphql", 200),
        ("GET /graphiql/samples.json", 200),
    ];
    for (line, status) in data {
        let said = with(&service, line, &[]).await;
        assert_eq!(said.status, status, "{line} {said:?}");
        for header in [
            "x-content-type-options: nosniff",
            "cross-origin-resource-policy: same-origin",
            "cross-origin-opener-policy: same-origin",
            "x-frame-options: deny",
            "cache-control: no-store",
            "referrer-policy: no-referrer",
            "content-security-policy: default-src 'none'; frame-ancestors 'none'",
        ] {
            assert!(said.head.contains(header), "{line}: no {header} in {}", said.head);
        }
    }
    let page = with(&service, "GET /graphiql", &[]).await;
    for header in ["cache-control: no-cache", "etag: w/", "frame-ancestors 'none'", "x-frame-options: deny"] {
        assert!(page.head.contains(header), "no {header} in {}", page.head);
    }
    let refused = with(&service, "GET /graphiql", &[("host", "evil.example")]).await;
    assert!(refused.head.contains("cross-origin-resource-policy: same-origin"), "{}", refused.head);
}
