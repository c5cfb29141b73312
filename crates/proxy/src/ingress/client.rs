//! Who a request comes from, and what of `x-envoy-*` a client may say.

use bytes::Bytes;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::OnceLock;
use tollgate_config::ClientAddress;
use tollgate_host::fields::{FieldName, HeaderMap};
use tollgate_host::stream::ConnectionInfo;

/// Fields that are for the proxy, and for plugins to set; of a client from outside they are taken out.
const CONTROL: &[&str] = &[
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-force-trace",
    "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-internal",
    "x-envoy-ip-tags",
    "x-envoy-max-retries",
    "x-envoy-original-url",
    "x-envoy-retriable-header-names",
    "x-envoy-retriable-status-codes",
    "x-envoy-retry-grpc-on",
    "x-envoy-retry-on",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-upstream-rq-timeout-ms",
];

/// Fields that proxies within tell each other; of a client at the edge they are taken out, too.
const EDGE: &[&str] = &[
    "x-envoy-decorator-operation",
    "x-envoy-downstream-service-cluster",
    "x-envoy-downstream-service-node",
    "x-envoy-original-host",
    "x-envoy-original-path",
];

/// Where a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    /// Who sends it, where that is not the connection's peer.
    pub(super) client: Option<SocketAddr>,
    /// The client, or the connection's peer.
    address: Option<IpAddr>,
    /// The connection's peer.
    peer: Option<IpAddr>,
    /// From an address that counts as internal, and from nowhere before it.
    pub(super) is_internal: bool,
    /// This proxy is the first that is believed.
    pub(super) is_edge: bool,
}

/// Finds out where a request comes from.
pub(super) fn origin(config: &ClientAddress, connection: &ConnectionInfo, fields: &HeaderMap) -> Origin {
    let peer = connection.source.map(|address| address.ip());
    let said = fields.joined(b"x-forwarded-for");
    let hops = config.xff_num_trusted_hops;
    let (found, is_alone) = match (&said, config.use_remote_address) {
        (None, _) => (None, config.use_remote_address),
        // The last that is believed has written who was connected to it.
        (Some(said), true) => (hops.checked_sub(1).and_then(|hops| address(said, hops)), false),
        (Some(said), false) => (address(said, hops), hops == 0 && !said.contains(&b',')),
    };
    let found_or_peer = found.or_else(|| peer.filter(|_| config.use_remote_address));
    let is_internal = is_alone && found_or_peer.is_some_and(|address| config.is_internal(address));
    let is_edge = config.use_remote_address && !is_internal;
    Origin { client: found.map(|ip| SocketAddr::new(ip, 0)), address: found.or(peer), peer, is_internal, is_edge }
}

/// Takes out what a client says that is for the proxy.
pub(super) fn remove_control(is_edge: bool, fields: &mut HeaderMap) {
    for name in CONTROL.iter().chain(EDGE.iter().filter(|_| is_edge)) {
        fields.remove(name.as_bytes());
    }
}

/// Tells the next where a request comes from.
pub(super) fn tell(config: &ClientAddress, origin: &Origin, fields: &mut HeaderMap) {
    if origin.is_internal {
        fields.replace(const { FieldName::from_static("x-envoy-internal") }, Bytes::from_static(b"true"));
    }
    let (true, Some(peer)) = (config.use_remote_address, origin.peer) else { return };
    if let Some(address) = origin.address.filter(|_| origin.is_edge) {
        fields.replace(const { FieldName::from_static("x-envoy-external-address") }, address.to_string().into());
    }
    if !config.skip_xff_append {
        // Nobody else could make anything of a loopback address.
        let peer = if peer.is_loopback() { local_address() } else { peer }.to_string();
        let value = match fields.joined(b"x-forwarded-for") {
            Some(before) if !before.is_empty() => [&before[..], peer.as_bytes()].join(&b','),
            _ => peer.into_bytes(),
        };
        fields.replace(const { FieldName::from_static("x-forwarded-for") }, value.into());
    }
}

/// The last address of a list but so many, if it is one.
fn address(list: &[u8], skipped: u32) -> Option<IpAddr> {
    let mut list = std::str::from_utf8(list).ok()?;
    for _ in 0..skipped {
        list = list.rsplit_once(',')?.0;
    }
    let last = match list.rsplit_once(',') {
        Some((_, last)) if !last.is_empty() => last,
        _ => list,
    };
    last.trim_matches([' ', '\t']).parse().ok()
}

