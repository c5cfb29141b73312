//! Runs this example on every runtime; see `../smoke/mod.rs`. Its plugin is Rust, built elsewhere, and so has a checksum.

#[path = "../smoke/mod.rs"]
mod smoke;

fn main() -> std::process::ExitCode {
    smoke::Smoke::of("auth").run()
}
