//! What guests are told when Redis is slow, away, back, or something else altogether.

mod support;

use bytes::Bytes;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::peer::{Manner, Peer};
use support::{LONG, Vm, behaves, count, settings, start, wait_until};
use tollgate_host::shared::{Store as _, Unavailable, Unstored};
use tollgate_redis::{Redis, Settings};

const SHORT: Duration = Duration::from_millis(300);

fn redis(peer: &Peer, timeout: Duration) -> (Arc<Redis>, Vm) {
    let redis = start(Settings { timeout, ..settings(peer.address) });
    let vm = Vm::of(&redis, "vm");
    (redis, vm)
}

#[test]
fn values_are_kept_as_this_process_would() {
    let peer = Peer::start();
    behaves(|prefix| start(Settings { prefix: prefix.to_owned(), ..settings(peer.address) }));
}

#[test]
fn one_that_stalls_costs_its_time_out_once_and_is_used_again_when_it_answers() {
    let peer = Peer::start();
    let (redis, vm) = redis(&peer, SHORT);
    vm.store(b"k", b"v", 0).unwrap();
    peer.answer(Manner::Stalled);
    let begun = Instant::now();
    let mut waited = Duration::ZERO;
    assert_eq!(redis.value(vm.space(), b"k", &mut waited), Err(Unavailable));
    assert!(begun.elapsed() >= SHORT && waited >= SHORT, "{waited:?}");
    assert_eq!((count(&redis, "upstream_rq_timeout"), count(&redis, "membership_healthy")), (1, 0));
    // Those that come now do not wait, nor is anything sent.
    let asked = |peer: &Peer| peer.commands().iter().filter(|name| ["HGET", "EVALSHA"].contains(&&***name)).count();
    let before = asked(&peer);
    let many = Instant::now();
    for _ in 0..1000 {
        assert_eq!(vm.value(b"k"), Err(Unavailable));
        assert_eq!(vm.store(b"k", b"w", 0), Err(Unstored::Unavailable));
    }
    assert!(many.elapsed() < SHORT * 1000, "{:?}", many.elapsed());
    assert_eq!(count(&redis, "upstream_rq_rejected"), 2000);
    assert_eq!(asked(&peer), before);
    peer.answer(Manner::Well);
    wait_until("that it is reachable", || count(&redis, "membership_healthy") == 1);
    assert_eq!(vm.value(b"k").unwrap().unwrap().0, Bytes::from_static(b"v"));
}

/// Each byte comes in time, and the whole never would.
#[test]
fn one_that_drips_is_not_waited_for_any_longer() {
    let peer = Peer::start();
    let (redis, vm) = redis(&peer, SHORT);
    peer.answer(Manner::Dripping);
    let begun = Instant::now();
    assert_eq!(vm.value(b"k"), Err(Unavailable));
    // It would take more than an hour. What is left is for the machine.
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
    assert_eq!(count(&redis, "upstream_rq_timeout"), 1);
}

#[test]
fn a_callback_waits_once_in_all_its_calls() {
    let peer = Peer::start();
    let (redis, vm) = redis(&peer, SHORT);
    vm.store(b"k", b"v", 0).unwrap();
    let commands = peer.commands().len();
    let mut waited = SHORT;
    let begun = Instant::now();
    assert_eq!(redis.value(vm.space(), b"k", &mut waited), Err(Unavailable));
    assert_eq!(redis.store(vm.space(), b"k", b"w", 0, &mut waited), Err(Unstored::Unavailable));
    assert!(begun.elapsed() < SHORT, "{:?}", begun.elapsed());
    assert_eq!((count(&redis, "upstream_rq_timeout"), peer.commands().len()), (2, commands));
    // It is nobody's fault, and the next callback has all of its time.
    assert_eq!(count(&redis, "membership_healthy"), 1);
    assert_eq!(vm.value(b"k").unwrap().unwrap().0, Bytes::from_static(b"v"));
    // Little is left: the connection cannot be used again, but Redis is not to blame.
    peer.answer(Manner::Stalled);
    let mut waited = SHORT - SHORT / 10;
    assert_eq!(redis.value(vm.space(), b"k", &mut waited), Err(Unavailable));
    assert!(waited >= SHORT);
    assert_eq!(count(&redis, "membership_healthy"), 1);
}

#[test]
fn connections_that_were_closed_meanwhile_are_not_used() {
    let peer = Peer::start();
    let (redis, vm) = redis(&peer, LONG);
    for round in 0..10 {
        assert_eq!(vm.store(b"k", &[round], 0), Ok(()));
        assert_eq!(vm.value(b"k").unwrap().unwrap().0, vec![round]);
        peer.hang_up();
    }
    assert_eq!(vm.value(b"k").unwrap().unwrap().0, vec![9]);
    assert_eq!((count(&redis, "upstream_cx_total"), count(&redis, "upstream_rq_failure")), (11, 0));
}

