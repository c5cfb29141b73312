//! Whether a request is sent again, and what is kept to do so.

use crate::cluster::Counted;
use crate::request_id;
use crate::route::matches_header;
use crate::upstream_failure::UpstreamFailure;
use bytes::Bytes;
use hyper::HeaderMap;
use std::net::SocketAddr;
use std::time::Duration;
use tollgate_config::{HeaderMatch, RetryOn, RetryPolicy, ValueMatch};
use tollgate_host::fields::HeaderMap as Fields;

/// Conditions of gRPC statuses, by number.
const GRPC: &[(u32, RetryOn)] = &[
    (1, RetryOn::CANCELLED),
    (4, RetryOn::DEADLINE_EXCEEDED),
    (8, RetryOn::RESOURCE_EXHAUSTED),
    (13, RetryOn::INTERNAL),
    (14, RetryOn::UNAVAILABLE),
];

/// Conditions that hold whenever an upstream does not answer.
const WITHOUT_AN_ANSWER: RetryOn = RetryOn::RESET.with(RetryOn::FIVE_XX).with(RetryOn::GATEWAY_ERROR);

/// Most retries that a request can ask for itself.
const MAX_ASKED: u32 = 100;

/// A request that may be sent again.
#[derive(Debug)]
pub(super) struct Retry {
    policy: RetryPolicy,
    left: u32,
    /// How often it has been sent again.
    pub(super) made: u32,
    /// The endpoints that it was sent to.
    pub(super) tried: Vec<SocketAddr>,
    /// What of its body has been sent. `None` when that is more than may be kept, and it cannot be sent again.
    pub(super) sent: Option<Sent>,
    /// The cluster's leave to send it again, once that has been needed.
    pub(super) leave: Option<Counted>,
    limit: usize,
}

/// What of a body has been sent.
#[derive(Debug, Default)]
pub(super) struct Sent {
    pub(super) pieces: Vec<Bytes>,
    bytes: usize,
    pub(super) trailers: Option<HeaderMap>,
    /// Whether it is complete.
    pub(super) ended: bool,
}

impl Retry {
    /// For a request with these fields, of a route with this policy, of which up to `limit` bytes of body are kept. Takes
    /// out the fields that ask for retries. `None` if the request is sent once.
    pub(super) fn new(policy: Option<&RetryPolicy>, fields: &mut Fields, limit: usize) -> Option<Box<Self>> {
        let asked = asked_for(fields);
        if policy.is_none() && asked.is_none() {
            return None;
        }
        let mut policy = policy.cloned().unwrap_or_default();
        if let Some(asked) = asked {
            policy.retry_on = policy.retry_on.with(asked.on);
            policy.num_retries = asked.retries.unwrap_or(policy.num_retries);
            policy.retriable_status_codes.extend(asked.status_codes);
            policy.retriable_headers.extend(asked.headers);
            policy.per_try_timeout = asked.per_try_timeout.or(policy.per_try_timeout);
        }
        let is_wanted = policy.retriable_request_headers.is_empty()
            || policy.retriable_request_headers.iter().any(|matcher| matches_header(matcher, fields));
        if !is_wanted {
            policy.retry_on = RetryOn::default();
        }
        if policy.retry_on.is_empty() && policy.per_try_timeout.is_none() && policy.per_try_idle_timeout.is_none() {
            return None;
        }
        let left = policy.num_retries;
        Some(Box::new(Self {
            policy,
            left,
            made: 0,
            tried: Vec::new(),
            sent: Some(Sent::default()),
            leave: None,
            limit,
        }))
    }

    /// How long one attempt may take.
    pub(super) fn per_try_timeout(&self) -> Option<Duration> {
        self.policy.per_try_timeout
    }

    /// How long one attempt may be silent.
    pub(super) fn per_try_idle_timeout(&self) -> Option<Duration> {
        self.policy.per_try_idle_timeout
    }

    /// How often another endpoint is asked for when one was chosen that has been tried.
    pub(super) fn reselections(&self) -> u32 {
        if self.policy.avoid_previous_hosts { self.policy.host_selection_retry_max_attempts } else { 0 }
    }

    /// Keeps a part of the body. False if it is more than may be kept.
    pub(super) fn keep(&mut self, data: &Bytes, end: bool) -> bool {
        let Some(sent) = &mut self.sent else { return false };
        sent.bytes += data.len();
        if sent.bytes > self.limit {
            self.sent = None;
            return false;
        }
        if !data.is_empty() {
            sent.pieces.push(data.clone());
        }
        sent.ended |= end;
        true
    }

