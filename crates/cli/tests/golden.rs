//! The command line, in files: each case of `cases/` begins with a line `RUN: ARGUMENTS` in a comment, and beside it lies a
//! `.txt` with the exit status and what is printed. `BLESS=1 cargo test -p tollgate --test golden` writes those anew; to add
//! a case, drop a file.
//!
//! Arguments are separated by spaces. `%s` is the case's own name (it is run in its folder), `%examples` the folder of the
//! examples, and `%r` a runtime: the case is then run on each that is built in, and must print the same on all. What lies
//! in a folder `plugins` is no case but used by cases, each by at least one.

#[path = "support/mod.rs"]
mod support;

use libtest_mimic::{Arguments, Failed, Trial};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use support::program::{Program, runtimes};

/// A case, on one runtime if it asks for one.
#[derive(Clone, Debug)]
struct Case {
    folder: PathBuf,
    /// Name of its file.
    file: String,
    arguments: Vec<String>,
    runtime: Option<&'static str>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut trials = Vec::new();
    let mut texts = String::new();
    let mut plugins = Vec::new();
    for folder in sorted(&root) {
        let topic = name(&folder);
        for path in sorted(&folder) {
            if path.is_dir() {
                plugins.extend(sorted(&path));
            } else if path.extension().is_none_or(|extension| extension != "txt") {
                texts.push_str(&String::from_utf8_lossy(&fs::read(&path).expect("a case can be read")));
                for case in Case::read(&path) {
                    let runtime = case.runtime.map_or_else(String::new, |runtime| format!("{runtime}/"));
                    let title = format!("{runtime}{topic}/{}", name(&path));
                    trials.push(Trial::test(title, move || case.check().map_err(Failed::from)));
                }
            } else if !has_case(&path) {
                trials.push(failing(&path, "belongs to no case; remove it"));
            }
        }
    }
    for plugin in plugins.iter().filter(|plugin| !texts.contains(&name(plugin))) {
        trials.push(failing(plugin, "is used by no case; write one, or remove it"));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

impl Case {
    /// The case in a file, on each runtime if it asks for one.
    fn read(path: &Path) -> Vec<Self> {
        let content = fs::read(path).expect("a case can be read");
        let content = String::from_utf8_lossy(&content);
        let first = content.lines().next().unwrap_or_default();
        let Some((_, run)) = first.split_once("RUN:") else {
            panic!("{}: the first line must say RUN: and what to run", path.display());
        };
        let case = Self {
            folder: path.parent().expect("a file is in a folder").to_owned(),
            file: name(path),
            arguments: run.split_whitespace().map(str::to_owned).collect(),
            runtime: None,
        };
        if run.contains("%r") {
            return runtimes().iter().map(|runtime| Self { runtime: Some(runtime), ..case.clone() }).collect();
        }
        vec![case]
    }

    fn check(&self) -> Result<(), String> {
        let actual = self.run();
        let expected = self.folder.join(&self.file).with_extension("txt");
        // The first runtime blesses; the others have to agree, the next time.
        if std::env::var_os("BLESS").is_some() {
            let blesses = self.runtime.is_none_or(|runtime| runtime == runtimes()[0]);
            let write = || fs::write(&expected, actual).map_err(|error| error.to_string());
            return if blesses { write() } else { Ok(()) };
        }
        let expected = fs::read_to_string(&expected).unwrap_or_default();
        if actual == expected {
            return Ok(());
        }
        Err(format!("not as expected; look, then run with BLESS=1\n\n{actual}\ninstead of\n\n{expected}"))
    }

    /// Runs it; returns exit status and output, without what differs between machines and versions.
    fn run(&self) -> String {
        let examples = examples();
        let runtime = self.runtime.unwrap_or_default();
        let arguments = self
            .arguments
            .iter()
            .map(|argument| argument.replace("%s", &self.file).replace("%r", runtime).replace("%examples", &examples));
        let finished = Program::start(&self.folder, arguments).wait();
        let mut out = match finished.status.code() {
            Some(code) => format!("exit status {code}\n"),
            None => format!("{}\n", finished.status),
        };
        for (title, lines) in [("stdout", finished.stdout), ("stderr", finished.stderr)] {
            if !lines.is_empty() {
                out.push_str(&format!("\n--- {title}\n"));
            }
            for line in &without_backtraces(&lines.join("\n")) {
                out.push_str(&self.scrub(line));
                out.push('\n');
            }
        }
        out
    }

    fn scrub(&self, line: &str) -> String {
        let line = line
            .replace(&examples(), "EXAMPLES")
            .replace(&format!("(built in: {})", runtimes().join(", ")), "(built in: RUNTIMES)")
            .replace(env!("CARGO_PKG_VERSION"), "VERSION");
        // A log line begins with the time.
        match line.split_once("Z ") {
            Some((time, rest)) if time.starts_with("20") && !time.contains(' ') => format!("TIME {rest}"),
            _ => line,
        }
    }
}

/// The lines of an output, without the guest's stack: not every runtime tells it.
fn without_backtraces(output: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in output.lines() {
        match (lines.last_mut(), line.strip_prefix("  ").and_then(|line| line.trim_start().strip_prefix("at "))) {
            // What comes after the stack belongs to the line before it.
            (Some(last), Some(frame)) => {
                last.push_str(frame.split_once(" plugin=").map_or("", |(at, _)| &frame[at.len()..]));
            }
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn examples() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    folder.canonicalize().expect("the examples are there").display().to_string()
}

fn has_case(expected: &Path) -> bool {
    let stem = expected.with_extension("");
    let folder = expected.parent().expect("a file is in a folder");
    sorted(folder).iter().any(|path| path != expected && path.with_extension("") == stem)
}

fn failing(path: &Path, why: &'static str) -> Trial {
    let path = path.to_owned();
    Trial::test(format!("forgotten/{}", name(&path)), move || Err(format!("{} {why}", path.display()).into()))
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the cases can be listed");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("the cases can be listed").path()).collect();
    paths.sort();
    paths
}

fn name(path: &Path) -> String {
    path.file_name().expect("an entry has a name").to_string_lossy().into_owned()
}
