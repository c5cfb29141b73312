//! The end of a request: what is counted, written and told to plugins that log.

use super::{Driver, Server};
use crate::access_log::{chooses, chosen};
use crate::flags;
use crate::format::{Facts, LogType};
use tollgate_host::fields::HeaderMap;
use tollgate_host::stream::StreamInfo;

impl Driver {
    /// Writes the access logs.
    fn log(&self) {
        if !self.listener.logs.is_empty() {
            self.with_facts(|facts| self.listener.logs.iter().for_each(|log| log.write(facts)));
        }
    }

    /// The stream is over: whom it concerns is told.
    fn tell_end(&mut self) {
        let loggers = &self.listener.http.access_logs;
        if !chooses(loggers) {
            return self.stream.finish();
        }
        let told = self.with_facts(|facts| chosen(loggers, facts));
        self.stream.finish_telling(|logger| told.get(logger).is_none_or(|told| *told));
    }

    /// What is known of the stream.
    fn with_facts<T>(&self, tell: impl FnOnce(&Facts<'_>) -> T) -> T {
        let route = self.stream.route();
        let (request, response) = (self.stream.request_headers(), self.stream.response_headers());
        let trailers = self.stream.response_trailers();
        let none = HeaderMap::new();
        let info = self.stream.info();
        let facts = Facts {
            response: response.as_deref(),
            trailers: trailers.as_deref(),
            route: route.as_ref(),
            kind: LogType::DownstreamEnd,
            ..Facts::new(request.as_deref().unwrap_or(&none), &info)
        };
        tell(&facts)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let output_ended = self.output.ended;
        // Neither answered nor reset: nobody is left to take the answer.
        let dropped = !output_ended && !self.output.reset;
        {
            let clock = &self.listener.services.clock;
            let mut info = self.stream.info_mut();
            info.duration_nanos = Some(clock.monotonic_nanos().saturating_sub(info.start_monotonic_nanos) as i64);
            if dropped {
                client_gone(&mut info);
            }
        }
        self.tell_end();
        self.log();
        // An attempt is a part of the stream.
        self.server = Server::None;
        self.drop_request_body();
        if self.rest.is_some() {
            self.connection.cut();
        }
        self.connection.end();
        if let Some(timer) = self.timer.take() {
            self.connection.timer.give_back(timer);
        }
        let stats = &self.listener.stats;
        stats.downstream_rq_active.dec();
        if !output_ended {
            // Envoy takes a stream that it resets for one that was reset.
            stats.downstream_rq_rx_reset.inc();
            if !dropped {
                stats.downstream_rq_tx_reset.inc();
            }
        }
    }
}

/// What the log shows of a stream whose client went away, whatever its answer would have been.
pub(super) fn client_gone(info: &mut StreamInfo) {
    info.response_flags |= flags::DOWNSTREAM_CONNECTION_TERMINATION;
    info.response_code_details = Some("downstream_remote_disconnect".to_owned());
}
