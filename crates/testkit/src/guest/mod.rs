//! Guests written as text, with the ABI's own names.
//!
//! A guest is a module in the WebAssembly text format with tokens in double braces, which [`assemble`] fills from the
//! tables of [`tollgate_abi`]. One text serves several versions of the ABI.
//!
//! ```wat
//! (module {{prelude}}
//!   (func {{export proxy_on_request_headers}}
//!     {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
//!     {{proxy_log INFO "hello"}}
//!     {{CONTINUE}}))
//! ```
//!
//! | token | becomes |
//! |---|---|
//! | `{{prelude}}` | imports, marker, memory, allocator and data, all of the following |
//! | `{{imports}}` | an import for each host function called in the text |
//! | `{{marker}}` | the export that declares the version |
//! | `{{memory}}` | one page of memory, exported |
//! | `{{malloc}}` | an allocator from address 0x8000 up, exported as `malloc` |
//! | `{{data}}` | the bytes of all strings, from address 0x1000 up |
//! | `{{export CALLBACK}}` | export name, named parameters and result of the callback in that version |
//! | `{{FUNCTION ARGS...}}` | a call; the result is dropped |
//! | `{{result FUNCTION ARGS...}}` | a call; the result stays |
//! | `{{calls FUNCTION}}` | calls with arguments that the table suggests, once per map, buffer or stream type; results dropped |
//! | `{{wrong_calls FUNCTION}}` | a call for each way in which each of its parameters can be wrong, and one with all wrong |
//! | `{{NAME}}`, `{{"text"}}`, ... | an argument alone |
//!
//! Arguments: numbers; names of the ABI's enumerations; `$local`; WAT in parentheses; `"text"` (address and length, with
//! the escapes of WAT); `{"name" "value" ...}`, an encoded map (address and length); `["text" ...]`, a list of buffers
//! for `fd_write` (address and count); `@"text"`, its address alone; `utf16"text"`, the address of an AssemblyScript
//! string. Output parameters (`return_...`) that are left out get the addresses 0x10, 0x18, 0x20 and so on.
//!
//! In place of the function, `calls` and `wrong_calls` take a [`group`] of functions, of which they call each name once. `parameter=ARG` overrides what the table
//! suggests: `{{calls returning context_id=$context_id}}`.
//!
//! A function may be called in its second module as `wasi_unstable.fd_write`. Functions that are imported by one name with
//! several types go by the names of their rows, such as `proxy_grpc_call_without_metadata`; a guest may import one of
//! them only.

mod arguments;
mod assemble;
mod data;
mod expand;
mod group;
mod lex;

pub use assemble::assemble;
pub use group::group;

use std::fmt;

/// A mistake in a guest's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Line in the text, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for TemplateError {}

#[cfg(test)]
mod tests;
