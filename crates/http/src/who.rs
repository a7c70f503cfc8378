//! Who asks: nobody says so, or a proxy that logs people in names them in a header.
//!
//! The header is believed from the proxy alone. From any other address it is refused, so that neither a forged name nor a
//! proxy that nobody named goes unnoticed; without the header such a request is anonymous, as health checks are.

use std::net::{IpAddr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;

use super::State;
use super::failure::Failure;
use super::local;
use lotgraph_domain::{Caller, CallerKind, Entry, ErrorCode, Text};

/// A network, or a single address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    /// How many leading bits an address shares with it.
    bits: u32,
}

impl Network {
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither an IP address nor a network like 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            None => (text, None),
            Some((address, bits)) => (address, Some(bits.parse::<u32>().map_err(|_| wrong())?)),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(wrong()) } else { Ok(Self { address, bits }) }
    }

    fn holds(self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let shift = 32 - self.bits;
                (own.to_bits() ^ other.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = 128 - self.bits;
                (own.to_bits() ^ other.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// The proxies that are believed about who asks, and the header in which they say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedProxies {
    header: HeaderName,
    /// Where they are; empty: on this machine.
    networks: Vec<Network>,
}

impl TrustedProxies {
    /// Proxies at these addresses or networks, or on this machine when none are given.
    ///
    /// # Errors
    /// Says which of the texts is wrong.
    pub fn parse<'a>(header: &str, networks: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let name = HeaderName::try_from(header).map_err(|_| format!("{header:?} is no name of a header"))?;
        let networks = networks.into_iter().map(Network::parse).collect::<Result<_, _>>()?;
        Ok(Self { header: name, networks })
    }

    /// Whether nobody said where they are.
    #[must_use]
    pub fn are_local(&self) -> bool {
        self.networks.is_empty()
    }

    fn believe(&self, peer: Option<SocketAddr>) -> bool {
        // A dual-stack socket shows an IPv4 address inside an IPv6 one.
        let Some(address) = peer.map(|peer| peer.ip().to_canonical()) else { return false };
        match self.are_local() {
            true => address.is_loopback(),
            false => self.networks.iter().any(|network| network.holds(address)),
        }
    }
}

/// Who sent a request.
///
/// # Errors
/// Those of [`local::caller`] when it wants to be believed as a command on this machine; `PROXY_NOT_TRUSTED` when it names a user from an address that is not believed, and when the name cannot be one.
pub(super) fn caller(request: &HttpRequest, state: &State, entry: Entry) -> Result<Caller, Failure> {
    if local::claims(request) {
        return local::caller(request, state.options.local_commands.as_ref());
    }
    let Some(proxies) = &state.options.trusted_proxies else { return Ok(Caller::anonymous(entry)) };
    let mut values = request.headers().get_all(&proxies.header);
    let Some(value) = values.next() else { return Ok(Caller::anonymous(entry)) };
    let header = &proxies.header;
    if !proxies.believe(request.peer_addr()) {
        let message = format!("the header {header} is believed from a trusted proxy only; leave it out");
        return Err(Failure::new(ErrorCode::ProxyNotTrusted, message));
    }
    if values.next().is_some() {
        // One of them may be what the client sent: the proxy has to replace it.
        return Err(Failure::argument(header.as_str(), "is there more than once; the proxy must replace it"));
    }
    let name = std::str::from_utf8(value.as_bytes()).map(str::trim);
    let name = name.map_err(|_| Failure::new(ErrorCode::TextInvalid, format!("{header} is not UTF-8")))?;
    if name.is_empty() {
        return Ok(Caller::anonymous(entry));
    }
    let actor = Text::parse(name).map_err(|error| Failure::text(header.as_str(), &error))?;
    Ok(Caller::named(actor, CallerKind::Person, entry))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn believes(networks: &[&str], address: &str) -> bool {
        let proxies = TrustedProxies::parse("X-User", networks.iter().copied()).expect("proxies");
        proxies.believe(Some(SocketAddr::new(address.parse().expect("an address"), 1)))
    }

    #[test]
    fn only_named_proxies_are_believed() {
        for (networks, address, believed) in [
            (&[][..], "127.0.0.1", true),
            (&[], "127.1.2.3", true),
            (&[], "::1", true),
            (&[], "::ffff:127.0.0.1", true),
            (&[], "10.0.0.1", false),
            (&["10.0.0.1"], "10.0.0.1", true),
            (&["10.0.0.1"], "::ffff:10.0.0.1", true),
            (&["10.0.0.1"], "10.0.0.2", false),
            (&["10.0.0.1"], "127.0.0.1", false),
            (&["10.1.0.0/16"], "10.1.255.255", true),
            (&["10.1.0.0/16"], "10.2.0.0", false),
            (&["192.168.1.7", "fd00::/8"], "fdff::1", true),
            (&["192.168.1.7", "fd00::/8"], "fe00::1", false),
            (&["0.0.0.0/0"], "203.0.113.9", true),
            (&["0.0.0.0/0"], "fd00::1", false),
        ] {
            assert_eq!(believes(networks, address), believed, "{networks:?} {address}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for network in ["", "proxy.example", "10.0.0.0/33", "10.0.0/8", "::1/129", "10.0.0.1/x"] {
            assert!(TrustedProxies::parse("X-User", [network]).is_err(), "{network}");
        }
        assert!(TrustedProxies::parse("X User", []).is_err());
        assert!(TrustedProxies::parse("", []).is_err());
    }
}
