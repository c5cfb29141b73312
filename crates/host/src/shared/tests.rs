//! What is shared, from one thread and from many.

use super::mailbox::Mail;
use super::{Mailbox, Rejected, Shared, SharedView, Target};
use crate::bell::Bell;
use crate::state::VmId;
use crate::turn::Turn;
use crate::vm::Quotas;
use bytes::Bytes;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

/// The calls of a guest that has not waited for anything.
trait Call {
    fn found(&self, key: &[u8]) -> Option<(Bytes, u32)>;
    fn put(&self, key: &[u8], value: Bytes, cas: u32) -> Result<(), Rejected>;
}

impl Call for SharedView {
    fn found(&self, key: &[u8]) -> Option<(Bytes, u32)> {
        self.value(key, &Turn::default()).expect("this process keeps the values")
    }

    fn put(&self, key: &[u8], value: Bytes, cas: u32) -> Result<(), Rejected> {
        self.store(key, &value, cas, &Turn::default())
    }
}

fn view(shared: &Arc<Shared>, vm_id: &str) -> SharedView {
    SharedView::new(shared, vm_id, VmId::new(), Quotas::default())
}

fn target(mailbox: &Arc<Mailbox>, view: &SharedView, context_id: u32) -> Target {
    Target { mailbox: mailbox.clone(), vm: view.vm, context_id }
}

fn bytes(text: &'static str) -> Bytes {
    Bytes::from_static(text.as_bytes())
}

mod data {
    use super::*;

    #[test]
    fn single_thread() {
        let shared = Arc::default();
        let vm = view(&shared, "id");
        assert_eq!(vm.found(b"k"), None);
        assert_eq!(vm.put(b"k", bytes("a"), 0), Ok(()));
        assert_eq!(vm.found(b"k"), Some((bytes("a"), 1)));
        assert_eq!(vm.put(b"k", bytes("b"), 0), Ok(()));
        assert_eq!(vm.put(b"k", bytes("c"), 100), Err(Rejected::CasMismatch));
        assert_eq!(vm.found(b"k"), Some((bytes("b"), 2)));
        assert_eq!(vm.put(b"k", bytes("d"), 2), Ok(()));
        assert_eq!(vm.found(b"k"), Some((bytes("d"), 3)));
        // A key without a value takes any number.
        assert_eq!(vm.put(b"new", bytes(""), 77), Ok(()));
        assert_eq!(vm.found(b"new"), Some((bytes(""), 4)));
    }

    #[test]
    fn spaces_are_apart_and_numbers_are_not() {
        let shared = Arc::default();
        let (one, two, none) = (view(&shared, "one"), view(&shared, "two"), view(&shared, ""));
        one.put(b"k", bytes("1"), 0).unwrap();
        two.put(b"k", bytes("2"), 0).unwrap();
        assert_eq!(one.found(b"k"), Some((bytes("1"), 1)));
        assert_eq!(two.found(b"k"), Some((bytes("2"), 2)));
        assert_eq!(none.found(b"k"), None);
        assert_eq!(view(&shared, "one").found(b"k"), Some((bytes("1"), 1)));
    }

    #[test]
    fn the_number_skips_zero() {
        let shared = Arc::new(Shared { next_cas: AtomicU32::new(u32::MAX), ..Shared::default() });
        let vm = view(&shared, "");
        vm.put(b"k", bytes("a"), 0).unwrap();
        vm.put(b"k", bytes("b"), u32::MAX).unwrap();
        assert_eq!(vm.found(b"k"), Some((bytes("b"), 1)));
    }

