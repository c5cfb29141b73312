//! `tollgate-conformance`: runs the suite and writes its results.

use anyhow::bail;
use clap::{Parser, Subcommand};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use tollgate_conformance::differential::{self, Choices};
use tollgate_conformance::matrix::{Kind, Matrix, Trial, Verdict};
use tollgate_conformance::output::{self, Format};
use tollgate_conformance::{completeness, envoy, report, root};

/// Runs the conformance suite: every case on every runtime for every version of the ABI.
#[derive(Debug, Parser)]
#[command(name = "tollgate-conformance", version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Run this runtime only; may be given several times.
    #[arg(long, global = true)]
    runtime: Vec<String>,
    /// Compare with another host instead, a real Envoy: its binary is `ENVOY_BIN`, or `envoy` in PATH.
    #[arg(long, value_enum)]
    host: Option<Host>,
    /// How many of the other host run at a time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Show differences that are meant, too.
    #[arg(long)]
    verbose: bool,
    /// How results are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Rewrite the expected transcripts of what is selected, and review the difference (as BLESS=1).
    #[arg(long)]
    bless: bool,
    /// Run trials whose name contains this, as in `wasmi/http_fields`.
    filter: Option<String>,
}

/// A host to compare with.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Host {
    /// The reference.
    Envoy,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the support table: which functions work on which runtime.
    Report,
    /// Write the rules that stand in no table of the ABI, with the cases that show them.
    Rules,
    /// List the trials.
    List,
    /// Compare the runtimes on guests and dialogues chosen by chance, beyond those of every run.
    Differential {
        /// The first seed.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// How many seeds.
        #[arg(long, default_value_t = 1000)]
        count: u64,
        /// Write the case file of the first seed, and its transcript to stderr, instead of comparing any.
        #[arg(long)]
        show: bool,
    },
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(code) => code,
        // Whoever reads has enough: `list | head`.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    if let Some(Command::Differential { from, count, show }) = arguments.command {
        return differ(from, count, show);
    }
    for name in &arguments.runtime {
        if !tollgate_runtimes::names().contains(&name.as_str()) {
            bail!("runtime {name:?} is not built in; built in are {}", tollgate_runtimes::names().join(", "));
        }
    }
    if let Some(Host::Envoy) = arguments.host {
        return compare_with_envoy(arguments);
    }
    let mut matrix = Matrix::read(&root())?;
    if arguments.bless || std::env::var_os("BLESS").is_some() {
        let blessed = matrix.bless(|name| arguments.filter.as_ref().is_none_or(|filter| name.contains(filter)))?;
        eprintln!("wrote the expected transcripts of {blessed} cases");
        matrix = Matrix::read(&root())?;
    }
    matrix.trials.retain(|trial| arguments.selects(trial));
    if matrix.trials.is_empty() {
        bail!("no trial is selected");
    }
    let mut out = std::io::stdout().lock();
    if let Some(Command::Rules) = arguments.command {
        out.write_all(completeness::table(&matrix.cases).as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(Command::List) = arguments.command {
        for trial in &matrix.trials {
            writeln!(out, "{}", trial.name)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let verdicts = run_all(&matrix.trials);
    match arguments.command {
        Some(Command::Report) => out.write_all(report::markdown(&matrix, &verdicts).as_bytes())?,
        _ => output::write(arguments.format, &verdicts, &mut out)?,
    }
    let failed = verdicts.iter().any(|verdict| verdict.failure.is_some());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Compares the runtimes on these seeds.
fn differ(from: u64, count: u64, show: bool) -> anyhow::Result<ExitCode> {
    let trials = (from..from.saturating_add(count))
        .map(|seed| Trial { name: format!("differential/{seed}"), kind: Kind::Differential { seed } });
    if show {
        let case = differential::case_file(&mut Choices::seeded(from));
        std::io::stdout().lock().write_all(case.as_bytes())?;
        let runtime = tollgate_runtimes::names().first().copied().unwrap_or_default();
        eprint!("{}", differential::transcript(&case, runtime)?);
        return Ok(ExitCode::SUCCESS);
    }
    let verdicts = run_all(&trials.collect::<Vec<_>>());
    output::write(Format::default(), &verdicts, &mut std::io::stdout().lock())?;
    let failed = verdicts.iter().any(|verdict| verdict.failure.is_some());
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn compare_with_envoy(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let first = arguments.runtime.first().map(String::as_str).or_else(|| tollgate_runtimes::names().first().copied());
    let Some(runtime) = first else { bail!("no runtime is built in") };
    let options =
        envoy::Options { filter: arguments.filter.clone(), jobs: arguments.jobs, runtime: runtime.to_owned() };
    let report = envoy::compare(&root(), &options)?;
    if report.trials.is_empty() {
        bail!("no case is selected");
    }
    report.write(arguments.format, arguments.verbose, &mut std::io::stdout().lock())?;
    Ok(if report.passes() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Arguments {
    fn selects(&self, trial: &Trial) -> bool {
        let runtime = match &trial.kind {
            Kind::Case { runtime, .. } => self.runtime.is_empty() || self.runtime.iter().any(|name| name == runtime),
            // It needs all of them.
            Kind::Differential { .. } => self.runtime.is_empty(),
            Kind::Check(_) => true,
        };
        runtime && self.filter.as_ref().is_none_or(|filter| trial.name.contains(filter))
    }
}

/// Runs trials on as many threads as the machine has; results come in the order of the trials.
fn run_all(trials: &[Trial]) -> Vec<Verdict> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (sender, results) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (next, sender) = (&next, sender.clone());
            scope.spawn(move || {
                while let Some((index, trial)) = trials.iter().enumerate().nth(next.fetch_add(1, Ordering::Relaxed)) {
                    // The receiver outlives the threads.
                    let _ = sender.send((index, trial.run()));
                }
            });
        }
    });
    drop(sender);
    let mut verdicts: Vec<_> = results.into_iter().collect();
    verdicts.sort_by_key(|(index, _)| *index);
    verdicts.into_iter().map(|(_, verdict)| verdict).collect()
}
