//! Runs this example on every runtime; see `../smoke/mod.rs`.

#[path = "../smoke/mod.rs"]
mod smoke;

fn main() -> std::process::ExitCode {
    smoke::Smoke::of("tcp").run()
}