    #[test]
    fn concurrent() {
        const ROUNDS: u32 = 500;
        let shared = Arc::default();
        let first = view(&shared, "id");
        first.put(b"sum", bytes("0"), 0).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let vm = view(&shared, "id");
                    for _ in 0..ROUNDS {
                        // Reads, adds one and stores until nobody was in between.
                        loop {
                            let (old, cas) = vm.found(b"sum").unwrap();
                            let sum: u32 = std::str::from_utf8(&old).unwrap().parse().unwrap();
                            if vm.put(b"sum", (sum + 1).to_string().into(), cas).is_ok() {
                                break;
                            }
                        }
                    }
                });
            }
        });
        let (sum, cas) = first.found(b"sum").unwrap();
        assert_eq!((&*sum, cas), (&b"2000"[..], 4 * ROUNDS + 1));
    }

    #[test]
    fn delete_by_vm_id() {
        let shared = Arc::default();
        let (one, two) = (view(&shared, "id"), view(&shared, "id"));
        one.put(b"k", bytes("a"), 0).unwrap();
        drop(one);
        assert_eq!(two.found(b"k"), Some((bytes("a"), 1)));
        drop(two);
        assert_eq!(view(&shared, "id").found(b"k"), None);
    }

    #[test]
    fn vm_id_handle_cleanup() {
        let shared = Arc::<Shared>::default();
        let (one, two, other) = (view(&shared, "id"), view(&shared, "id"), view(&shared, "other"));
        other.put(b"k", bytes("a"), 0).unwrap();
        drop((one, two));
        assert_eq!(super::super::lock(&shared.spaces).len(), 1);
        assert!(other.found(b"k").is_some());
        drop(other);
        assert!(super::super::lock(&shared.spaces).is_empty());
    }
}

mod store {
    use super::*;
    use crate::shared::{Store, StoreSpace, Unavailable, Unstored};
    use std::sync::Mutex;
    use std::time::Duration;

    /// Notes what it is asked, takes a second for each call, and keeps nothing.
    #[derive(Debug, Default)]
    struct Scripted(Mutex<Vec<String>>);

    impl Scripted {
        fn note(&self, what: String, space: StoreSpace<'_>, waited: &mut Duration) {
            let said = format!("{what} in {} ({}) after {waited:?}", space.vm_id, space.most_bytes);
            self.0.lock().unwrap().push(said);
            *waited += Duration::from_secs(1);
        }
    }

    impl Store for Scripted {
        fn value(
            &self,
            space: StoreSpace<'_>,
            key: &[u8],
            waited: &mut Duration,
        ) -> Result<Option<(Bytes, u32)>, Unavailable> {
            self.note(format!("value {key:?}"), space, waited);
            if key == b"k" { Ok(Some((bytes("v"), 7))) } else { Err(Unavailable) }
        }

        fn store(
            &self,
            space: StoreSpace<'_>,
            key: &[u8],
            value: &[u8],
            expected: u32,
            waited: &mut Duration,
        ) -> Result<(), Unstored> {
            self.note(format!("store {key:?} {value:?} {expected}"), space, waited);
            match expected {
                0 => Ok(()),
                1 => Err(Unstored::CasMismatch),
                2 => Err(Unstored::Full),
                _ => Err(Unavailable.into()),
            }
        }

        fn numbers(&self) -> Vec<(&'static str, u64)> {
            vec![("calls", self.0.lock().unwrap().len() as u64)]
        }
    }

    #[test]
    fn is_asked_for_values_and_told_how_long_the_callback_has_waited() {
        let store = Arc::new(Scripted::default());
        let shared = Arc::new(Shared::with_store(store.clone()));
        let quotas = Quotas { shared_data_bytes: 9, ..Quotas::default() };
        let vm = SharedView::new(&shared, "id", VmId::new(), quotas);
        let turn = Turn::default();
        assert_eq!(vm.value(b"k", &turn), Ok(Some((bytes("v"), 7))));
        assert_eq!(vm.value(b"", &turn), Err(Unavailable));
        turn.begin(1);
        let stored = [0, 1, 2, 3].map(|cas| vm.store(b"k", b"w", cas, &turn));
        let (mismatch, full, away) = (Rejected::CasMismatch, Rejected::Full, Rejected::Unavailable);
        assert_eq!(stored, [Ok(()), Err(mismatch), Err(full), Err(away)]);
        assert_eq!(shared.store_numbers(), [("calls", 6)]);
        let calls = store.0.lock().unwrap().clone();
        assert_eq!(
            calls,
            [
                "value [107] in id (9) after 0ns",
                "value [] in id (9) after 1s",
                "store [107] [119] 0 in id (9) after 0ns",
                "store [107] [119] 1 in id (9) after 1s",
                "store [107] [119] 2 in id (9) after 2s",
                "store [107] [119] 3 in id (9) after 3s",
            ]
        );
    }
}

mod queues {
    use super::*;

