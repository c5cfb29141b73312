//! Counts what hot cases cost in instructions, and fails where one costs more than `benches/instructions.toml` says.
//!
//! ```sh
//! .ci/run instructions                # build and compare
//! BLESS=1 .ci/run instructions        # write the baseline anew
//! ```
//!
//! Needs valgrind, and `case` beside this program.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use tollgate_benches::groups;
use tollgate_benches::instructions::{Baseline, Change, count, is_counted, steep};

const BASELINE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.toml");

const HEAD: &str = "# Instructions per repetition of hot cases, as callgrind counts them: see src/instructions.rs.\n\
                    # Written by BLESS=1 .ci/run instructions.\n\n";

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let names: Vec<String> = groups::all().iter().filter(|case| is_counted(case)).map(ToString::to_string).collect();
    let program = std::env::current_exe()?.with_file_name("case");
    let counts = counts(&program, &names)?;
    let steep = steep(&counts);
    steep.iter().for_each(|line| println!("NOT FLAT: {line}"));
    let rustc = rustc()?;
    if std::env::var_os("BLESS").is_some() {
        let baseline = Baseline { rustc, instructions: counts };
        std::fs::write(BASELINE, format!("{HEAD}{}", toml::to_string(&baseline)?))?;
        println!("{} cases written to {BASELINE}", baseline.instructions.len());
        return Ok(if steep.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let baseline: Baseline = toml::from_str(&std::fs::read_to_string(BASELINE)?)?;
    let same_compiler = baseline.rustc == rustc;
    let mut failed = !steep.is_empty();
    for (name, now) in &counts {
        let before = baseline.instructions.get(name).copied();
        let change = Change::between(before, *now);
        println!("{name:<48} {:>9} -> {now:>9}  {change}", before.unwrap_or(0));
        failed |= match change {
            Change::Grown(_) => same_compiler,
            Change::New => true,
            Change::None | Change::Shrunk(_) => false,
        };
    }
    for name in baseline.instructions.keys().filter(|name| !counts.contains_key(*name)) {
        println!("{name}: in the baseline, but no case that is counted");
        failed = true;
    }
    if !same_compiler {
        println!("the baseline is of {}, this is {rustc}: growth is shown and does not fail", baseline.rustc);
    }
    if failed {
        println!("if this has to be so, write the baseline anew and say why: BLESS=1 .ci/run instructions");
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Counts of all cases, as many at a time as there are processors.
fn counts(program: &Path, names: &[String]) -> Result<BTreeMap<String, u64>, String> {
    let next = AtomicUsize::new(0);
    let counted = Mutex::new(Ok(BTreeMap::new()));
    let work = || {
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            let result = count(program, name);
            let Ok(mut counted) = counted.lock() else { return };
            match (counted.as_mut(), result) {
                (Ok(counts), Ok(count)) => drop(counts.insert(name.clone(), count)),
                (Ok(_), Err(error)) => *counted = Err(error),
                (Err(_), _) => return,
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    counted.into_inner().map_err(|_| "a thread panicked".to_owned())?
}

fn rustc() -> Result<String, Box<dyn Error>> {
    let output = Command::new("rustc").arg("--version").output()?;
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
