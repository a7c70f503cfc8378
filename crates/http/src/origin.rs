//! Refuses requests that a browser was tricked into: a foreign page's (cross-site), one of another program on this machine
//! (another port), or one under a foreign name that was made to lead here (DNS rebinding). Nobody has to log in, so reaching
//! this machine must not be enough.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderName, ORIGIN};
use actix_web::middleware::Next;

use super::State;
use super::failure::Failure;
use lotgraph_domain::ErrorCode;

/// Says from where a page sent a request (W3C Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The pages: what a link of another site may lead to.
const PAGES: [&str; 3] = ["/", "/graphiql", "/graphiql/"];

/// A name and a port, as they stand in an address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Host {
    name: String,
    port: u16,
}

/// Where a page comes from (RFC 6454).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    scheme: String,
    host: Host,
}

impl Host {
    /// `name` or `name:port`; the colons of an IPv6 address stand in brackets.
    fn parse(text: &str, usual_port: u16) -> Option<Self> {
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (name, port.parse().ok()?)
            }
            _ => (text, usual_port),
        };
        let (start, end) = (name.starts_with('['), name.ends_with(']'));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        let good = match (start, end) {
            (true, true) => name.len() > 2 && name[1..name.len() - 1].bytes().all(|b| b == b':' || plain(b)),
            _ => !name.is_empty() && name.bytes().all(plain),
        };
        good.then(|| Self { name: name.to_ascii_lowercase(), port })
    }
}

impl Origin {
    /// `scheme://name` or `scheme://name:port`.
    fn parse(text: &str) -> Option<Self> {
        let (scheme, host) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let usual_port = match scheme.as_str() {
            "http" => 80,
            "https" => 443,
            _ => return None,
        };
        Some(Self { host: Host::parse(host, usual_port)?, scheme })
    }
}

/// The names under which a server is asked for, and the pages besides its own that may ask it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedHosts {
    /// Names without ports; absent: any.
    names: Option<Vec<String>>,
    /// Where the server's own pages come from when a proxy in front shows them under another address.
    origins: Vec<Origin>,
}

impl AllowedHosts {
    /// Those that mean this machine, and more that a proxy in front is known by: names, or whole origins like
    /// `https://trace.plant.example`, whose pages are taken for the server's own.
    ///
    /// # Errors
    /// Says which of them is neither.
    pub fn local_and<'a>(more: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut names: Vec<String> = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).into();
        let mut origins = Vec::new();
        for entry in more {
            let origin = Origin::parse(entry);
            let name = match (&origin, entry.contains("://")) {
                (Some(origin), _) => Some(origin.host.name.clone()),
                (None, true) => None,
                (None, false) => Host::parse(entry, 80).map(|host| host.name),
            };
            names.push(name.ok_or_else(|| {
                format!("{entry:?} is neither a name nor an origin like https://trace.plant.example")
            })?);
            origins.extend(origin);
        }
        Ok(Self { names: Some(names), origins })
    }

    /// Those that mean this machine.
    #[must_use]
    pub fn local() -> Self {
        Self::local_and([]).unwrap_or_default()
    }

    /// Any name: for a server that other machines are meant to reach.
    #[must_use]
    pub const fn any() -> Self {
        Self { names: None, origins: Vec::new() }
    }

    fn allow(&self, host: &Host) -> bool {
        self.names.as_ref().is_none_or(|names| names.contains(&host.name))
    }

    /// Whether pages of an origin are the server's own, when it is asked under a host.
    fn own(&self, origin: &Origin, host: &Host) -> bool {
        (origin.scheme == "http" && origin.host == *host) || self.origins.contains(origin)
    }
}

/// Lets requests pass that name an allowed host, and whose page, if a page sent them, is one of ours.
pub(super) async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let allowed = request.app_data::<actix_web::web::Data<State>>().map(|state| &state.options.allowed_hosts);
    if let Some(Err(refusal)) = allowed.map(|allowed| examine(&request, allowed)) {
        return Ok(request.error_response(refusal).map_into_right_body());
    }
    next.call(request).await.map(ServiceResponse::map_into_left_body)
}

/// The value of a header; an error when it is there more than once, or is no text.
fn one(request: &ServiceRequest, name: &HeaderName) -> Result<Option<String>, Failure> {
    let mut values = request.headers().get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text.to_owned())),
        _ => Err(refusal(format!("the header {name} is there more than once, or is no text"))),
    }
}

fn refusal(message: String) -> Failure {
    Failure::new(ErrorCode::HostNotAllowed, message)
}

