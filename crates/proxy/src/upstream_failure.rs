//! How an upstream has failed to answer, in Envoy's words.

use crate::flags;
use crate::http2;
use crate::tls::failure;
use std::error::Error;
use std::io;
use tollgate_host::stream::LocalResponse;

/// What became of a request that an upstream has not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UpstreamFailure {
    /// What the client is told.
    pub(crate) status: u16,
    /// Envoy's response flag.
    pub(crate) flag: u64,
    /// What happened to the connection, in a few words.
    pub(crate) reason: &'static str,
    /// Why no connection could be made.
    pub(crate) transport: Option<String>,
    /// What a plugin of the cluster has decided, if it was that and not the upstream.
    pub(crate) verdict: Option<Box<Verdict>>,
}

/// What a plugin of a cluster has decided about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// To answer it.
    Answer(LocalResponse),
    /// To end it without an answer.
    Close,
}

impl UpstreamFailure {
    /// Of a request on a connection of HTTP/1.1. `has_begun` says that a part of the answer has come: one that stops in the
    /// middle is no HTTP.
    pub(crate) fn of_http1(error: &hyper::Error, has_begun: bool) -> Self {
        if error.is_parse() || has_begun {
            return Self::protocol();
        }
        // In TLS 1.3, we learn that the upstream takes our certificate for none, or asks for one, when all else is agreed on.
        Self { transport: failure::why(error).map(|why| format!("TLS_error: {why}")), ..Self::terminated() }
    }

    /// Of an answer whose head has come.
    pub(crate) fn of_body(error: &hyper::Error) -> Self {
        match error.source().and_then(|cause| cause.downcast_ref::<h2::Error>()) {
            Some(_) => http2::failure(error),
            None => Self::of_http1(error, true),
        }
    }

    /// No connection could be made.
    pub(crate) fn connect(error: &(dyn Error + 'static)) -> Self {
        let timed_out = causes(error).any(|error| {
            error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut)
        });
        let (reason, transport) = if timed_out {
            ("connection timeout", None)
        } else {
            ("remote connection failure", Some(format!("delayed connect error: {}", innermost(error))))
        };
        Self { status: 503, flag: flags::UPSTREAM_CONNECTION_FAILURE, reason, transport, verdict: None }
    }

    /// No TLS could be agreed on.
    pub(crate) fn tls(error: &io::Error) -> Self {
        let why = failure::why(error).unwrap_or_else(|| innermost(error));
        Self { transport: Some(format!("TLS_error: {why}")), ..Self::connect(error) }
    }

    /// What the upstream has sent is not HTTP.
    pub(crate) fn protocol() -> Self {
        Self {
            status: 502,
            flag: flags::UPSTREAM_PROTOCOL_ERROR,
            reason: "protocol error",
            transport: None,
            verdict: None,
        }
    }

    /// The connection has ended before the answer.
    pub(crate) fn terminated() -> Self {
        Self {
            status: 503,
            flag: flags::UPSTREAM_CONNECTION_TERMINATION,
            reason: "connection termination",
            transport: None,
            verdict: None,
        }
    }

    /// The upstream has reset the request, and only it.
    pub(crate) fn reset() -> Self {
        Self { status: 503, flag: flags::UPSTREAM_REMOTE_RESET, reason: "remote reset", transport: None, verdict: None }
    }

    /// The cluster has as many requests or connections as it may have.
    pub(crate) fn overflow() -> Self {
        Self { status: 503, flag: flags::UPSTREAM_OVERFLOW, reason: "overflow", transport: None, verdict: None }
    }

    /// The upstream has refused the request before it did anything with it.
    pub(crate) fn refused_stream() -> Self {
        Self { reason: "remote refused stream reset", ..Self::reset() }
    }

    /// It was not the upstream, but a plugin on the way there.
    pub(crate) fn decided(verdict: Verdict) -> Self {
        let (flag, reason) = (0, "local reset");
        Self { status: 503, flag, reason, transport: None, verdict: Some(Box::new(verdict)) }
    }

    /// A plugin has closed the stream, or made of it what cannot be sent.
    pub(crate) fn closed_by_plugin() -> Self {
        Self::decided(Verdict::Close)
    }

    /// Whether the upstream has said that it did nothing with the request.
    pub(crate) fn is_refused_stream(&self) -> bool {
        self.reason == "remote refused stream reset"
    }

    /// What the client is told when the request was sent more than once.
    pub(crate) fn retried_text(&self) -> String {
        format!(
            "upstream connect error or disconnect/reset before headers. retried and the latest reset reason: {}",
            self.reason
        )
    }

    /// Whether there was no connection to send anything on.
    pub(crate) fn is_connect(&self) -> bool {
        self.flag == flags::UPSTREAM_CONNECTION_FAILURE
    }

    /// The request cannot be put into the upstream's protocol.
    pub(crate) fn bad_request(why: &'static str) -> Self {
        Self { status: 503, flag: flags::UPSTREAM_PROTOCOL_ERROR, reason: why, transport: None, verdict: None }
    }

    /// What clients and plugins are told. Why no connection could be made is for logs: it tells of what is behind the proxy.
    pub(crate) fn summary(&self) -> String {
        format!("upstream connect error or disconnect/reset before headers. reset reason: {}", self.reason)
    }

    /// What a log is told.
    pub(crate) fn text(&self) -> String {
        let mut text = self.summary();
        if let Some(transport) = &self.transport {
            text.push_str(", transport failure reason: ");
            text.push_str(transport);
        }
        text
    }

    /// Envoy's response code details.
    pub(crate) fn details(&self) -> String {
        let why = self.transport.as_deref().map_or(String::new(), |why| format!("|{why}"));
        format!("upstream_reset_before_response_started{{{}{why}}}", self.reason).replace(' ', "_")
    }

    /// The same once the head of the answer has come.
    pub(crate) fn details_after_head(&self) -> String {
        format!("upstream_reset_after_response_started{{{}}}", self.reason).replace(' ', "_")
    }
}

/// An error and its causes, from the outside in.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// The cause at the bottom: what the system said, without the number that Rust adds.
fn innermost(error: &(dyn Error + 'static)) -> String {
    let text = causes(error).last().map(ToString::to_string).unwrap_or_default();
    text.split_once(" (os error ").map_or(text.as_str(), |(text, _)| text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::UpstreamFailure;
    use std::io;

    #[test]
    fn a_refused_connection_says_so_and_a_slow_one_too() {
        let refused = UpstreamFailure::connect(&io::Error::from_raw_os_error(111));
        assert!(refused.text().ends_with(
            "reset reason: remote connection failure, transport failure reason: delayed connect error: Connection refused"
        ));
        assert_eq!(
            refused.details(),
            "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}"
        );
        let slow = UpstreamFailure::connect(&io::Error::from(io::ErrorKind::TimedOut));
        assert!(slow.text().ends_with("reset reason: connection timeout"));
    }
}
