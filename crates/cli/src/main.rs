//! The `tollgate` program. One file per subcommand.

#![forbid(unsafe_code)]

mod artifacts;
mod bounded;
mod compile;
mod debug_info;
mod fetch;
mod files;
mod inspect;
mod limits;
mod line_tables;
mod load;
mod logging;
mod modules;
mod output;
mod precompile;
mod run;
mod runtimes;
mod shared_data;
mod signed;
mod trace;
mod validate;
mod watch;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A request makes many small values that live as long as it does, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: tollgate_allocator::Allocator = tollgate_allocator::Allocator;

/// What a user who starts the program with no arguments is told.
const NEXT: &str = "\
tollgate is a proxy that runs proxy-wasm plugins. It boots from Envoy's YAML.

  tollgate run examples/hello/envoy.yaml       run the proxy; then: curl -i localhost:18000
  tollgate validate CONFIG                     check a configuration and its plugins, without sockets
  tollgate inspect PLUGIN                      what a .wasm or .wat file needs and offers
  tollgate compile PLUGIN                      compile it beforehand, so that the proxy starts at once
  tollgate runtimes                            the Wasm runtimes that are built in

tollgate help COMMAND tells more about each.
";

#[derive(Debug, Parser)]
#[command(name = "tollgate", version, about = "A proxy that runs proxy-wasm plugins and boots from Envoy's YAML")]
struct Cli {
    #[command(flatten)]
    logging: logging::LoggingArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the proxy.
    Run(run::RunArgs),
    /// Check a configuration and its plugins as `run` would, without opening a socket.
    Validate(validate::ValidateArgs),
    /// Show what a plugin needs and offers.
    Inspect(inspect::InspectArgs),
    /// Compile a plugin to an artefact, which `run` takes where the configuration says `allow_precompiled: true`.
    Compile(precompile::CompileArgs),
    /// Show the Wasm runtimes that are built in, and what each can do.
    Runtimes(runtimes::RuntimesArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let Some(command) = cli.command else {
        output::error(NEXT.trim_end());
        return ExitCode::from(2);
    };
    let traces = matches!(&command, Command::Run(args) if args.is_traced());
    let logs = logging::init(&cli.logging, traces);
    let result = match command {
        Command::Run(args) => run::run(&args, &cli.logging, logs),
        Command::Validate(args) => validate::validate(&args),
        Command::Inspect(args) => inspect::inspect(&args),
        Command::Compile(args) => precompile::compile(&args),
        Command::Runtimes(args) => runtimes::runtimes(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            for message in failure.messages() {
                if cli.logging.is_json() {
                    tracing::error!("{message}");
                } else {
                    output::error(&format!("error: {message}"));
                }
            }
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_defined_soundly() {
        Cli::command().debug_assert();
    }
}
