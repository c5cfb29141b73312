//! Lets requests with a known bearer token pass and answers the others itself.
//!
//! The plugin configuration is JSON: a realm, and one token per user.
//!
//! ```json
//! {"realm": "tollgate", "tokens": {"alice": "wonderland", "bob": "builder"}}
//! ```
//!
//! A request that passes carries `x-auth-user` instead of `authorization`, and its response carries `x-auth-user` too.

use std::collections::BTreeMap;
use std::rc::Rc;

use log::{error, info};
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};
use serde::Deserialize;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Plugin::default()));
}}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    realm: String,
    /// User to token.
    tokens: BTreeMap<String, String>,
}

/// One per configuration, alive as long as the proxy uses it.
#[derive(Default)]
struct Plugin {
    config: Rc<Config>,
}

impl Context for Plugin {}

impl RootContext for Plugin {
    fn on_configure(&mut self, _size: usize) -> bool {
        let bytes = self.get_plugin_configuration().unwrap_or_default();
        match serde_json::from_slice(&bytes) {
            Ok(config) => {
                self.config = Rc::new(config);
                true
            }
            // The proxy does not start with a plugin that says false.
            Err(error) => {
                error!("cannot read the configuration: {error}");
                false
            }
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, _context_id: u32) -> Option<Box<dyn HttpContext>> {
        Some(Box::new(Stream {
            config: Rc::clone(&self.config),
            user: None,
        }))
    }
}

/// One per request and its response.
struct Stream {
    config: Rc<Config>,
    user: Option<String>,
}

impl Context for Stream {}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        // As bytes: a client may send anything, and the text variant panics where it is not UTF-8.
        let header = self.get_http_request_header_bytes("authorization");
        match self.authenticate(header.as_deref()) {
            Ok(user) => {
                info!("{user} may pass");
                self.set_http_request_header("x-auth-user", Some(&user));
                self.set_http_request_header("authorization", None);
                self.user = Some(user);
                Action::Continue
            }
            Err(denial) => {
                info!("denied: {}", denial.reason());
                self.refuse(&denial);
                // The answer is on its way; nothing of this request goes further.
                Action::Pause
            }
        }
    }

    /// Runs for our own 401 as well: then there is no user.
    fn on_http_response_headers(&mut self, _count: usize, _end_of_stream: bool) -> Action {
        if let Some(user) = &self.user {
            self.set_http_response_header("x-auth-user", Some(user));
        }
        Action::Continue
    }
}

impl Stream {
    fn authenticate(&self, header: Option<&[u8]>) -> Result<String, Denial> {
        let token = header.and_then(bearer_token).ok_or(Denial::NoToken)?;
        let mut known = None;
        // Every token is looked at in full, so that the time taken says nothing about them.
        for (user, expected) in &self.config.tokens {
            if same_bytes(token, expected.as_bytes()) {
                known = Some(user.clone());
            }
        }
        known.ok_or(Denial::UnknownToken)
    }

    fn refuse(&self, denial: &Denial) {
        let challenge = match denial {
            Denial::NoToken => format!(r#"Bearer realm="{}""#, self.config.realm),
            Denial::UnknownToken => {
                format!(
                    r#"Bearer realm="{}", error="invalid_token""#,
                    self.config.realm
                )
            }
        };
        let body = format!("{{\"error\": \"{}\"}}\n", denial.reason());
        self.send_http_response(
            401,
            vec![
                ("www-authenticate", &challenge),
                ("content-type", "application/json"),
            ],
            Some(body.as_bytes()),
        );
    }
}

enum Denial {
    NoToken,
    UnknownToken,
}

impl Denial {
    fn reason(&self) -> &'static str {
        match self {
            Denial::NoToken => "a bearer token is needed",
            Denial::UnknownToken => "this token is not known",
        }
    }
}

/// The token of `Bearer TOKEN`; the scheme may be in any case.
fn bearer_token(header: &[u8]) -> Option<&[u8]> {
    let blank = header.iter().position(|&byte| byte == b' ')?;
    let (scheme, token) = header.split_at(blank);
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer") && !token.is_empty()).then_some(token)
}

fn same_bytes(left: &[u8], right: &[u8]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .fold(0, |seen, (a, b)| seen | (a ^ b))
            == 0
}
