//! An ordered list of started plugins.

use super::http::HttpStream;
use super::info::{Router, StreamInfo};
use crate::plugin::PluginHandle;
use std::rc::Rc;

/// An ordered list of started plugins, through which streams are sent. Cheap to clone.
#[derive(Clone, Debug)]
pub struct FilterChain {
    inner: Rc<Inner>,
    access_loggers: Rc<[PluginHandle]>,
}

#[derive(Debug)]
struct Inner {
    plugins: Box<[PluginHandle]>,
    buffer_limit: usize,
    sees_request_body: bool,
    sees_response_body: bool,
}

impl FilterChain {
    /// A chain of plugins in the order in which requests meet them.
    ///
    /// `buffer_limit` bounds the bytes of body that a plugin may have the host hold, per filter and direction
    /// (`per_connection_buffer_limit_bytes`).
    pub fn new(plugins: impl IntoIterator<Item = PluginHandle>, buffer_limit: usize) -> Self {
        let plugins: Box<[_]> = plugins.into_iter().collect();
        let sees = |select: fn(&crate::plugin::Exports) -> bool| plugins.iter().any(|p| select(&p.plugin().exports));
        Self {
            inner: Rc::new(Inner {
                sees_request_body: sees(|exports| exports.request_body),
                sees_response_body: sees(|exports| exports.response_body),
                plugins,
                buffer_limit,
            }),
            access_loggers: Rc::from([]),
        }
    }

    /// The same chain, of whose streams these plugins are told when they have ended (`access_log`).
    #[must_use]
    pub fn with_access_loggers(self, access_loggers: impl IntoIterator<Item = PluginHandle>) -> Self {
        Self { access_loggers: access_loggers.into_iter().collect(), ..self }
    }

    /// The plugins in order.
    pub fn plugins(&self) -> &[PluginHandle] {
        &self.inner.plugins
    }

    /// Begins a stream.
    pub fn open(&self, info: StreamInfo, router: Rc<dyn Router>) -> HttpStream {
        HttpStream::new(self.clone(), info, router)
    }

    pub(super) fn access_loggers(&self) -> &[PluginHandle] {
        &self.access_loggers
    }

    pub(super) fn buffer_limit(&self) -> usize {
        self.inner.buffer_limit
    }

    /// Whether a plugin has a body callback in this direction, and so may change the body.
    pub(super) fn sees_body(&self, direction: super::Direction) -> bool {
        match direction {
            super::Direction::Request => self.inner.sees_request_body,
            super::Direction::Response => self.inner.sees_response_body,
        }
    }
}