/// The address under which others see this machine, as its table of routes says. Nothing is sent to find out.
fn local_address() -> IpAddr {
    static ADDRESS: OnceLock<IpAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let found = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
            // An address for documentation (RFC 5737), which leads where most others do.
            socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
            socket.local_addr()
        });
        found.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip())
    })
}

#[cfg(test)]
mod tests {
    use super::{Origin, address, local_address, origin, tell};
    use std::net::SocketAddr;
    use tollgate_config::ClientAddress;
    use tollgate_host::fields::HeaderMap;
    use tollgate_host::stream::ConnectionInfo;

    fn seen(config: &ClientAddress, said: &[&str]) -> (Origin, HeaderMap) {
        let source: SocketAddr = "10.0.0.1:50".parse().unwrap();
        let connection = ConnectionInfo { source: Some(source), ..ConnectionInfo::default() };
        let mut fields: HeaderMap = said.iter().map(|value| ("x-forwarded-for", *value)).collect();
        let origin = origin(config, &connection, &fields);
        tell(config, &origin, &mut fields);
        (origin, fields)
    }

    fn text<'a>(fields: &'a HeaderMap, name: &str) -> Option<&'a str> {
        fields.value(name.as_bytes()).map(|value| std::str::from_utf8(value).unwrap())
    }

    #[test]
    fn addresses_are_counted_from_the_end() {
        let ip = |text: &str| Some(text.parse().unwrap());
        assert_eq!(address(b"1.2.3.4, 5.6.7.8", 0), ip("5.6.7.8"));
        assert_eq!(address(b"1.2.3.4, 5.6.7.8", 1), ip("1.2.3.4"));
        assert_eq!(address(b" ::1 ", 0), ip("::1"));
        for (list, skipped) in
            [(&b"1.2.3.4, 5.6.7.8"[..], 2), (b"1.2.3.4:80", 0), (b"foo", 0), (b"", 0), (b"1.2.3.4,", 0)]
        {
            assert_eq!(address(list, skipped), None, "{list:?}");
        }
    }

    #[test]
    fn without_use_remote_address_the_list_says_who_it_is_and_stays_as_it_is() {
        let (origin, fields) = seen(&ClientAddress::default(), &["1.2.3.4", "5.6.7.8"]);
        assert_eq!(origin.client, Some("5.6.7.8:0".parse().unwrap()));
        assert_eq!((origin.is_edge, origin.is_internal, fields.len()), (false, false, 2));
        let (origin, _) = seen(&ClientAddress::default(), &["nobody"]);
        assert_eq!(origin.client, None);
    }

    #[test]
    fn at_the_edge_the_peer_is_the_client_and_is_appended() {
        let edge = ClientAddress { use_remote_address: true, ..ClientAddress::default() };
        let (origin, fields) = seen(&edge, &["1.2.3.4"]);
        assert_eq!((origin.client, origin.is_edge), (None, true));
        assert_eq!(text(&fields, "x-forwarded-for"), Some("1.2.3.4,10.0.0.1"));
        assert_eq!(text(&fields, "x-envoy-external-address"), Some("10.0.0.1"));
        let (origin, fields) = seen(&ClientAddress { xff_num_trusted_hops: 1, ..edge }, &["6.6.6.6, 1.2.3.4"]);
        assert_eq!(origin.client, Some("1.2.3.4:0".parse().unwrap()));
        assert_eq!(text(&fields, "x-envoy-external-address"), Some("1.2.3.4"));
        assert_eq!(text(&fields, "x-forwarded-for"), Some("6.6.6.6, 1.2.3.4,10.0.0.1"));
    }

    #[test]
    fn only_an_internal_address_without_a_history_is_internal() {
        let internal = vec!["10.0.0.0/8".parse().unwrap()];
        let inside = ClientAddress { use_remote_address: true, internal, ..ClientAddress::default() };
        let (origin, fields) = seen(&inside, &[]);
        assert!(origin.is_internal && !origin.is_edge);
        assert_eq!(text(&fields, "x-envoy-internal"), Some("true"));
        assert_eq!(text(&fields, "x-envoy-external-address"), None);
        let (origin, _) = seen(&inside, &["10.0.0.7"]);
        assert!(origin.is_edge);
        let told = ClientAddress { use_remote_address: false, ..inside };
        assert!(seen(&told, &["10.0.0.7"]).0.is_internal);
        assert!(!seen(&told, &["1.2.3.4, 10.0.0.7"]).0.is_internal);
        assert!(!seen(&told, &[]).0.is_internal);
    }

    #[test]
    fn this_machine_has_an_address() {
        assert!(!local_address().is_unspecified());
    }
}