    /// Keeps the trailers, which end the body.
    pub(super) fn keep_trailers(&mut self, trailers: &HeaderMap) {
        if let Some(sent) = &mut self.sent {
            sent.trailers = Some(trailers.clone());
            sent.ended = true;
        }
    }

    /// Whether a response is one after which the request is sent again, whether or not it still can be.
    pub(super) fn wants_after_response(&self, response: &Fields) -> bool {
        let on = self.policy.retry_on;
        if response.value(b"x-envoy-ratelimited").is_some() {
            return on.has(RetryOn::ENVOY_RATELIMITED);
        }
        let number = |name: &[u8]| std::str::from_utf8(response.value(name)?).ok()?.parse::<u32>().ok();
        let status = number(b":status").unwrap_or_default();
        let is = |codes: &[u32]| codes.contains(&status);
        let grpc = || number(b"grpc-status").and_then(|status| GRPC.iter().find(|(code, _)| *code == status));
        on.has(RetryOn::FIVE_XX) && (500..600).contains(&status)
            || on.has(RetryOn::GATEWAY_ERROR) && is(&[502, 503, 504])
            || on.has(RetryOn::RETRIABLE_4XX) && is(&[409])
            || on.has(RetryOn::RETRIABLE_STATUS_CODES)
                && self.policy.retriable_status_codes.iter().any(|code| u32::from(*code) == status)
            || on.has(RetryOn::RETRIABLE_HEADERS)
                && self.policy.retriable_headers.iter().any(|matcher| matches_header(matcher, response))
            || grpc().is_some_and(|(_, condition)| on.has(*condition))
    }

    /// Whether an attempt that takes too long is one after which the request is sent again.
    pub(super) fn wants_after_timeout(&self) -> bool {
        self.policy.retry_on.has(WITHOUT_AN_ANSWER)
    }

    /// Whether a failure is one after which the request is sent again.
    pub(super) fn wants_after_failure(&self, failure: &UpstreamFailure) -> bool {
        let on = self.policy.retry_on;
        on.has(WITHOUT_AN_ANSWER)
            || failure.is_connect() && on.has(RetryOn::CONNECT_FAILURE.with(RetryOn::RESET_BEFORE_REQUEST))
            || failure.is_refused_stream() && on.has(RetryOn::REFUSED_STREAM)
    }

    /// Whether retries are left.
    pub(super) fn is_left(&self) -> bool {
        self.left > 0
    }

    /// Takes a retry, and says how long to wait before it: up to the base interval, doubled each time.
    pub(super) fn take(&mut self) -> Duration {
        self.left = self.left.saturating_sub(1);
        let factor = 1_u32.checked_shl(self.made).unwrap_or(u32::MAX);
        self.made += 1;
        let most = self.policy.base_interval.saturating_mul(factor).min(self.policy.max_interval);
        let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX).max(1);
        Duration::from_micros(request_id::random() % micros)
    }
}

/// What a request itself asks for, by fields that plugins or trusted clients have set.
struct Asked {
    on: RetryOn,
    retries: Option<u32>,
    status_codes: Vec<u16>,
    headers: Vec<HeaderMatch>,
    per_try_timeout: Option<Duration>,
}

fn asked_for(fields: &mut Fields) -> Option<Asked> {
    let mut take = |name: &[u8]| {
        let value = fields.joined(name)?;
        fields.remove(name);
        String::from_utf8(value.to_vec()).ok()
    };
    let on = take(b"x-envoy-retry-on");
    let grpc = take(b"x-envoy-retry-grpc-on");
    let retries = take(b"x-envoy-max-retries");
    let codes = take(b"x-envoy-retriable-status-codes");
    let names = take(b"x-envoy-retriable-header-names");
    let per_try = take(b"x-envoy-upstream-rq-per-try-timeout-ms");
    if [&on, &grpc, &retries, &codes, &names, &per_try].into_iter().all(Option::is_none) {
        return None;
    }
    let set = |text: Option<String>| text.map(|text| RetryOn::parse(&text).0).unwrap_or_default();
    let listed = |text: Option<String>| {
        text.unwrap_or_default().split(',').map(|item| item.trim().to_owned()).collect::<Vec<_>>()
    };
    Some(Asked {
        on: set(on).with(set(grpc)),
        retries: retries.and_then(|text| text.parse().ok()).map(|retries: u32| retries.min(MAX_ASKED)),
        status_codes: listed(codes).iter().filter_map(|code| code.parse().ok()).collect(),
        headers: listed(names).into_iter().filter(|name| !name.is_empty()).map(present).collect(),
        per_try_timeout: per_try.and_then(|text| text.parse().ok()).filter(|ms| *ms > 0).map(Duration::from_millis),
    })
}

