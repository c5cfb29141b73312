//! The guests, as modules in binary form.

use tollgate_abi::{AbiVersion, Callback};
use wasm_encoder::{CodeSection, RawSection};
use wasmparser::{Parser, Payload};

/// A plugin of about 1 KB, from WAT.
pub const SMALL: &[u8] = include_bytes!("../../examples/hello/plugin.wasm");

/// A plugin of about 150 KB, written in Rust with the public SDK.
pub const SDK: &[u8] = include_bytes!("../../examples/auth/plugin.wasm");

/// The configuration that [`SDK`] asks for.
pub const SDK_CONFIGURATION: &str = r#"{"realm": "tollgate", "tokens": {"alice": "wonderland"}}"#;

/// A plugin that works without the host, written in Rust with the public SDK. Its configuration names the work.
pub const WORK: &[u8] = include_bytes!("../work/plugin.wasm");

/// Size that [`large`] has at least: that of a plugin in Go.
const LARGE: usize = 3_000_000;

/// Exports every callback of a stream and does nothing.
pub fn empty() -> Vec<u8> {
    module(include_str!("../guests/empty.wat"))
}

/// The same without `proxy_on_request_headers`.
pub fn empty_less_one() -> Vec<u8> {
    const ONE: &str = "(func {{export proxy_on_request_headers}} (i32.const 0))";
    let text = include_str!("../guests/empty.wat");
    assert!(text.contains(ONE), "the guest is written otherwise than this knows it");
    module(&text.replace(ONE, ""))
}

/// Reads a request header and adds a response header.
pub fn get_add() -> Vec<u8> {
    module(include_str!("../guests/get_add.wat"))
}

/// Reads all request headers.
pub fn pairs() -> Vec<u8> {
    module(include_str!("../guests/pairs.wat"))
}

/// Reads every piece of the request's body.
pub fn body() -> Vec<u8> {
    module(include_str!("../guests/body.wat"))
}

/// Asks for more memory `growths` times when a request's headers come.
pub fn grow(growths: u64) -> Vec<u8> {
    module(&include_str!("../guests/grow.wat").replace("GROWTHS", &growths.to_string()))
}

/// Makes a host call `calls` times in a callback, and another one before. Calls are written as tollgate-testkit has them,
/// without braces.
pub fn hostcall(callback: Callback, calls: u64, before: Option<&str>, call: &str) -> Vec<u8> {
    let before = before.map_or_else(|| "(i32.const 0)".to_owned(), |before| format!("{{{{result {before}}}}}"));
    let text = include_str!("../guests/hostcall.wat")
        .replace("CALLBACK", callback.name)
        .replace("CALLS", &calls.to_string())
        .replace("BEFORE)", &format!("{before})"))
        .replace("CALL)", &format!("{{{{result {call}}}}})"));
    module(&text)
}

/// A plugin of 3 MB, the size of one in Go: [`SDK`] with all of its functions again and again, under new indices. What a
/// copy calls are the functions of the original, and nobody calls the copies; but compilers look at each by itself, and
/// see the code that Rust makes of a plugin.
pub fn large() -> Vec<u8> {
    let mut module = wasm_encoder::Module::new();
    let mut types = Vec::new();
    let mut bodies = Vec::new();
    let copies = LARGE.div_ceil(code_size(SDK));
    for payload in Parser::new(0).parse_all(SDK) {
        match payload.expect("the module is valid") {
            Payload::FunctionSection(section) => {
                types = section.into_iter().collect::<Result<_, _>>().expect("the module is valid");
                let mut section = wasm_encoder::FunctionSection::new();
                for ty in std::iter::repeat_n(&types, copies).flatten() {
                    section.function(*ty);
                }
                module.section(&section);
            }
            Payload::CodeSectionStart { .. } => {}
            Payload::CodeSectionEntry(body) => {
                bodies.push(&SDK[body.range()]);
                if bodies.len() == types.len() {
                    let mut section = CodeSection::new();
                    for body in std::iter::repeat_n(&bodies, copies).flatten() {
                        section.raw(body);
                    }
                    module.section(&section);
                }
            }
            // Debugging and names are about the original.
            Payload::CustomSection(_) => {}
            other => {
                if let Some((id, range)) = other.as_section() {
                    module.section(&RawSection { id, data: &SDK[range] });
                }
            }
        }
    }
    module.finish()
}

/// Bytes of the section with the code.
fn code_size(wasm: &[u8]) -> usize {
    let sizes = Parser::new(0).parse_all(wasm).filter_map(|payload| match payload {
        Ok(Payload::CodeSectionStart { size, .. }) => Some(size as usize),
        _ => None,
    });
    sizes.sum::<usize>().max(1)
}

fn module(text: &str) -> Vec<u8> {
    let text = tollgate_testkit::guest::assemble(text, AbiVersion::V0_2_1).expect("the guest's tokens are right");
    wat::parse_str(text).expect("the guest's text is right")
}

#[cfg(test)]
mod tests {
    use super::{LARGE, SDK, large};
    use crate::host;

    #[test]
    fn the_large_plugin_is_as_large_as_it_says_and_a_plugin() {
        let large = large();
        assert!((LARGE..LARGE + SDK.len() * 2).contains(&large.len()), "{} bytes", large.len());
        // The interpreter, as it is the quickest to take it.
        let runtime = tollgate_runtimes::open("wasmi").unwrap();
        let module = host::compile(&*runtime, &large);
        host::worker().start(&host::plugin(&module, "large", super::SDK_CONFIGURATION)).unwrap();
    }
}