    #[test]
    fn next_queue_token() {
        let shared = Arc::default();
        let mailbox = Arc::default();
        let (mut one, mut two) = (view(&shared, "one"), view(&shared, "two"));
        let (to_one, to_two) = (target(&mailbox, &one, 1), target(&mailbox, &two, 1));
        assert_eq!(one.register(b"a", to_one.clone()), Some(1));
        assert_eq!(one.register(b"b", to_one.clone()), Some(2));
        assert_eq!(two.register(b"a", to_two), Some(3));
        assert_eq!(one.register(b"a", to_one), Some(1));
        let shared = Shared { next_queue: AtomicU32::new(u32::MAX), ..Shared::default() };
        assert_eq!([shared.add_queue().0, shared.add_queue().0], [u32::MAX, 1]);
    }

    #[test]
    fn single_thread() {
        let shared = Arc::default();
        let mailbox = Arc::<Mailbox>::default();
        let (mut vm, other) = (view(&shared, "id"), view(&shared, "other"));
        let to = target(&mailbox, &vm, 7);
        assert_eq!(vm.resolve(b"", b"q"), None);
        let id = vm.register(b"q", to.clone()).unwrap();
        assert_eq!(vm.resolve(b"", b"q"), Some(id));
        assert_eq!(vm.resolve(b"id", b"q"), Some(id));
        assert_eq!(other.resolve(b"id", b"q"), Some(id));
        assert_eq!([other.resolve(b"", b"q"), vm.resolve(b"\xff", b"q"), vm.resolve(b"id", b"none")], [None; 3]);
        assert_eq!(vm.dequeue(id), Some(None));
        assert_eq!(other.enqueue(id, b"1"), Ok(()));
        assert_eq!(vm.enqueue(id, b""), Ok(()));
        let mail = Mail { vm: vm.vm, context_id: 7, queue_id: id };
        assert_eq!(mailbox.take(usize::MAX), [mail, mail]);
        assert_eq!(other.dequeue(id), Some(Some(bytes("1"))));
        vm.give_back(id, bytes("1"));
        assert_eq!(vm.dequeue(id), Some(Some(bytes("1"))));
        assert_eq!(vm.dequeue(id), Some(Some(bytes(""))));
        assert_eq!(vm.dequeue(id), Some(None));
        assert_eq!((vm.dequeue(0), vm.dequeue(99), vm.enqueue(99, b"")), (None, None, Err(Rejected::NotFound)));
    }

    #[test]
    fn who_registers_last_is_told() {
        let shared = Arc::default();
        let (first, second) = (Arc::<Mailbox>::default(), Arc::<Mailbox>::default());
        let (mut one, mut two) = (view(&shared, "id"), view(&shared, "id"));
        let (to_one, to_two) = (target(&first, &one, 1), target(&second, &two, 2));
        let id = one.register(b"q", to_one).unwrap();
        one.enqueue(id, b"a").unwrap();
        assert_eq!(two.register(b"q", to_two), Some(id));
        one.enqueue(id, b"b").unwrap();
        assert_eq!((first.take(usize::MAX).len(), second.take(usize::MAX).len()), (1, 1));
        // The one who was told before goes: nothing changes. The one who is told goes: nobody is told, the items stay.
        drop(one);
        let three = view(&shared, "id");
        three.enqueue(id, b"c").unwrap();
        assert_eq!(second.take(usize::MAX).len(), 1);
        drop(two);
        three.enqueue(id, b"d").unwrap();
        assert_eq!((first.take(usize::MAX).len(), second.take(usize::MAX).len()), (0, 0));
        assert_eq!(three.dequeue(id), Some(Some(bytes("a"))));
    }

    #[test]
    fn a_failed_vm_is_not_told() {
        let shared = Arc::default();
        let mailbox = Arc::<Mailbox>::default();
        let mut vm = view(&shared, "id");
        let to = target(&mailbox, &vm, 1);
        let id = vm.register(b"q", to).unwrap();
        vm.unregister();
        vm.enqueue(id, b"a").unwrap();
        assert!(mailbox.take(usize::MAX).is_empty());
        assert_eq!(vm.dequeue(id), Some(Some(bytes("a"))));
    }

    #[test]
    fn a_removed_queue_is_gone_for_all() {
        let shared = Arc::default();
        let mailbox = Arc::default();
        let (mut vm, other) = (view(&shared, "id"), view(&shared, "other"));
        let to = target(&mailbox, &vm, 1);
        let id = vm.register(b"q", to.clone()).unwrap();
        vm.enqueue(id, b"a").unwrap();
        assert!(other.remove_queue(id));
        assert!(!other.remove_queue(id));
        assert_eq!((vm.dequeue(id), vm.resolve(b"", b"q")), (None, None));
        assert_ne!(vm.register(b"q", to), Some(id));
    }

