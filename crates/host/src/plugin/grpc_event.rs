//! Events of gRPC calls, which versions of the ABI and SDKs tell by callbacks of different names.

use super::vm::{Vm, VmFailed};
use crate::vm::{Instance, VmError};
use tollgate_abi::AbiVersion;
use tollgate_abi::callbacks::rows;

/// Something about a gRPC call, to be told to a plugin. Which callback that is depends on its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GrpcEvent {
    /// Initial metadata of a gRPC stream.
    InitialMetadata {
        /// Number of the call.
        call_id: i32,
        /// Entries.
        count: i32,
    },
    /// A message of a gRPC call or stream.
    Message {
        /// Number of the call.
        call_id: i32,
        /// Bytes.
        size: i32,
    },
    /// Trailing metadata of a gRPC stream.
    TrailingMetadata {
        /// Number of the call.
        call_id: i32,
        /// Entries.
        count: i32,
    },
    /// A gRPC call failed, or a stream ended.
    Closed {
        /// Number of the call.
        call_id: i32,
        /// gRPC status.
        status_code: i32,
    },
}

/// What became of a callback, and its export name.
type Told = (&'static str, Result<Option<()>, VmError>);

impl GrpcEvent {
    /// Calls the callback that the module has for the event, if any: for a module of the draft the draft's, and where it
    /// has none, or speaks another version, the released one or what an SDK calls it instead.
    pub(crate) fn tell(self, instance: &mut dyn Instance, abi: AbiVersion, context_id: i32) -> Told {
        if abi == AbiVersion::VNext {
            let told = self.tell_draft(instance, context_id);
            if !matches!(told.1, Ok(None)) {
                return told;
            }
        }
        self.tell_released(instance, context_id)
    }

    fn tell_released(self, i: &mut dyn Instance, id: i32) -> Told {
        match self {
            Self::InitialMetadata { call_id, count } => {
                (rows::on_grpc_receive_initial_metadata.name, i.on_grpc_receive_initial_metadata(id, call_id, count))
            }
            Self::Message { call_id, size } => (rows::on_grpc_receive.name, i.on_grpc_receive(id, call_id, size)),
            Self::TrailingMetadata { call_id, count } => {
                match i.on_grpc_receive_trailing_metadata(id, call_id, count) {
                    // AssemblyScript's name.
                    Ok(None) => (rows::on_grpc_trailing_metadata.name, i.on_grpc_trailing_metadata(id, call_id, count)),
                    told => (rows::on_grpc_receive_trailing_metadata.name, told),
                }
            }
            Self::Closed { call_id, status_code } => {
                (rows::on_grpc_close.name, i.on_grpc_close(id, call_id, status_code))
            }
        }
    }

    fn tell_draft(self, i: &mut dyn Instance, id: i32) -> Told {
        match self {
            Self::InitialMetadata { call_id, count } => (
                rows::on_grpc_call_response_header_metadata.name,
                i.on_grpc_call_response_header_metadata(id, call_id, count),
            ),
            Self::Message { call_id, size } => {
                (rows::on_grpc_call_response_message.name, i.on_grpc_call_response_message(id, call_id, size))
            }
            Self::TrailingMetadata { call_id, count } => (
                rows::on_grpc_call_response_trailer_metadata.name,
                i.on_grpc_call_response_trailer_metadata(id, call_id, count),
            ),
            Self::Closed { call_id, status_code } => {
                (rows::on_grpc_call_close.name, i.on_grpc_call_close(id, call_id, status_code))
            }
        }
    }
}

impl Vm {
    /// Tells a context of an event, as [`Vm::notify`] does: what the callback asks for goes to the streams it is for,
    /// whose drivers are woken.
    pub(crate) fn deliver(&self, context_id: u32, event: GrpcEvent) -> Result<Option<()>, VmFailed> {
        let mut callback = "";
        let called = self.try_named(context_id, |instance| {
            let (name, result) = event.tell(instance, self.abi, context_id as i32);
            callback = name;
            (name, result)
        });
        self.notified(context_id, callback, called)
    }
}

#[cfg(test)]
mod tests {
    use super::GrpcEvent;
    use crate::state::HostState;
    use crate::vm::{Global, Instance, TrapKind, VmError, VmErrorKind};
    use tollgate_abi::{AbiVersion, for_each_callback};

    /// An instance with some callbacks, all of which trap if it is told to.
    struct Module {
        exports: &'static [&'static str],
        traps: bool,
        called: Vec<(&'static str, Vec<i32>)>,
    }

    macro_rules! module {
        ($(
            #[doc = $doc:literal]
            fn $method:ident[$export:literal]($($param:ident: $ty:ty),* $(,)?) $(-> $ret:ty)?, $versions:ident;
        )*) => {
            impl Instance for Module {
                fn state(&mut self) -> &mut HostState {
                    unreachable!("events are told without it")
                }

                fn memory_size(&mut self) -> u64 {
                    0
                }

                fn memory(&mut self) -> &[u8] {
                    &[]
                }

                fn global(&mut self, _export: &str) -> Option<Global> {
                    None
                }

                fn set_deadline(&mut self, _deadline: Option<std::time::Duration>) {}

                fn set_fuel(&mut self, _fuel: Option<u64>) {}

                fn fuel_used(&mut self) -> Option<u64> {
                    None
                }

                $(
                    fn $method(&mut self, $($param: $ty),*) -> Result<Option<module!(@ret $($ret)?)>, VmError> {
                        if !self.exports.contains(&$export) {
                            return Ok(None);
                        }
                        self.called.push(($export, vec![$($param),*]));
                        if self.traps {
                            return Err(VmError::new(VmErrorKind::Trap(TrapKind::Unreachable), "trap"));
                        }
                        Ok(Some(Default::default()))
                    }
                )*
            }
        };
        (@ret) => { () };
        (@ret $ret:ty) => { $ret };
    }
    for_each_callback!(module);

    const EVENTS: [GrpcEvent; 4] = [
        GrpcEvent::InitialMetadata { call_id: 3, count: 4 },
        GrpcEvent::Message { call_id: 5, size: 6 },
        GrpcEvent::TrailingMetadata { call_id: 7, count: 8 },
        GrpcEvent::Closed { call_id: 9, status_code: 10 },
    ];

    const RELEASED: &[&str] = &[
        "proxy_on_grpc_receive_initial_metadata",
        "proxy_on_grpc_receive",
        "proxy_on_grpc_receive_trailing_metadata",
        "proxy_on_grpc_close",
    ];

    const DRAFT: &[&str] = &[
        "proxy_on_grpc_call_response_header_metadata",
        "proxy_on_grpc_call_response_message",
        "proxy_on_grpc_call_response_trailer_metadata",
        "proxy_on_grpc_call_close",
    ];

    fn told(exports: &'static [&'static str], abi: AbiVersion, event: GrpcEvent) -> Vec<(&'static str, Vec<i32>)> {
        let mut module = Module { exports, traps: false, called: Vec::new() };
        let (name, result) = event.tell(&mut module, abi, 77);
        assert_eq!(result.unwrap().is_some(), !module.called.is_empty());
        assert!(module.called.iter().all(|(called, _)| *called == name));
        module.called
    }

    #[test]
    fn a_released_version_is_told_by_the_released_names_and_never_by_the_drafts() {
        let both: &[&str] = [RELEASED, DRAFT].concat().leak();
        for abi in AbiVersion::RELEASED {
            for (event, name) in EVENTS.into_iter().zip(RELEASED) {
                assert_eq!(told(both, abi, event).iter().map(|(name, _)| *name).collect::<Vec<_>>(), [*name]);
                assert_eq!(told(DRAFT, abi, event), []);
            }
        }
    }

    #[test]
    fn the_draft_is_told_by_its_own_names_and_by_the_released_ones_where_it_has_none() {
        let both: &[&str] = [RELEASED, DRAFT].concat().leak();
        for ((event, draft), released) in EVENTS.into_iter().zip(DRAFT).zip(RELEASED) {
            let names = |exports| told(exports, AbiVersion::VNext, event).iter().map(|c| c.0).collect::<Vec<_>>();
            assert_eq!(names(both), [*draft]);
            assert_eq!(names(RELEASED), [*released]);
            assert!(names(&[]).is_empty());
        }
    }

    #[test]
    fn arguments_come_in_the_order_of_the_abi() {
        let arguments: Vec<_> =
            EVENTS.into_iter().flat_map(|event| told(RELEASED, AbiVersion::V0_2_1, event)).map(|c| c.1).collect();
        let expected = [vec![77, 3, 4], vec![77, 5, 6], vec![77, 7, 8], vec![77, 9, 10]];
        assert_eq!(arguments, expected);
        let draft: Vec<_> =
            EVENTS.into_iter().flat_map(|event| told(DRAFT, AbiVersion::VNext, event)).map(|c| c.1).collect();
        assert_eq!(draft, expected);
    }

    #[test]
    fn assemblyscripts_name_for_trailing_metadata_is_an_alias() {
        let event = GrpcEvent::TrailingMetadata { call_id: 7, count: 8 };
        let alias = "proxy_on_grpc_trailing_metadata";
        assert_eq!(told(&["proxy_on_grpc_trailing_metadata"], AbiVersion::V0_2_1, event), [(alias, vec![77, 7, 8])]);
        let both = &["proxy_on_grpc_trailing_metadata", "proxy_on_grpc_receive_trailing_metadata"];
        assert_eq!(told(both, AbiVersion::V0_2_1, event)[0].0, "proxy_on_grpc_receive_trailing_metadata");
        assert_eq!(told(both, AbiVersion::V0_2_1, event).len(), 1);
    }

    #[test]
    fn a_callback_that_traps_is_not_followed_by_another() {
        for abi in AbiVersion::ALL {
            for event in EVENTS {
                let exports: &[&str] = [RELEASED, DRAFT, &["proxy_on_grpc_trailing_metadata"]].concat().leak();
                let mut module = Module { exports, traps: true, called: Vec::new() };
                let (name, result) = event.tell(&mut module, abi, 1);
                assert!(result.is_err());
                assert_eq!(module.called.iter().map(|(called, _)| *called).collect::<Vec<_>>(), [name]);
            }
        }
    }
}
