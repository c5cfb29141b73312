//! The calls of a VM that are under way, and the numbers that plugins know them by.

use super::Upstreams;
use crate::state::{IdHasher, VmId};
use crate::vm::Quotas;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasherDefault;
use std::rc::Rc;
use tollgate_abi::Status;

/// Most streams that upstreams have ended and plugins have not closed; the oldest are forgotten.
const MAX_ENDED: usize = 1 << 10;

/// A call, as host and embedder know it. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallId {
    pub(crate) vm: VmId,
    pub(crate) token: u32,
}

impl CallId {
    /// What the plugin knows it by; unique among the calls of its VM that are under way.
    pub fn token(self) -> u32 {
        self.token
    }
}

/// What a call is. The two low bits of its token say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// An HTTP request; tokens 4, 8, 12.
    Http,
    /// A unary gRPC call; tokens 5, 9, 13.
    Grpc,
    /// A gRPC stream; tokens 6, 10, 14.
    GrpcStream,
}

impl CallKind {
    /// What a token is for; `None` for a number that no call has.
    pub fn of(token: u32) -> Option<Self> {
        match token & 3 {
            0 => Some(Self::Http),
            1 => Some(Self::Grpc),
            2 => Some(Self::GrpcStream),
            _ => None,
        }
    }
}

/// A call that is under way, or a stream that only the plugin has not closed.
#[derive(Clone, Copy, Debug)]
struct Call {
    /// Id of the plugin context that it belongs to.
    plugin: u32,
    /// The plugin sends no more.
    local_closed: bool,
    /// Its outcome has come; nothing more does.
    ended: bool,
    /// Bytes that it counts for.
    bytes: u64,
}

/// The calls of a VM.
pub(crate) struct Calls {
    vm: VmId,
    upstreams: Rc<dyn Upstreams>,
    /// How many tokens of each kind were given out.
    count: [u32; 3],
    open: HashMap<u32, Call, BuildHasherDefault<IdHasher>>,
    /// Streams that have ended and that the plugin has not closed, in the order in which they ended.
    ended: VecDeque<u32>,
    /// Bytes that all of them count for, and most that they may.
    bytes: u64,
    most_bytes: u64,
    /// Most that may be under way.
    most: usize,
}

impl Calls {
    pub(crate) fn new(vm: VmId, upstreams: Rc<dyn Upstreams>, quotas: &Quotas) -> Self {
        let (open, ended) = (HashMap::default(), VecDeque::new());
        let (most_bytes, most) = (quotas.call_bytes, quotas.calls as usize);
        Self { vm, upstreams, count: [0; 3], open, ended, bytes: 0, most_bytes, most }
    }

    pub(crate) fn upstreams(&self) -> &Rc<dyn Upstreams> {
        &self.upstreams
    }

    /// Whether so many bytes more would be too many.
    pub(crate) fn is_full(&self, bytes: u64) -> bool {
        self.bytes.saturating_add(bytes) > self.most_bytes
    }

    /// Gives a new call of a plugin, which sends so many bytes, its number. `None` if there are too many calls, or bytes.
    pub(crate) fn begin(&mut self, kind: CallKind, plugin: u32, bytes: u64) -> Option<CallId> {
        if self.open.len() - self.ended.len() >= self.most || self.is_full(bytes) {
            return None;
        }
        self.bytes += bytes;
        loop {
            let count = &mut self.count[kind as usize];
            // Thirty bits are left beside the kind; 0 and its like are no tokens.
            *count = (*count + 1) & (u32::MAX >> 2);
            let token = *count << 2 | kind as u32;
            if *count == 0 {
                continue;
            }
            if let Entry::Vacant(free) = self.open.entry(token) {
                free.insert(Call { plugin, local_closed: false, ended: false, bytes });
                return Some(CallId { vm: self.vm, token });
            }
        }
    }

    /// The plugin sends a message on a stream, its last one or not. `INTERNAL_FAILURE` if too much waits to be sent.
    pub(crate) fn send(&mut self, plugin: u32, token: u32, message: &[u8], end_stream: bool) -> Status {
        if CallKind::of(token) != Some(CallKind::GrpcStream) {
            return Status::BadArgument;
        }
        let bytes = Quotas::entry(&[message]);
        let is_full = self.is_full(bytes);
        let Some(call) = self.open.get_mut(&token).filter(|call| call.plugin == plugin) else {
            return Status::NotFound;
        };
        // On a stream that is closed at either end there is nobody to take it.
        if !call.ended && !call.local_closed {
            if is_full {
                return Status::InternalFailure;
            }
            call.bytes += bytes;
            self.bytes += bytes;
            self.upstreams.grpc_send(CallId { vm: self.vm, token }, bytes::Bytes::copy_from_slice(message));
        }
        if end_stream { self.close(plugin, token) } else { Status::Ok }
    }

