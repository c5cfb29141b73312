//! Works in the request's body callback and calls no host function there: what is measured is how the engine runs code.
//!
//! The plugin configuration names the work, as in `Work::named`.

mod work;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType};
use work::Work;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| Box::new(Plugin { work: None }));
}}

struct Plugin {
    work: Option<Work>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _size: usize) -> bool {
        let name = self.get_plugin_configuration().unwrap_or_default();
        self.work = std::str::from_utf8(&name).ok().and_then(Work::named);
        self.work.is_some()
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream { work: self.work? }))
    }
}

struct Stream {
    work: Work,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_body(&mut self, _size: usize, _end_of_stream: bool) -> Action {
        self.work.run();
        Action::Continue
    }
}
