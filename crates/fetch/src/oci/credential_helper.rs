//! Programs that keep credentials: `docker-credential-NAME get`, with the server on standard input and JSON on standard
//! output (docker-credential-helpers, "Development").

use super::credentials::User;
use serde::Deserialize;
use std::ffi::OsStr;
use std::io::{self, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How long a helper may take. Some ask a server themselves.
const PATIENCE: Duration = Duration::from_secs(30);

/// Most bytes of an answer that are read.
const MUCH: u64 = 64 * 1024;

/// What helpers say of a server that they do not know.
const UNKNOWN: &str = "credentials not found";

/// Stands in the place of a user's name where the secret is a token for the registry's authority.
const TOKEN: &str = "<token>";

/// What a helper answers with.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// Who we are to a server, as the helper of this name tells. `None` if it knows of nobody.
///
/// # Errors
///
/// What is wrong with the helper or its answer, and never the answer itself.
pub(super) async fn ask(name: &str, server: &str) -> Result<Option<User>, String> {
    // Nothing but a name: a path would be another program than docker runs.
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)) {
        return Err(format!("{name:?} is no name of a helper"));
    }
    let program = format!("docker-credential-{name}");
    let server = server.to_owned();
    let (tell, told) = oneshot::channel();
    // A thread of its own, which nobody waits for: the fetch may be given up before.
    let work = move || tell.send(run(program.as_ref(), &server, PATIENCE)).is_ok();
    std::thread::Builder::new()
        .name("credentials".to_owned())
        .spawn(work)
        .map_err(|error| format!("docker-credential-{name} cannot be run: {error}"))?;
    told.await.unwrap_or_else(|_| Err(format!("docker-credential-{name} was given up")))
}

fn run(program: &OsStr, server: &str, patience: Duration) -> Result<Option<User>, String> {
    let shown = program.display();
    let cannot = |error: io::Error| format!("{shown} cannot be run: {error}; it has to be in a folder of PATH");
    let mut child = Command::new(program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(cannot)?;
    if let Some(mut input) = child.stdin.take() {
        // One that does not listen may still answer.
        let _ = input.write_all(server.as_bytes());
    }
    let (tell, told) = mpsc::channel();
    let output = child.stdout.take();
    std::thread::spawn(move || {
        let mut text = Vec::new();
        let read = output.map_or(Ok(0), |output| output.take(MUCH).read_to_end(&mut text));
        let _ = tell.send(read.map(|_| text));
    });
    let text = told.recv_timeout(patience);
    if text.is_err() {
        let _ = child.kill();
    }
    let ended = child.wait().map_err(cannot)?;
    let text = match text {
        Ok(text) => text.map_err(|error| format!("the answer of {shown} cannot be read: {error}"))?,
        Err(RecvTimeoutError::Timeout) => return Err(format!("{shown} has not answered after {patience:?}")),
        Err(RecvTimeoutError::Disconnected) => return Err(format!("the answer of {shown} cannot be read")),
    };
    if text.len() as u64 == MUCH {
        return Err(format!("{shown} has answered with more than {MUCH} bytes"));
    }
    if !ended.success() {
        // What is wrong stands in the place of the answer, on a line.
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().next().unwrap_or_default().trim();
        if line.starts_with(UNKNOWN) {
            return Ok(None);
        }
        // What looks like an answer may be one.
        let is_said = !line.is_empty() && !line.starts_with('{') && ended.code().is_some();
        let why = if is_said { format!(": {}", line.escape_debug()) } else { String::new() };
        return Err(format!("{shown} has failed with {ended}{why}"));
    }
    let answer: Answer = serde_json::from_slice(&text)
        .map_err(|_| format!("{shown} has not answered with JSON that has Username and Secret"))?;
    if answer.username == TOKEN {
        return Err(format!(
            "{shown} has a token in the place of a password, which is not supported; log in with a password"
        ));
    }
    Ok(Some(User { name: answer.username, password: answer.secret }))
}

#[cfg(test)]
mod tests {
    use super::{ask, run};
    use std::path::PathBuf;
    use std::time::Duration;

    /// What the scripted helper tells of a server, whose name says what it does.
    fn told(server: &str, patience: Duration) -> Result<Option<String>, String> {
        let program = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/docker-credential-scripted"));
        let user = run(program.as_os_str(), server, patience)?;
        Ok(user.map(|user| format!("{}:{}", user.name, user.password)))
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_helper_is_told_the_server_and_tells_the_user() {
        assert_eq!(told("user.test", MINUTE), Ok(Some("user.test:a secret".to_owned())));
        assert_eq!(told("unknown.test", MINUTE), Ok(None));
    }

    #[test]
    fn what_is_wrong_is_said_without_the_secret() {
        for (server, expected) in [
            ("fails.test", "the keychain is locked"),
            ("nonsense.test", "has not answered with JSON that has Username and Secret"),
            ("token.test", "a token in the place of a password"),
            ("endless.test", "has answered with more than 65536 bytes"),
        ] {
            let error = told(server, MINUTE).unwrap_err();
            assert!(error.contains(expected) && !error.contains("a secret"), "{server}: {error}");
        }
        let error = told("stuck.test", Duration::from_millis(50)).unwrap_err();
        assert!(error.ends_with("docker-credential-scripted has not answered after 50ms"), "{error}");
    }

    #[test]
    fn a_helper_has_a_name_and_is_there() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let error = |name: &str| runtime.block_on(ask(name, "user.test")).unwrap_err();
        for name in ["", "../evil", "a b", "/bin/sh"] {
            assert!(error(name).ends_with("is no name of a helper"), "{name}");
        }
        assert!(error("nobody-has-this").contains("docker-credential-nobody-has-this cannot be run: "));
    }
}
