//! A Redis that does what a test tells it to: it has the commands that the store sends, and keeps what the script would.

use std::collections::HashMap;
use std::io::{self, BufReader, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// How it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// As Redis does.
    Well,
    /// Never.
    Stalled,
    /// A byte of the answer every few milliseconds, of which there are very many.
    Dripping,
    /// By closing the connection.
    Closing,
    /// Whatever is asked for values, these bytes.
    Saying(Vec<u8>),
}

/// A server on a port of its own. Its threads end with the test program.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    manner: Manner,
    /// User and password that it wants.
    login: Option<(String, String)>,
    knows_script: bool,
    commands: Vec<String>,
    connections: Vec<TcpStream>,
    values: HashMap<Vec<u8>, Values>,
    next_number: u32,
}

/// What a key holds: by field, numbers and values.
type Values = HashMap<Vec<u8>, (u32, Vec<u8>)>;

impl Peer {
    pub(crate) fn start() -> Self {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = socket.local_addr().expect("a bound socket has an address");
        let state = State {
            manner: Manner::Well,
            login: None,
            knows_script: true,
            commands: Vec::new(),
            connections: Vec::new(),
            values: HashMap::new(),
            next_number: 1,
        };
        let peer = Self { address, shared: Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }) };
        let server = peer.clone();
        std::thread::spawn(move || {
            for stream in socket.incoming().map_while(Result::ok) {
                let server = server.clone();
                server.state().connections.push(stream.try_clone().expect("a descriptor"));
                // A connection that is closed has been served.
                std::thread::spawn(move || drop(server.serve(&stream)));
            }
        });
        peer
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().expect("no panic under the lock")
    }

    /// Answers so from now on, what has been asked before and not been answered included.
    pub(crate) fn answer(&self, manner: Manner) {
        self.state().manner = manner;
        self.shared.changed.notify_all();
    }

    /// Wants to be told this user and password from now on.
    pub(crate) fn want_login(&self, user: &str, password: &str) {
        self.state().login = Some((user.to_owned(), password.to_owned()));
    }

    /// Forgets the script, until it is sent again.
    pub(crate) fn forget_script(&self) {
        self.state().knows_script = false;
    }

    /// Closes every connection, as a server does that is restarted.
    pub(crate) fn hang_up(&self) {
        for stream in std::mem::take(&mut self.state().connections) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Names of the commands so far.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.state().commands.clone()
    }

    fn serve(&self, stream: &TcpStream) -> io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        loop {
            let words = read_command(&mut reader)?;
            let name = String::from_utf8_lossy(&words[0]).into_owned();
            self.state().commands.push(name.clone());
            let manner = {
                let stalled = |state: &mut State| state.manner == Manner::Stalled;
                let state = self.shared.changed.wait_while(self.state(), stalled).expect("no panic under the lock");
                state.manner.clone()
            };
            let mut stream = stream;
            match manner {
                Manner::Well | Manner::Stalled => {
                    let answer = self.state().answer(&name, &words);
                    stream.write_all(&answer)?;
                }
                Manner::Closing => return stream.shutdown(Shutdown::Both),
                Manner::Dripping => {
                    stream.write_all(b"$1000000\r\n")?;
                    while self.drips() {
                        stream.write_all(b"x")?;
                    }
                }
                Manner::Saying(_) if matches!(&*name, "AUTH" | "SCRIPT") => {
                    let answer = self.state().answer(&name, &words);
                    stream.write_all(&answer)?;
                }
                Manner::Saying(bytes) => stream.write_all(&bytes)?,
            }
        }
    }

    /// Waits for a few milliseconds, unless it is to answer otherwise.
    fn drips(&self) -> bool {
        let dripping = |state: &mut State| state.manner == Manner::Dripping;
        let wait = Duration::from_millis(5);
        let (_state, waited) =
            self.shared.changed.wait_timeout_while(self.state(), wait, dripping).expect("no panic under the lock");
        waited.timed_out()
    }
}

impl State {
    fn answer(&mut self, name: &str, words: &[Vec<u8>]) -> Vec<u8> {
        match (name, words) {
            ("AUTH", [_, login @ ..]) => {
                let text = |word: &Vec<u8>| String::from_utf8_lossy(word).into_owned();
                let told = match login {
                    [user, password] => (text(user), text(password)),
                    [password] => ("default".to_owned(), text(password)),
                    _ => Default::default(),
                };
                match self.login == Some(told) {
                    true => b"+OK\r\n".to_vec(),
                    false => b"-WRONGPASS invalid username-password pair or user is disabled.\r\n".to_vec(),
                }
            }
            ("SCRIPT", _) => {
                self.knows_script = true;
                format!("$40\r\n{}\r\n", "5".repeat(40)).into_bytes()
            }
            ("HGET", [_, space, key]) => {
                let Some((number, value)) = self.values.get(space).and_then(|values| values.get(key)) else {
                    return b"$-1\r\n".to_vec();
                };
                let mut entry = number.to_be_bytes().to_vec();
                entry.extend(value);
                [format!("${}\r\n", entry.len()).as_bytes(), &entry, b"\r\n"].concat()
            }
            ("EVALSHA", _) if !self.knows_script => b"-NOSCRIPT No matching script. Please use EVAL.\r\n".to_vec(),
            ("EVAL" | "EVALSHA", [_, script, _, space, _, key, value, expected, most, overhead, _]) => {
                let known = if name == "EVAL" {
                    script.starts_with(b"local values")
                } else {
                    **script == *"5".repeat(40).as_bytes()
                };
                if !known {
                    return b"-ERR another script\r\n".to_vec();
                }
                self.knows_script = true;
                self.store(space, key, value, expected, number(most), number(overhead))
            }
            _ => b"-ERR unknown command\r\n".to_vec(),
        }
    }

    fn store(&mut self, space: &[u8], key: &[u8], value: &[u8], expected: &[u8], most: u64, overhead: u64) -> Vec<u8> {
        let values = self.values.entry(space.to_vec()).or_default();
        let held = values.get(key);
        if held.is_some_and(|(number, _)| !expected.is_empty() && number.to_be_bytes() != expected) {
            return b":1\r\n".to_vec();
        }
        let counts = |key: &[u8], value: &[u8]| (key.len() + value.len()) as u64 + overhead;
        let before = held.map_or(0, |(_, value)| counts(key, value));
        let all: u64 = values.iter().map(|(key, (_, value))| counts(key, value)).sum();
        if all - before + counts(key, value) > most && counts(key, value) > before {
            return b":2\r\n".to_vec();
        }
        values.insert(key.to_vec(), (self.next_number, value.to_vec()));
        self.next_number += 1;
        b":0\r\n".to_vec()
    }
}

fn number(word: &[u8]) -> u64 {
    String::from_utf8_lossy(word).parse().expect("a number")
}

/// A command: a list of its words.
fn read_command(reader: &mut impl io::BufRead) -> io::Result<Vec<Vec<u8>>> {
    let count = read_length(reader, b'*')?;
    (0..count)
        .map(|_| {
            let mut word = vec![0; read_length(reader, b'$')? + 2];
            reader.read_exact(&mut word)?;
            word.truncate(word.len() - 2);
            Ok(word)
        })
        .collect()
}

fn read_length(reader: &mut impl io::BufRead, kind: u8) -> io::Result<usize> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    if line.as_bytes().first() != Some(&kind) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line[1..].trim_end().parse().map_err(io::Error::other)
}