    /// A message of this length has been sent on a stream: it waits no more.
    pub(crate) fn sent(&mut self, token: u32, message: usize) {
        let Some(call) = self.open.get_mut(&token) else { return };
        let bytes = Quotas::ENTRY.saturating_add(message as u64).min(call.bytes);
        call.bytes -= bytes;
        self.bytes -= bytes;
    }

    /// The plugin aborts a call, or sends no more on a stream.
    pub(crate) fn close(&mut self, plugin: u32, token: u32) -> Status {
        match CallKind::of(token) {
            Some(CallKind::Grpc) => return self.cancel(plugin, token),
            Some(CallKind::GrpcStream) => {}
            _ => return Status::BadArgument,
        }
        let Some(call) = self.open.get_mut(&token).filter(|call| call.plugin == plugin) else {
            return Status::NotFound;
        };
        let was_closed = std::mem::replace(&mut call.local_closed, true);
        if call.ended {
            self.forget(token);
        } else if !was_closed {
            self.upstreams.grpc_close(CallId { vm: self.vm, token });
        }
        Status::Ok
    }

    /// The plugin aborts a call or resets a stream.
    pub(crate) fn cancel(&mut self, plugin: u32, token: u32) -> Status {
        if !matches!(CallKind::of(token), Some(CallKind::Grpc | CallKind::GrpcStream)) {
            return Status::BadArgument;
        }
        let Some(call) = self.open.get(&token).filter(|call| call.plugin == plugin).copied() else {
            return Status::NotFound;
        };
        self.forget(token);
        if !call.ended {
            self.upstreams.cancel(CallId { vm: self.vm, token });
        }
        Status::Ok
    }

    /// Something comes of a call. The plugin context that it is for; `None` if nobody waits for it. `ends` tells
    /// whether it is the last that comes.
    pub(crate) fn arrives(&mut self, token: u32, ends: bool) -> Option<u32> {
        let call = self.open.get_mut(&token).filter(|call| !call.ended)?;
        call.ended = ends;
        let plugin = call.plugin;
        if ends {
            self.ended.push_back(token);
        }
        Some(plugin)
    }

    /// The plugin has been told the last of a call. A stream is kept until the plugin has closed it, too.
    pub(crate) fn told(&mut self, token: u32) {
        let is_kept = CallKind::of(token) == Some(CallKind::GrpcStream)
            && self.open.get(&token).is_some_and(|call| !call.local_closed);
        if !is_kept {
            self.forget(token);
        }
        while self.ended.len() > MAX_ENDED {
            if let Some(oldest) = self.ended.pop_front() {
                self.remove(oldest);
            }
        }
    }

    /// Takes a call out, and with it what it counts for.
    fn remove(&mut self, token: u32) -> Option<Call> {
        let call = self.open.remove(&token)?;
        self.bytes -= call.bytes;
        Some(call)
    }

    fn forget(&mut self, token: u32) {
        if self.remove(token).is_some_and(|call| call.ended) {
            self.ended.retain(|ended| *ended != token);
        }
    }

    /// Cancels what is under way for a plugin context that ends.
    pub(crate) fn cancel_of(&mut self, plugin: u32) {
        self.cancel_where(|call| call.plugin == plugin);
    }

    /// Cancels everything.
    pub(crate) fn cancel_all(&mut self) {
        self.cancel_where(|_| true);
    }

    fn cancel_where(&mut self, is_over: impl Fn(&Call) -> bool) {
        if self.open.is_empty() {
            return;
        }
        let mut tokens: Vec<_> = self.open.iter().filter(|(_, call)| is_over(call)).map(|(token, _)| *token).collect();
        tokens.sort_unstable();
        for token in tokens {
            let Some(call) = self.remove(token) else { continue };
            if call.ended {
                self.ended.retain(|ended| *ended != token);
            } else {
                self.upstreams.cancel(CallId { vm: self.vm, token });
            }
        }
    }
}

impl Drop for Calls {
    fn drop(&mut self) {
        self.cancel_all();
    }
}