/// The condition that a header is there.
fn present(name: String) -> HeaderMatch {
    HeaderMatch {
        name: name.to_ascii_lowercase(),
        value: ValueMatch::Present(true),
        invert_match: false,
        treat_missing_header_as_empty: false,
    }
}

#[cfg(test)]
mod tests {
    use super::Retry;
    use crate::upstream_failure::UpstreamFailure;
    use bytes::Bytes;
    use std::time::Duration;
    use tollgate_config::{RetryOn, RetryPolicy};
    use tollgate_host::fields::HeaderMap;

    fn policy(on: &str, num_retries: u32) -> RetryPolicy {
        RetryPolicy { retry_on: RetryOn::parse(on).0, num_retries, ..RetryPolicy::default() }
    }

    fn retry(on: &str) -> Box<Retry> {
        Retry::new(Some(&policy(on, 2)), &mut HeaderMap::new(), 8).unwrap()
    }

    fn response(pairs: &[(&str, &str)]) -> HeaderMap {
        pairs.iter().copied().collect()
    }

    #[test]
    fn responses_by_status_header_and_grpc_status() {
        let wants = |on: &str, pairs: &[(&str, &str)]| retry(on).wants_after_response(&response(pairs));
        assert!(wants("5xx", &[(":status", "500")]) && !wants("5xx", &[(":status", "404")]));
        assert!(wants("gateway-error", &[(":status", "503")]) && !wants("gateway-error", &[(":status", "500")]));
        assert!(wants("retriable-4xx", &[(":status", "409")]) && !wants("retriable-4xx", &[(":status", "429")]));
        assert!(wants("unavailable", &[(":status", "200"), ("grpc-status", "14")]));
        assert!(!wants("unavailable,internal", &[(":status", "200"), ("grpc-status", "1")]));
        assert!(!wants("5xx", &[(":status", "503"), ("x-envoy-ratelimited", "true")]));
        let mut asked = response(&[
            ("x-envoy-retry-on", "retriable-status-codes,retriable-headers"),
            ("x-envoy-retriable-status-codes", "404, x"),
            ("x-envoy-retriable-header-names", "X-Again"),
        ]);
        let retry = Retry::new(None, &mut asked, 8).unwrap();
        assert!(asked.is_empty());
        assert!(retry.wants_after_response(&response(&[(":status", "404")])));
        assert!(retry.wants_after_response(&response(&[(":status", "200"), ("x-again", "")])));
        assert!(!retry.wants_after_response(&response(&[(":status", "200")])));
    }

    #[test]
    fn failures_by_what_has_happened() {
        let refused = UpstreamFailure::connect(&std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
        let ended = UpstreamFailure::terminated();
        for (on, after_refused, after_ended) in [
            ("5xx", true, true),
            ("reset", true, true),
            ("connect-failure", true, false),
            ("reset-before-request", true, false),
            ("retriable-4xx", false, false),
        ] {
            let retry = retry(on);
            assert_eq!(
                (retry.wants_after_failure(&refused), retry.wants_after_failure(&ended)),
                (after_refused, after_ended),
                "{on}"
            );
        }
    }

    #[test]
    fn what_is_too_much_is_not_kept() {
        let mut retry = retry("5xx");
        assert!(retry.keep(&Bytes::from_static(b"12345678"), false));
        assert!(!retry.keep(&Bytes::from_static(b"9"), true));
        assert!(retry.sent.is_none());
    }

    #[test]
    fn waits_grow_and_are_bounded() {
        let mut many = Retry::new(Some(&policy("5xx", 60)), &mut HeaderMap::new(), 0).unwrap();
        for made in 0..60_u32 {
            assert!(many.is_left());
            let most = Duration::from_millis(25).saturating_mul(1_u32.checked_shl(made).unwrap_or(u32::MAX));
            assert!(many.take() <= most.min(Duration::from_millis(250)));
        }
        assert!(!many.is_left());
    }

    #[test]
    fn without_a_policy_or_a_wish_there_is_nothing_to_keep() {
        assert!(Retry::new(None, &mut HeaderMap::new(), 8).is_none());
        assert!(Retry::new(Some(&policy("", 3)), &mut HeaderMap::new(), 8).is_none());
    }
}
