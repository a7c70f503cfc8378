//! Refuses requests that a browser was tricked into: a foreign page's (cross-site), or one under a foreign name that was
//! made to lead here (DNS rebinding). Nobody has to log in, so reaching this machine must not be enough.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderName, ORIGIN};
use actix_web::middleware::Next;

use super::State;
use super::failure::Failure;
use lotgraph_domain::ErrorCode;

/// The names under which a server is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedHosts(Option<Vec<String>>);

impl AllowedHosts {
    /// Those that mean this machine, and more in front of which a proxy stands; names without ports, in any case.
    #[must_use]
    pub fn local_and(more: impl IntoIterator<Item = String>) -> Self {
        let local = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        Self(Some(local.into_iter().chain(more).map(|host| host.to_lowercase()).collect()))
    }

    /// Any name: for a server that other machines are meant to reach.
    #[must_use]
    pub const fn any() -> Self {
        Self(None)
    }

    fn allow(&self, host: &str) -> bool {
        let Some(hosts) = &self.0 else { return true };
        let name = without_port(host).to_lowercase();
        hosts.contains(&name)
    }
}

/// `host:port` without its port; the colons of an IPv6 address stand in brackets.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Lets requests pass that name an allowed host, and whose page, if a page sent them, is of one.
pub(super) async fn check(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if let Some(state) = request.app_data::<actix_web::web::Data<State>>() {
        examine(&request, &state.options.allowed_hosts)?;
    }
    next.call(request).await
}

fn examine(request: &ServiceRequest, allowed: &AllowedHosts) -> Result<(), Failure> {
    let text = |name: HeaderName| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    // HTTP/1.0 knows no Host; a browser always sends it.
    let host = text(HOST).unwrap_or("localhost");
    if !allowed.allow(host) {
        let message = format!("this server does not answer for the host {host:?}");
        return Err(Failure::new(ErrorCode::HostNotAllowed, message));
    }
    let Some(origin) = text(ORIGIN) else { return Ok(()) };
    let page = origin.split_once("://").map_or(origin, |(_, host)| host);
    if allowed.allow(page) {
        return Ok(());
    }
    let message = format!("this server does not answer to pages from {origin:?}");
    Err(Failure::new(ErrorCode::HostNotAllowed, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_this_machine_and_the_given_ones() {
        let hosts = AllowedHosts::local_and(["Trace.Plant.example".to_owned()]);
        for host in
            ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "[::1]", "trace.plant.example:443"]
        {
            assert!(hosts.allow(host), "{host}");
        }
        for host in
            ["", "null", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "[::1"]
        {
            assert!(!hosts.allow(host), "{host}");
        }
        assert!(AllowedHosts::any().allow("evil.example"));
    }
}