#[cfg(test)]
mod tests {
    use super::{CallKind, Calls, MAX_ENDED};
    use crate::callouts::NoUpstreams;
    use crate::state::VmId;
    use crate::vm::Quotas;
    use std::rc::Rc;
    use tollgate_abi::Status;

    fn calls() -> Calls {
        let quotas = Quotas { call_bytes: 1000, calls: 10, ..Quotas::default() };
        Calls::new(VmId::new(), Rc::new(NoUpstreams), &quotas)
    }

    fn begin(calls: &mut Calls, kind: CallKind) -> u32 {
        calls.begin(kind, 1, 0).unwrap().token()
    }

    #[test]
    fn tokens_of_a_kind_step_by_four() {
        let mut calls = calls();
        for (kind, first) in [(CallKind::Http, 4), (CallKind::Grpc, 5), (CallKind::GrpcStream, 6)] {
            assert_eq!([begin(&mut calls, kind), begin(&mut calls, kind)], [first, first + 4]);
            assert_eq!(CallKind::of(first), Some(kind));
        }
        assert_eq!(CallKind::of(7), None);
    }

    #[test]
    fn a_token_under_way_is_not_given_out_again() {
        let mut calls = calls();
        assert_eq!(begin(&mut calls, CallKind::Http), 4);
        calls.count[CallKind::Http as usize] = u32::MAX >> 2;
        assert_eq!(begin(&mut calls, CallKind::Http), 8);
        assert_eq!(calls.arrives(4, true), Some(1));
        calls.told(4);
        calls.count[CallKind::Http as usize] = 0;
        assert_eq!(begin(&mut calls, CallKind::Http), 4);
    }

    #[test]
    fn calls_under_way_are_bounded() {
        let mut calls = calls();
        let tokens: Vec<_> = (0..10).map(|_| begin(&mut calls, CallKind::Http)).collect();
        assert_eq!(calls.begin(CallKind::Grpc, 1, 0), None);
        calls.arrives(tokens[3], true);
        calls.told(tokens[3]);
        assert!(calls.begin(CallKind::Grpc, 1, 0).is_some());
        assert_eq!(calls.begin(CallKind::Grpc, 1, 0), None);
    }

    #[test]
    fn bytes_of_calls_under_way_are_bounded_and_given_back() {
        let mut calls = calls();
        let http = calls.begin(CallKind::Http, 1, 600).unwrap().token();
        assert_eq!(calls.begin(CallKind::Http, 1, 401), None);
        let stream = calls.begin(CallKind::GrpcStream, 1, 200).unwrap().token();
        // 36 bytes, and 64 for being a message.
        assert_eq!(calls.send(1, stream, &[0; 36], false), Status::Ok);
        assert_eq!(calls.send(1, stream, &[0; 37], false), Status::InternalFailure);
        assert_eq!(calls.send(1, stream, &[0; 36], false), Status::Ok);
        calls.sent(stream, 36);
        assert_eq!(calls.send(1, stream, &[0; 36], false), Status::Ok);
        // Who says that more was sent than was does not take what is others'.
        calls.sent(stream, 10_000);
        assert_eq!(calls.bytes, 600);
        calls.arrives(http, true);
        calls.told(http);
        assert_eq!(calls.bytes, 0);
        assert!(calls.begin(CallKind::Grpc, 1, 1000).is_some());
        calls.cancel_all();
        assert_eq!(calls.bytes, 0);
    }

    #[test]
    fn streams_that_nobody_closes_are_bounded_and_do_not_count() {
        let mut calls = calls();
        for _ in 0..2 * MAX_ENDED {
            let token = begin(&mut calls, CallKind::GrpcStream);
            assert_eq!(calls.arrives(token, true), Some(1));
            calls.told(token);
        }
        assert_eq!((calls.open.len(), calls.ended.len()), (MAX_ENDED, MAX_ENDED));
        assert_eq!(calls.close(1, 6), Status::NotFound);
    }

    #[test]
    fn a_call_belongs_to_its_plugin() {
        let mut calls = calls();
        let token = begin(&mut calls, CallKind::GrpcStream);
        assert_eq!(calls.send(2, token, b"", false), Status::NotFound);
        assert_eq!(calls.close(2, token), Status::NotFound);
        assert_eq!(calls.cancel(2, token), Status::NotFound);
        calls.cancel_of(2);
        assert_eq!(calls.cancel(1, token), Status::Ok);
    }
}
