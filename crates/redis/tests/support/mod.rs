//! What the tests of the store share.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod peer;

use bytes::Bytes;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_host::shared::{Store as _, StoreSpace, Unavailable, Unstored};
use tollgate_redis::{Redis, Settings};

/// How long anything may take before a test fails. Generous, since it is spent only where something is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Long enough that a machine with other things to do meets it.
pub(crate) const LONG: Duration = Duration::from_secs(5);

pub(crate) fn settings(address: SocketAddr) -> Settings {
    Settings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: None,
        username: None,
        password: None,
        prefix: "test".to_owned(),
        timeout: LONG,
        connect_timeout: LONG,
    }
}

/// The store as a guest of one `vm_id` sees it, each call being a callback of its own.
#[derive(Clone, Debug)]
pub(crate) struct Vm {
    pub(crate) redis: Arc<Redis>,
    pub(crate) vm_id: &'static str,
    pub(crate) most_bytes: u64,
}

impl Vm {
    pub(crate) fn of(redis: &Arc<Redis>, vm_id: &'static str) -> Self {
        Self { redis: redis.clone(), vm_id, most_bytes: 1 << 20 }
    }

    pub(crate) fn space(&self) -> StoreSpace<'_> {
        StoreSpace { vm_id: self.vm_id, most_bytes: self.most_bytes }
    }

    pub(crate) fn value(&self, key: &[u8]) -> Result<Option<(Bytes, u32)>, Unavailable> {
        self.redis.value(self.space(), key, &mut Duration::default())
    }

    pub(crate) fn store(&self, key: &[u8], value: &[u8], cas: u32) -> Result<(), Unstored> {
        self.redis.store(self.space(), key, value, cas, &mut Duration::default())
    }

    /// The number of a value that is there.
    pub(crate) fn number(&self, key: &[u8]) -> u32 {
        self.value(key).expect("an answer").expect("a value").1
    }
}

pub(crate) fn start(settings: Settings) -> Arc<Redis> {
    Arc::new(Redis::start(settings).expect("a thread"))
}

/// One of the store's numbers.
pub(crate) fn count(redis: &Redis, name: &str) -> u64 {
    redis.numbers().into_iter().find(|(own, _)| own.strip_prefix("redis.") == Some(name)).expect("a number").1
}

/// Tries until it is so.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "{what} does not come to pass");
        std::thread::yield_now();
    }
}

/// What holds of every store, whoever keeps the values.
pub(crate) fn behaves(start: impl Fn(&str) -> Arc<Redis>) {
    let (here, there, other) = (start("one"), start("one"), start("two"));
    let [one, two] = [&here, &there].map(|redis| Vm::of(redis, "vm"));

    // Values are the same for all, with numbers that are never 0 and change with every value.
    assert_eq!(one.value(b"k"), Ok(None));
    assert_eq!(one.store(b"k", b"a", 77), Ok(()), "a key without a value takes any number");
    let first = one.number(b"k");
    assert_ne!(first, 0);
    assert_eq!(two.value(b"k"), Ok(Some((Bytes::from_static(b"a"), first))));
    assert_eq!(two.store(b"k", b"b", first), Ok(()));
    assert_eq!(one.store(b"k", b"c", first), Err(Unstored::CasMismatch));
    let second = one.number(b"k");
    assert_ne!(second, first);
    assert_eq!(one.value(b"k"), Ok(Some((Bytes::from_static(b"b"), second))));
    assert_eq!(one.store(b"k", b"", 0), Ok(()), "0 expects nothing");
    assert_eq!(two.value(b"k").unwrap().unwrap().0, Bytes::new());

    // Any bytes are keys and values.
    for key in [&b""[..], b"\r\n*1\r\n", b"\0\xff", "\u{20ac} {}:".as_bytes()] {
        let value = [key, &[0, 255, 13, 10]].concat();
        assert_eq!(one.store(key, &value, 0), Ok(()));
        assert_eq!(two.value(key).unwrap().unwrap().0, value);
    }
    let long: Vec<u8> = (0..500_000_u32).flat_map(u32::to_le_bytes).take(1 << 19).collect();
    assert_eq!(one.store(b"long", &long, 0), Ok(()));
    assert_eq!(two.value(b"long").unwrap().unwrap().0, long);

    // Of another VM id, or another prefix, there is nothing.
    for vm in [Vm::of(&here, ""), Vm::of(&here, "vm}:values"), Vm::of(&other, "vm")] {
        assert_eq!(vm.value(b"k"), Ok(None));
        assert_eq!(vm.store(b"k", b"own", 0), Ok(()));
    }
    assert_eq!(one.value(b"k").unwrap().unwrap().0, Bytes::new());

    // Two entries of 64 and 2 bytes each fit; a third does not, nor a longer value; a shorter one does.
    let small = Vm { most_bytes: 132, ..Vm::of(&here, "small") };
    assert_eq!([b"a", b"b", b"c"].map(|key| small.store(key, b"1", 0)), [Ok(()), Ok(()), Err(Unstored::Full)]);
    assert_eq!(small.store(b"a", b"22", 0), Err(Unstored::Full));
    assert_eq!(small.store(b"a", b"3", 0), Ok(()));
    let tiny = Vm { most_bytes: 10, ..small.clone() };
    assert_eq!([tiny.store(b"a", b"4", 0), tiny.store(b"a", b"", 0)], [Ok(()), Ok(())], "it is no larger than before");
    assert_eq!(tiny.store(b"a", b"5", 0), Err(Unstored::Full));

    // Nobody's step is lost.
    const ROUNDS: u32 = 50;
    one.store(b"sum", b"0", 0).unwrap();
    std::thread::scope(|scope| {
        for vm in [&one, &two, &one, &two] {
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    loop {
                        let (sum, cas) = vm.value(b"sum").unwrap().unwrap();
                        let sum: u32 = std::str::from_utf8(&sum).unwrap().parse().unwrap();
                        match vm.store(b"sum", (sum + 1).to_string().as_bytes(), cas) {
                            Ok(()) => break,
                            Err(why) => assert_eq!(why, Unstored::CasMismatch),
                        }
                    }
                }
            });
        }
    });
    assert_eq!(one.value(b"sum").unwrap().unwrap().0, (4 * ROUNDS).to_string());
    assert_eq!(count(&here, "membership_healthy"), 1);
    assert_eq!(count(&here, "upstream_rq_total"), count(&here, "upstream_rq_success"));
}
