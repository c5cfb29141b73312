//! A request that has become a tunnel: bytes in both directions, which pass the plugins as bodies do.

use crate::listener::ListenerState;
use crate::tcp::Peer;
use crate::transport::Transport;
use bytes::Bytes;
use hyper::header::{CONNECTION, HeaderMap, HeaderValue, UPGRADE};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tollgate_config::{RouteAction, UpgradeConfig};
use tollgate_host::fields::HeaderMap as Fields;
use tollgate_host::stream::Router as _;

/// What has come of one side.
pub(super) enum TunnelEvent {
    /// Something was written, or a side has opened.
    Progress,
    /// Bytes of the client, and whether no more follow.
    FromClient(Bytes, bool),
    /// Bytes of the upstream, likewise.
    FromServer(Bytes, bool),
    /// All that the client was to get has been written.
    Done,
    /// A side has broken off.
    Broken(io::Error),
}

/// Both sides of a tunnel.
pub(super) struct Tunnel {
    client: Side,
    server: Side,
    /// Whether the upstream's side is the body of its response, and of the request, since plugins of its cluster stand between.
    is_filtered: bool,
    response_ended: bool,
}

/// One side: a connection that is about to be upgraded, or has been.
pub(crate) struct Side {
    upgrade: Option<OnUpgrade>,
    peer: Option<Peer>,
    /// What is to be written once there is a peer.
    early: Vec<(Bytes, bool)>,
    has_ended: bool,
}

/// The protocol that a request asks for, if it is one that connections are upgraded to.
pub(super) fn wanted(headers: &HeaderMap) -> Option<HeaderValue> {
    let kind = headers.get(UPGRADE)?;
    let options = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let asked = options.flat_map(|value| value.split(',')).any(|option| option.trim().eq_ignore_ascii_case("upgrade"));
    // That offer may be overlooked, and is by Envoy.
    (asked && !kind.as_bytes().eq_ignore_ascii_case(b"h2c")).then(|| kind.clone())
}

/// Whether a request may take its connection over: the route's word counts before the connection manager's.
pub(super) fn is_allowed(listener: &ListenerState, fields: &Fields, kind: &[u8]) -> bool {
    let route = listener.routes.route(fields).and_then(|route| listener.routes.get(route.id));
    let of_route = match route.map(|route| &route.route.action) {
        Some(RouteAction::Cluster(action)) => &action.upgrades[..],
        _ => &[],
    };
    let said = |own: &&UpgradeConfig| own.upgrade_type.as_bytes().eq_ignore_ascii_case(kind);
    let word = of_route.iter().find(said).or_else(|| listener.http.upgrades.iter().find(said));
    word.is_some_and(|word| word.enabled)
}

impl Tunnel {
    /// A tunnel that the client has asked for.
    pub(super) fn new(client: OnUpgrade) -> Self {
        Self { client: Side::new(Some(client)), server: Side::new(None), is_filtered: false, response_ended: false }
    }

    /// The upstream has agreed.
    pub(super) fn open(&mut self, server: OnUpgrade) {
        self.server.open(server);
    }

    /// The upstream has agreed, and plugins of its cluster stand between.
    pub(super) fn open_filtered(&mut self) {
        self.is_filtered = true;
    }

    /// Whether the upstream has agreed.
    pub(super) fn is_open(&self) -> bool {
        self.is_filtered || self.server.upgrade.is_some() || self.server.peer.is_some()
    }

    /// Whether the client has taken what there was for it, but for `limit` bytes.
    pub(super) fn wants_more(&self, limit: usize) -> bool {
        self.client.waiting() < limit
    }

    pub(super) fn send_to_server(&mut self, data: Bytes, end: bool) {
        self.server.send(data, end);
    }

    pub(super) fn send_to_client(&mut self, data: Bytes, end: bool) {
        self.response_ended |= end;
        self.client.send(data, end);
    }

