//! The filter chains of a listener: the one of `http_filters`, and those that routes have instead.
//!
//! All of them are made when a worker starts, and so are the plugins in them; a request only takes the one of its route.

use crate::error::ServerError;
use crate::local::Starting;
use crate::plugins::ListenerPlugins;
use std::collections::HashMap;
use std::fmt;
use tollgate_config::{FilterChange, HttpConnectionManager, HttpFilter, PerFilterConfig, PluginConfig};
use tollgate_host::plugin::PluginHandle;
use tollgate_host::stream::FilterChain;

/// One plugin of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Link {
    /// The filter of this number in `http_filters`.
    Filter(usize),
    /// The plugin of this number that a route has instead.
    Route(usize),
}

/// The chains of a listener.
pub(crate) struct Chains<'a, F> {
    http: &'a HttpConnectionManager,
    filters: Vec<Option<PluginHandle>>,
    /// What routes have instead, in the order of the configuration.
    routes: Vec<(&'a PluginConfig, PluginHandle)>,
    made: HashMap<Vec<Link>, FilterChain>,
    make: F,
}

impl<'a, F: FnMut(Vec<PluginHandle>) -> FilterChain> Chains<'a, F> {
    /// Starts the plugins of a listener. `make` makes a chain of some of them.
    pub(crate) fn start(
        http: &'a HttpConnectionManager,
        own: &ListenerPlugins,
        plugins: &mut Starting<'_>,
        make: F,
    ) -> Result<Self, ServerError> {
        let filters = own.http.iter().map(|placed| placed.as_ref().map(|placed| plugins.start(placed)).transpose());
        let filters = filters.collect::<Result<_, _>>()?;
        let routes =
            http.routes.plugins().zip(&own.routes).map(|(config, placed)| Ok((config, plugins.start(placed)?)));
        let routes = routes.collect::<Result<_, ServerError>>()?;
        Ok(Self { http, filters, routes, made: HashMap::new(), make })
    }

    /// The chain of requests whose route says nothing.
    pub(crate) fn main(&mut self) -> FilterChain {
        let links = self.links(&[]);
        self.chain(links)
    }

    /// The chain of requests whose route says this, the most specific first. `None` if it is that of all others.
    pub(crate) fn for_route(&mut self, levels: &[&PerFilterConfig]) -> Option<FilterChain> {
        let links = self.links(levels);
        (links != self.links(&[])).then(|| self.chain(links))
    }

    fn links(&self, levels: &[&PerFilterConfig]) -> Vec<Link> {
        let filters = self.http.filters.iter().enumerate();
        filters
            .filter_map(|(index, HttpFilter::Wasm(filter))| {
                match levels.iter().find_map(|level| level.of(&filter.filter_name)) {
                    Some(FilterChange::Disabled) => None,
                    Some(FilterChange::Enabled) => Some(Link::Filter(index)),
                    Some(FilterChange::Plugin(plugin)) => {
                        let is_it = |(config, _): &(&PluginConfig, _)| std::ptr::eq(*config, &**plugin);
                        self.routes.iter().position(is_it).map(Link::Route)
                    }
                    Some(FilterChange::Cors(_)) | None => (!filter.disabled).then_some(Link::Filter(index)),
                }
            })
            .collect()
    }

    fn chain(&mut self, links: Vec<Link>) -> FilterChain {
        if let Some(chain) = self.made.get(&links) {
            return chain.clone();
        }
        let handles = links.iter().filter_map(|link| match link {
            Link::Filter(index) => self.filters.get(*index).cloned().flatten(),
            Link::Route(index) => self.routes.get(*index).map(|(_, handle)| handle.clone()),
        });
        let chain = (self.make)(handles.collect());
        self.made.insert(links, chain.clone());
        chain
    }
}

impl<F> fmt::Debug for Chains<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chains").field("made", &self.made.len()).finish_non_exhaustive()
    }
}