fn examine(request: &ServiceRequest, allowed: &AllowedHosts) -> Result<(), Failure> {
    let host = host(request)?;
    if !allowed.allow(&host) {
        return Err(refusal(format!("this server does not answer for the host {:?}", host.name)));
    }
    if let Some(text) = one(request, &ORIGIN)? {
        let own = Origin::parse(&text).is_some_and(|origin| allowed.own(&origin, &host));
        if !own {
            let message = format!(
                "this server does not answer to pages from {text:?}, only to its own; behind a proxy, add its origin to \
                 http.allowed_hosts"
            );
            return Err(refusal(message));
        }
    }
    match one(request, &SEC_FETCH_SITE)?.as_deref() {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) if leads_to_a_page(request)? => Ok(()),
        Some(site) => {
            let message = format!("a page of another site ({site:?}) asked for this; open it from here");
            Err(refusal(message))
        }
    }
}

/// Whether somebody followed a link to a page.
fn leads_to_a_page(request: &ServiceRequest) -> Result<bool, Failure> {
    let is = |name: &HeaderName, wanted: &str| -> Result<bool, Failure> {
        Ok(one(request, name)?.is_some_and(|value| value == wanted))
    };
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    Ok(reads
        && PAGES.contains(&request.path())
        && is(&SEC_FETCH_MODE, "navigate")?
        && is(&SEC_FETCH_DEST, "document")?)
}

/// The host that a request is for: that of the header, which a target in absolute form has to repeat (RFC 9112, 3.2.2).
fn host(request: &ServiceRequest) -> Result<Host, Failure> {
    let parse = |text: &str| {
        Host::parse(text, 80)
            .ok_or_else(|| refusal(format!("this server does not answer for the host {text:?}")))
    };
    let header = one(request, &HOST)?.map(|text| parse(&text)).transpose()?;
    let uri = request.uri();
    let target = match (uri.scheme_str(), uri.authority()) {
        (None, None) => None,
        (Some("http"), Some(authority)) => Some(parse(authority.as_str())?),
        _ => return Err(refusal(format!("this server is no proxy for {uri}"))),
    };
    match (header, target) {
        (Some(header), Some(target)) if header != target => {
            Err(refusal(format!("the target is at {:?}, and the host is {:?}", target.name, header.name)))
        }
        (Some(host), _) | (None, Some(host)) => Ok(host),
        // HTTP/1.0 knows no Host; a browser always sends it.
        (None, None) => parse("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(hosts: &AllowedHosts, host: &str) -> bool {
        Host::parse(host, 80).is_some_and(|host| hosts.allow(&host))
    }

    fn owns(hosts: &AllowedHosts, origin: &str, host: &str) -> bool {
        let host = Host::parse(host, 80).expect("a host");
        Origin::parse(origin).is_some_and(|origin| hosts.own(&origin, &host))
    }

    #[test]
    fn only_names_of_this_machine_and_the_given_ones() {
        let hosts = AllowedHosts::local_and(["Trace.Plant.example"]).expect("a name");
        for host in
            ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "[::1]", "trace.plant.example:443"]
        {
            assert!(allows(&hosts, host), "{host}");
        }
        for host in [
            "",
            "null",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example:80",
            "[::1",
            "evil.example@localhost",
            "localhost:x",
            "localhost:99999",
            "localhost/",
        ] {
            assert!(!allows(&hosts, host), "{host}");
        }
        assert!(allows(&AllowedHosts::any(), "evil.example"));
        for entry in ["", "a b", "ftp://x", "https://", "https://x/y", "https://u@x"] {
            assert!(AllowedHosts::local_and([entry]).is_err(), "{entry}");
        }
    }

    #[test]
    fn a_page_is_ours_by_scheme_host_and_port() {
        let hosts = AllowedHosts::local_and(["https://Trace.plant.example", "other.example"]).expect("hosts");
        for (origin, host) in [
            ("http://localhost:8080", "localhost:8080"),
            ("http://LOCALHOST", "localhost:80"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("https://trace.plant.example", "trace.plant.example"),
            ("https://trace.plant.example:443", "127.0.0.1:8080"),
            ("http://other.example", "other.example"),
        ] {
            assert!(owns(&hosts, origin, host), "{origin} {host}");
        }
        for (origin, host) in [
            ("http://localhost:9999", "localhost:8080"),
            ("http://localhost", "localhost:8080"),
            ("https://localhost:8080", "localhost:8080"),
            ("http://127.0.0.1:8080", "localhost:8080"),
            ("https://other.example", "other.example"),
            ("https://trace.plant.example:8443", "trace.plant.example"),
            ("null", "localhost"),
            ("file://", "localhost"),
            ("http://localhost:8080/", "localhost:8080"),
        ] {
            assert!(!owns(&hosts, origin, host), "{origin} {host}");
        }
        assert!(!owns(&AllowedHosts::any(), "http://evil.example", "trace.plant.example"));
    }
}