    #[test]
    fn delete_by_vm_id() {
        let shared = Arc::default();
        let mailbox = Arc::default();
        let (mut one, other) = (view(&shared, "id"), view(&shared, "other"));
        let to = target(&mailbox, &one, 1);
        let id = one.register(b"q", to).unwrap();
        one.enqueue(id, b"a").unwrap();
        drop(one);
        assert_eq!((other.dequeue(id), other.resolve(b"id", b"q")), (None, None));
    }

    #[test]
    fn vm_id_handle_cleanup() {
        let shared = Arc::<Shared>::default();
        let mailbox = Arc::default();
        let (mut one, two) = (view(&shared, "id"), view(&shared, "id"));
        let to = target(&mailbox, &one, 1);
        let id = one.register(b"q", to).unwrap();
        one.enqueue(id, b"a").unwrap();
        drop(one);
        assert_eq!(two.dequeue(id), Some(Some(bytes("a"))));
        drop(two);
        assert!(shared.queues.read().unwrap().is_empty());
    }

    #[test]
    fn many_events_are_taken_in_parts_and_the_rest_wakes() {
        let shared = Arc::default();
        let mailbox = Arc::<Mailbox>::default();
        let bell = Arc::new(Bell::default());
        let mut vm = view(&shared, "");
        let to = target(&mailbox, &vm, 1);
        let id = vm.register(b"q", to).unwrap();
        mailbox.set_waker(&bell.waker());
        (0..5).for_each(|_| assert_eq!(vm.enqueue(id, b"a"), Ok(())));
        let rung = || bell.count();
        assert_eq!((rung(), mailbox.take(2).len(), rung()), (1, 2, 2));
        // Another event wakes nobody: there is a call already.
        vm.enqueue(id, b"a").unwrap();
        assert_eq!((rung(), mailbox.take(4).len(), rung()), (2, 4, 2));
        assert!(mailbox.take(1).is_empty());
    }

    #[test]
    fn the_first_event_wakes() {
        let shared = Arc::default();
        let mailbox = Arc::<Mailbox>::default();
        let bell = Arc::new(Bell::default());
        let mut vm = view(&shared, "");
        let to = target(&mailbox, &vm, 1);
        let id = vm.register(b"q", to).unwrap();
        assert!(!mailbox.set_waker(&bell.waker()));
        vm.enqueue(id, b"a").unwrap();
        vm.enqueue(id, b"b").unwrap();
        assert_eq!(bell.count(), 1);
        assert!(mailbox.set_waker(&bell.waker()));
        assert_eq!(mailbox.take(usize::MAX).len(), 2);
        vm.enqueue(id, b"c").unwrap();
        assert_eq!(bell.count(), 2);
    }

    #[test]
    fn concurrent() {
        const ITEMS: u32 = 500;
        let shared = Arc::default();
        let mailbox = Arc::<Mailbox>::default();
        let mut vm = view(&shared, "id");
        let to = target(&mailbox, &vm, 1);
        let id = vm.register(b"q", to).unwrap();
        let taken: Vec<Vec<Bytes>> = std::thread::scope(|scope| {
            for thread in 0..4_u32 {
                let shared = &shared;
                scope.spawn(move || {
                    let vm = view(shared, "id");
                    let id = vm.resolve(b"", b"q").unwrap();
                    (0..ITEMS)
                        .for_each(|item| assert_eq!(vm.enqueue(id, format!("{thread}.{item:03}").as_bytes()), Ok(())));
                });
            }
            let consume = || {
                let vm = view(&shared, "other");
                let mut taken = Vec::new();
                while taken.len() < 2 * ITEMS as usize {
                    taken.extend(vm.dequeue(id).unwrap());
                }
                taken
            };
            let consumers = [scope.spawn(consume), scope.spawn(consume)];
            consumers.into_iter().map(|consumer| consumer.join().unwrap()).collect()
        });
        // Each item came once, each consumer got those of a producer in their order, each item was told of.
        for taken in &taken {
            for thread in ["0.", "1.", "2.", "3."] {
                assert!(taken.iter().filter(|item| item.starts_with(thread.as_bytes())).is_sorted());
            }
        }
        let all: BTreeSet<_> = taken.concat().into_iter().collect();
        assert_eq!(all.len(), 4 * ITEMS as usize);
        assert_eq!(mailbox.take(usize::MAX).len(), 4 * ITEMS as usize);
    }
}
