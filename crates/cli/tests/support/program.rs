//! The `tollgate` program as a process.

use super::lines::Lines;
use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;

/// A process of the program; ended when dropped.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    pub(crate) stdout: Lines,
    pub(crate) stderr: Lines,
}

/// What a process has left behind.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<String>,
    pub(crate) stderr: Vec<String>,
}

/// The program to test: what cargo has built, or what the environment names.
fn binary() -> OsString {
    std::env::var_os("TOLLGATE_UNDER_TEST").unwrap_or_else(|| env!("CARGO_BIN_EXE_tollgate").into())
}

/// The names of the runtimes that are built in.
pub(crate) fn runtimes() -> &'static [String] {
    static NAMES: OnceLock<Vec<String>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let listed = Program::start(Path::new("."), ["runtimes", "--json"]).wait();
        let listed: serde_json::Value = serde_json::from_str(&listed.stdout.join("\n")).expect("a JSON document");
        let runtimes = listed.as_array().expect("a list of runtimes");
        runtimes.iter().map(|runtime| runtime["name"].as_str().expect("a name").to_owned()).collect()
    })
}

impl Program {
    /// Starts it in a folder.
    pub(crate) fn start<A: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = A>) -> Self {
        Self::start_in_environment(folder, arguments, [])
    }

    /// The same, with variables set or not set.
    pub(crate) fn start_in_environment<'a, A: AsRef<OsStr>>(
        folder: &Path,
        arguments: impl IntoIterator<Item = A>,
        environment: impl IntoIterator<Item = (&'a str, Option<&'a Path>)>,
    ) -> Self {
        let mut command = Command::new(binary());
        // What one test has compiled is another's, and nobody's who works on this machine.
        command.env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/caches"));
        for (key, value) in environment {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        let mut child = command
            .args(arguments)
            .current_dir(folder)
            .env_remove("NO_COLOR")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = Lines::of(child.stdout.take().expect("a pipe"));
        let stderr = Lines::of(child.stderr.take().expect("a pipe"));
        Self { child, stdout, stderr }
    }

    /// Number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, name: &str) {
        // The standard library sends no signals but the deadly one; every shell does.
        let told = Command::new("sh").args(["-c", "kill -\"$1\" \"$0\"", &self.id().to_string(), name]).status();
        assert!(told.expect("a shell").success(), "the process can be told; it has printed\n{}", self.printed());
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait(mut self) -> Finished {
        let ended = self.stdout.wait_for_end() && self.stderr.wait_for_end();
        assert!(ended, "the process does not end; it has printed\n{}", self.printed());
        let status = self.child.wait().expect("the process has ended");
        Finished { status, stdout: self.stdout.so_far(), stderr: self.stderr.so_far() }
    }

    /// Everything it has printed so far.
    pub(crate) fn printed(&self) -> String {
        [self.stdout.so_far(), self.stderr.so_far()].concat().join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Finished {
    /// Everything it has printed.
    pub(crate) fn printed(&self) -> String {
        [&self.stdout[..], &self.stderr[..]].concat().join("\n")
    }
}
