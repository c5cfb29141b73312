//! The store with a real Redis, which is started here on a port of its own: `REDIS_SERVER` says where the program is.

mod support;

use bytes::Bytes;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use support::{LONG, Vm, behaves, count, settings, start, wait_until};
use tollgate_host::shared::{Unavailable, Unstored};
use tollgate_redis::Settings;

/// A server that keeps nothing on disk; ended when dropped.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start() -> Self {
        // Nobody else takes a port so soon after it was free.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = free.local_addr().expect("an address");
        drop(free);
        Self::start_at(address)
    }

    fn start_at(address: SocketAddr) -> Self {
        let program = std::env::var_os("REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
        let port = address.port().to_string();
        let child = Command::new(program)
            .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"])
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server can be run; REDIS_SERVER says where it is");
        let server = Self { child, address };
        wait_until("that Redis listens", || TcpStream::connect(address).is_ok());
        server
    }

    fn signal(&self, name: &str) {
        let told = Command::new("sh").args(["-c", "kill -\"$1\" \"$0\"", &self.child.id().to_string(), name]).status();
        assert!(told.expect("a shell").success());
    }

    /// What it answers to a command.
    fn say(&self, command: &str) -> String {
        let mut stream = TcpStream::connect(self.address).expect("it listens");
        stream.write_all(format!("{command}\r\nQUIT\r\n").as_bytes()).expect("it listens");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        answer.trim_end_matches("+OK\r\n").trim_end().to_owned()
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
fn values_are_kept_as_this_process_would() {
    let server = Server::start();
    behaves(|prefix| start(Settings { prefix: prefix.to_owned(), ..settings(server.address) }));
    let keys = server.say("KEYS *");
    assert!(keys.contains("{one:vm}:values") && keys.contains("{two:vm}:state"), "{keys}");
}

#[test]
fn numbers_go_round_without_0_and_begin_anew_elsewhere() {
    let server = Server::start();
    let vm = Vm::of(&start(settings(server.address)), "vm");
    vm.store(b"k", b"a", 0).unwrap();
    let first = vm.number(b"k");
    vm.store(b"k", b"b", first).unwrap();
    assert_eq!(vm.number(b"k"), first.checked_add(1).unwrap_or(1));
    server.say("HSET {test:vm}:state cas 4294967294");
    let numbers = [b"c", b"d"].map(|value| {
        vm.store(b"k", value, 0).unwrap();
        vm.number(b"k")
    });
    assert_eq!(numbers, [u32::MAX, 1]);
    assert_eq!(vm.store(b"k", b"e", u32::MAX), Err(Unstored::CasMismatch));
    // Everything is lost: the number that was 1 is most probably another's now, or nobody's.
    let begins: Vec<_> = (0..8)
        .map(|_| {
            server.say("FLUSHALL");
            vm.store(b"k", b"f", 0).unwrap();
            vm.number(b"k")
        })
        .collect();
    assert!(begins.windows(2).any(|pair| pair[0] != pair[1]), "{begins:?}");
}

#[test]
fn bytes_are_counted_right_whatever_is_done_to_the_keys() {
    let server = Server::start();
    let vm = Vm { most_bytes: 200, ..Vm::of(&start(settings(server.address)), "vm") };
    let bytes = || server.say("HGET {test:vm}:state bytes");
    for (key, value, outcome) in [
        ("a", 36, Ok(())),
        ("b", 36, Err(Unstored::Full)),
        ("b", 34, Ok(())),
        ("a", 30, Ok(())),
        ("c", 0, Err(Unstored::Full)),
    ] {
        assert_eq!(vm.store(key.as_bytes(), &vec![b'v'; value], 0), outcome, "{key} {value}");
    }
    assert_eq!(bytes(), "$3\r\n194");
    // By hand, or because Redis makes room.
    server.say("DEL {test:vm}:values");
    assert_eq!(vm.store(b"c", b"", 0), Ok(()));
    assert_eq!(bytes(), "$2\r\n65");
    server.say("DEL {test:vm}:state");
    assert_eq!(vm.store(b"c", b"1", 0), Ok(()));
    assert_eq!(bytes(), "$2\r\n66");
}

#[test]
fn scripts_that_were_forgotten_are_sent_again() {
    let server = Server::start();
    let vm = Vm::of(&start(settings(server.address)), "vm");
    vm.store(b"k", b"a", 0).unwrap();
    server.say("SCRIPT FLUSH");
    assert_eq!(vm.store(b"k", b"b", vm.number(b"k")), Ok(()));
}

#[test]
fn one_that_is_stopped_killed_and_started_again_is_used_again() {
    const TIMEOUT: Duration = Duration::from_millis(300);
    let mut server = Server::start();
    let redis = start(Settings { timeout: TIMEOUT, ..settings(server.address) });
    let vm = Vm::of(&redis, "vm");
    let reachable = || count(&redis, "membership_healthy") == 1;
    vm.store(b"k", b"v", 0).unwrap();

    server.signal("STOP");
    assert_eq!(vm.value(b"k"), Err(Unavailable));
    let begun = Instant::now();
    for _ in 0..100 {
        assert_eq!(vm.value(b"k"), Err(Unavailable));
    }
    assert!(begun.elapsed() < TIMEOUT * 100, "{:?}", begun.elapsed());
    server.signal("CONT");
    wait_until("that it is reachable", reachable);
    assert_eq!(vm.value(b"k").unwrap().unwrap().0, Bytes::from_static(b"v"));

    server.end();
    wait_until("that it is seen to be gone", || vm.value(b"k").is_err());
    let server = Server::start_at(server.address);
    wait_until("that it is reachable", reachable);
    // It has kept nothing.
    wait_until("an answer", || vm.value(b"k").is_ok());
    assert_eq!(vm.value(b"k"), Ok(None));
    drop(server);
}

#[test]
fn users_log_in() {
    let server = Server::start();
    server.say("ACL SETUSER tollgate on >secret ~{mine:* +hget +hset +hstrlen +exists +eval +evalsha +script|load");
    server.say("CONFIG SET requirepass other");
    let with = |prefix: &str, username: Option<&str>, password: &str| {
        let redis = start(Settings {
            prefix: prefix.to_owned(),
            username: username.map(str::to_owned),
            password: Some(password.as_bytes().to_vec()),
            connect_timeout: LONG,
            ..settings(server.address)
        });
        Vm::of(&redis, "vm").store(b"k", b"v", 0)
    };
    assert_eq!(with("mine", Some("tollgate"), "secret"), Ok(()));
    assert_eq!(with("mine", None, "other"), Ok(()));
    assert_eq!(with("yours", Some("tollgate"), "secret"), Err(Unstored::Unavailable), "its keys are not for this user");
    assert_eq!(with("mine", Some("tollgate"), "other"), Err(Unstored::Unavailable));
}