    /// What happens next. A side is read as long as `from_client` and `from_server` say so, and the other one takes what it has sent.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        from_client: bool,
        from_server: bool,
        limit: usize,
    ) -> Poll<TunnelEvent> {
        for side in [&mut self.client, &mut self.server] {
            match side.poll_out(cx) {
                Poll::Ready(Ok(())) => return Poll::Ready(TunnelEvent::Progress),
                Poll::Ready(Err(error)) => return Poll::Ready(TunnelEvent::Broken(error)),
                Poll::Pending => {}
            }
        }
        if self.response_ended && self.client.is_flushed() {
            return Poll::Ready(TunnelEvent::Done);
        }
        if from_client
            && self.server.waiting() < limit
            && let Poll::Ready(read) = self.client.poll_in(cx)
        {
            return Poll::Ready(match read {
                Ok((data, end)) => TunnelEvent::FromClient(data, end),
                Err(error) => TunnelEvent::Broken(error),
            });
        }
        if from_server
            && self.client.waiting() < limit
            && let Poll::Ready(read) = self.server.poll_in(cx)
        {
            return Poll::Ready(match read {
                Ok((data, end)) => TunnelEvent::FromServer(data, end),
                Err(error) => TunnelEvent::Broken(error),
            });
        }
        Poll::Pending
    }
}

impl Side {
    pub(crate) fn new(upgrade: Option<OnUpgrade>) -> Self {
        Self { upgrade, peer: None, early: Vec::new(), has_ended: false }
    }

    /// The peer has agreed.
    pub(crate) fn open(&mut self, upgrade: OnUpgrade) {
        self.upgrade = Some(upgrade);
    }

    pub(crate) fn send(&mut self, data: Bytes, end: bool) {
        match &mut self.peer {
            Some(peer) => peer.send(data, end),
            None => self.early.push((data, end)),
        }
    }

    /// Bytes that the peer has not taken.
    pub(crate) fn waiting(&self) -> usize {
        match &self.peer {
            Some(peer) => peer.waiting(),
            None => self.early.iter().map(|(data, _)| data.len()).sum(),
        }
    }

    fn is_flushed(&self) -> bool {
        self.peer.as_ref().is_some_and(Peer::is_flushed)
    }

    /// Opens the side, or writes.
    pub(crate) fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(upgrade) = &mut self.upgrade {
            let upgraded = std::task::ready!(Pin::new(upgrade).poll(cx)).map_err(io::Error::other)?;
            self.upgrade = None;
            let mut peer = Peer::new(Transport::Upgraded(Box::new(TokioIo::new(upgraded))), Bytes::new());
            self.early.drain(..).for_each(|(data, end)| peer.send(data, end));
            self.peer = Some(peer);
            return Poll::Ready(Ok(()));
        }
        match &mut self.peer {
            Some(peer) => peer.poll_write(cx).map_ok(drop),
            None => Poll::Pending,
        }
    }

    /// Reads.
    pub(crate) fn poll_in(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(Bytes, bool)>> {
        let Some(peer) = self.peer.as_mut().filter(|_| !self.has_ended) else { return Poll::Pending };
        let read = std::task::ready!(peer.poll_read(cx));
        self.has_ended = matches!(read, Ok((_, true)));
        Poll::Ready(read)
    }
}

#[cfg(test)]
mod tests {
    use super::wanted;
    use hyper::HeaderMap;

    #[test]
    fn an_upgrade_is_asked_for_by_two_headers() {
        let of = |connection: &'static str, upgrade: &'static str| {
            let pairs = [("connection", connection), ("upgrade", upgrade)];
            let headers: HeaderMap =
                pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            wanted(&headers).map(|kind| kind.to_str().unwrap().to_owned())
        };
        assert_eq!(of("keep-alive, Upgrade", "WebSocket").as_deref(), Some("WebSocket"));
        assert_eq!(of("keep-alive", "websocket"), None);
        assert_eq!(of("upgrade", "h2c"), None);
        assert_eq!(wanted(&HeaderMap::new()), None);
    }
}