#[test]
fn one_that_closes_before_it_answers_is_away_until_it_does() {
    let peer = Peer::start();
    let (redis, vm) = redis(&peer, LONG);
    peer.answer(Manner::Closing);
    assert_eq!(vm.store(b"k", b"v", 0), Err(Unstored::Unavailable));
    assert_eq!(count(&redis, "upstream_rq_failure"), 1);
    wait_until("that another connection fails", || count(&redis, "upstream_cx_connect_fail") > 0);
    peer.answer(Manner::Well);
    wait_until("that it is reachable", || count(&redis, "membership_healthy") == 1);
    assert_eq!(vm.store(b"k", b"v", 0), Ok(()));
}

#[test]
fn a_store_starts_without_a_redis_and_finds_it_later() {
    let peer = Peer::start();
    peer.answer(Manner::Closing);
    let (redis, vm) = redis(&peer, LONG);
    assert_eq!(vm.value(b"k"), Err(Unavailable));
    peer.answer(Manner::Well);
    wait_until("that it is reachable", || count(&redis, "membership_healthy") == 1);
    assert_eq!(vm.value(b"k"), Ok(None));
}

#[test]
fn a_start_does_not_wait_for_ever() {
    let peer = Peer::start();
    peer.answer(Manner::Stalled);
    let begun = Instant::now();
    let redis = start(Settings { connect_timeout: SHORT, ..settings(peer.address) });
    assert!(begun.elapsed() < LONG, "{:?}", begun.elapsed());
    assert_eq!(Vm::of(&redis, "").value(b"k"), Err(Unavailable));
}

#[test]
fn a_script_that_was_forgotten_is_sent_again() {
    let peer = Peer::start();
    let (_redis, vm) = redis(&peer, LONG);
    vm.store(b"k", b"v", 0).unwrap();
    peer.forget_script();
    let number = vm.number(b"k");
    assert_eq!(vm.store(b"k", b"w", number), Ok(()));
    assert_eq!(vm.store(b"k", b"x", number), Err(Unstored::CasMismatch));
    let stores: Vec<_> = peer.commands().into_iter().filter(|name| name.starts_with("EVAL")).collect();
    assert_eq!(stores, ["EVALSHA", "EVALSHA", "EVAL", "EVALSHA"]);
}

#[test]
fn it_logs_in_with_or_without_a_name() {
    for (user, said) in [("default", None), ("tollgate", Some("tollgate"))] {
        let peer = Peer::start();
        peer.want_login(user, "secret");
        let with = |password: &str| {
            let password = Some(password.as_bytes().to_vec());
            start(Settings { username: said.map(str::to_owned), password, ..settings(peer.address) })
        };
        assert_eq!(Vm::of(&with("secret"), "").value(b"k"), Ok(None));
        let wrong = with("wrong");
        assert_eq!(Vm::of(&wrong, "").value(b"k"), Err(Unavailable));
        assert_eq!(count(&wrong, "membership_healthy"), 0);
        assert!(!format!("{:?}", wrong).contains("wrong"), "a password is shown");
    }
}

/// The connection is as good as before, and the next call may work.
#[test]
fn what_redis_refuses_fails_and_keeps_the_connection() {
    let peer = Peer::start();
    let (redis, vm) = redis(&peer, LONG);
    peer.answer(Manner::Saying(b"-OOM command not allowed when used memory > 'maxmemory'.\r\n".to_vec()));
    assert_eq!(vm.store(b"k", b"v", 0), Err(Unstored::Unavailable));
    assert_eq!(vm.value(b"k"), Err(Unavailable));
    peer.answer(Manner::Well);
    assert_eq!(vm.value(b"k"), Ok(None));
    assert_eq!((count(&redis, "upstream_rq_error"), count(&redis, "upstream_cx_total")), (2, 1));
}

/// By its name there may be another one now.
#[test]
fn one_that_has_become_a_replica_is_connected_to_anew() {
    let peer = Peer::start();
    let (redis, vm) = redis(&peer, LONG);
    peer.answer(Manner::Saying(b"-READONLY You can't write against a read only replica.\r\n".to_vec()));
    assert_eq!(vm.store(b"k", b"v", 0), Err(Unstored::Unavailable));
    peer.answer(Manner::Well);
    wait_until("another connection", || count(&redis, "upstream_cx_total") == 2);
    assert_eq!(vm.store(b"k", b"v", 0), Ok(()));
}

#[test]
fn what_is_no_answer_is_none() {
    let nested = b"*1\r\n".repeat(10_000);
    let endless = [&b"$4000000\r\n"[..], &vec![b'x'; 3 << 20]].concat();
    for bytes in [
        &nested[..],
        &endless,
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"$2\r\nxy\r\n",
        b"$5\r\n\0\0\0\0v\r\n",
        b":5\r\n",
        b"+OK\r\n+OK\r\n",
    ] {
        let peer = Peer::start();
        let (redis, vm) = redis(&peer, LONG);
        peer.answer(Manner::Saying(bytes.to_vec()));
        assert_eq!(vm.value(b"k"), Err(Unavailable), "{:?}", &bytes[..bytes.len().min(20)]);
        assert_eq!(count(&redis, "upstream_rq_failure"), 1);
        peer.answer(Manner::Well);
        wait_until("that it is reachable", || count(&redis, "membership_healthy") == 1);
        assert_eq!(vm.value(b"k"), Ok(None));
    }
}
